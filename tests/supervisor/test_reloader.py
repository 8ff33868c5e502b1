"""What a reload makes of the configuration in force, and how long a change waits for a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.config.read import read
from shared.errors import ConfigError
from shared.events import ConfigRejected, ConfigReloaded
from supervisor.reloader import Reloader
from tests.rig.manual_clock import ManualClock

TEXT = """\
output_dir: /srv/frames
cameras:
  main: {source: test, resolution: 320x240, interval: 1s}
  roof: {source: test, resolution: 320x240, interval: 1s}
"""
BIG = TEXT.replace("main: {source: test, resolution: 320x240", "main: {source: test, resolution: 640x480")
GARDEN = "  garden: {source: test}\n"
RESOLUTION = ["cameras.main.resolution"]


class File:
    """A configuration file and its reloader, both of whose cameras have been started."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.write_text(TEXT)
        self.reloader = Reloader(read(str(path)), ManualClock())
        for camera in ("main", "roof"):
            self.reloader.note_restarted(camera)

    def reload(self, text: str) -> ConfigReloaded:
        """Write the text, and have it read."""
        self._path.write_text(text)
        topic, event = self.reloader.take(read(str(self._path)))
        assert isinstance(event, ConfigReloaded), event
        assert topic == "config.reloaded"
        assert event.needs_restart == self.waiting
        return event

    @property
    def waiting(self) -> list[str]:
        """The keys that the status says to wait."""
        return self.reloader.status().needs_restart


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "timelapse.yml")


def test_change_waits_until_the_camera_is_started_anew_and_over_further_reloads(file: File) -> None:
    assert file.reload(BIG).needs_restart == RESOLUTION
    assert file.reload(BIG.replace("1s", "2s")).needs_restart == RESOLUTION
    file.reloader.note_restarted("roof")
    file.reloader.note_restarted("")
    assert file.waiting == RESOLUTION
    file.reloader.note_restarted("main")
    assert file.waiting == []
    assert file.reload(BIG).needs_restart == []


def test_change_that_is_taken_back_waits_no_longer(file: File) -> None:
    file.reload(BIG)
    assert file.reload(TEXT).needs_restart == []


def test_change_taken_back_after_a_restart_waits_again(file: File) -> None:
    file.reload(BIG)
    file.reloader.note_restarted("main")
    assert file.reload(TEXT).needs_restart == RESOLUTION


def test_change_of_a_camera_that_is_removed_is_not_listed_nor_when_it_comes_back(file: File) -> None:
    file.reload(BIG)
    without = "".join(line for line in TEXT.splitlines(keepends=True) if "main" not in line)
    assert file.reload(without).needs_restart == []
    file.reloader.note_restarted("main")
    assert file.reload(BIG).needs_restart == [], "its worker will begin with it"


def test_output_directory_waits_until_it_is_taken_back(file: File) -> None:
    moved = TEXT.replace("/srv/frames", "/srv/other")
    assert file.reload(moved).needs_restart == ["output_dir"]
    assert file.reload(moved).needs_restart == ["output_dir"]
    assert file.reloader.configuration.output_dir == "/srv/frames"
    assert file.reload(TEXT).needs_restart == []


def test_cameras_that_come_and_go_are_applied_by_name(file: File) -> None:
    assert file.reload(TEXT.replace("1s", "2s") + GARDEN).applied == [
        "cameras.main.interval",
        "cameras.roof.interval",
        "cameras.garden",
    ]
    assert file.reload(TEXT.replace("1s", "2s")).applied == ["cameras.garden"]
    assert file.reload(TEXT.replace("1s", "2s")).applied == []


def test_mistakes_change_nothing_and_what_waits_goes_on_waiting(file: File, tmp_path: Path) -> None:
    file.reload(BIG)
    before = file.reloader.configuration
    (tmp_path / "timelapse.yml").write_text(BIG.replace("1s", "soon"))
    with pytest.raises(ConfigError) as refused:
        read(str(tmp_path / "timelapse.yml"))
    topic, event = file.reloader.take(refused.value)
    assert isinstance(event, ConfigRejected)
    assert (topic, len(event.errors)) == ("config.rejected", 2)
    assert (file.reloader.configuration, file.waiting) == (before, RESOLUTION)
