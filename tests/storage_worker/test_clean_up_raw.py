"""Raw files in a clean-up: they go with their frames, and one left alone has its turn."""

from __future__ import annotations

from pathlib import Path

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.frame_name import parse
from shared.tree import FoundFrame
from storage_worker.archive import Archive
from storage_worker.clean_up import CleanUp, Surroundings
from storage_worker.keeping.judge import Moment
from storage_worker.pressure import Need
from storage_worker.set_aside import SetAside
from tests.rig.planted_frames import frames_in, plant
from tests.rig.steps import finish

_NOW_NS = 1_750_000_000 * NS_PER_S
_HOUR_NS = 3600 * NS_PER_S
_ALL = Need(bytes=1 << 60)


class _Place:
    """One directory with its archive."""

    def __init__(self, output_dir: Path) -> None:
        self._output_dir = output_dir
        self.complaints: list[str] = []
        self.archive = Archive(output_dir, self.complaints.append)

    def clean(self, need: Need = _ALL, keep_min_s: float = 0) -> CleanUp:
        surroundings = Surroundings(
            self._output_dir, self.archive, SetAside(), lambda: Moment(_NOW_NS, 0), lambda: 0, self.complaints.append
        )
        clean_up = CleanUp(surroundings, StorageConfig(keep_min_s=keep_min_s), need)
        finish(clean_up.steps())
        return clean_up


def _raw(path: str) -> str:
    return path.replace(".jpg", ".dng")


def _raw_files(output_dir: Path) -> set[str]:
    return {str(path.relative_to(output_dir)) for path in output_dir.rglob("*.dng")}


def test_cleaning_takes_raw_files_with_their_frames_and_counts_their_room(tmp_path: Path) -> None:
    paths = [plant(tmp_path, "a", _NOW_NS - age * _HOUR_NS, size=10_000, raw_size=50_000) for age in (3, 2, 1)]
    both = sum((tmp_path / path).stat().st_blocks * 512 for path in (paths[0], _raw(paths[0])))
    done = _Place(tmp_path).clean(Need(bytes=both))
    assert frames_in(tmp_path) == set(paths[1:])
    assert _raw_files(tmp_path) == {_raw(path) for path in paths[1:]}
    assert (done.deleted, done.freed_bytes, done.need.met) == (1, both, True)


def test_cleaning_deletes_a_raw_file_left_alone_when_its_turn_comes(tmp_path: Path) -> None:
    paths = [plant(tmp_path, "a", _NOW_NS - age * _HOUR_NS, raw_size=50_000) for age in (5, 4, 3, 2)]
    (tmp_path / paths[1]).unlink()
    theirs = (tmp_path / paths[0]).with_name("theirs.dng")
    theirs.touch()
    done = _Place(tmp_path).clean(Need(inodes=3))
    assert frames_in(tmp_path) == set(paths[2:])
    assert _raw_files(tmp_path) == {str(theirs.relative_to(tmp_path)), *(_raw(path) for path in paths[2:])}
    assert (done.deleted, done.need.met) == (2, True)


def test_cleaning_leaves_a_raw_file_whose_frame_may_be_about_to_come(tmp_path: Path) -> None:
    """Capture puts it there first. None is deleted before a later frame of its camera is there, or before its time."""
    frame = plant(tmp_path, "a", _NOW_NS - 2 * _HOUR_NS)
    coming = [plant(tmp_path, "a", _NOW_NS - age * _HOUR_NS, raw_size=50_000) for age in (1, -1)]
    young = plant(tmp_path, "b", _NOW_NS - _HOUR_NS // 2, raw_size=50_000)
    plant(tmp_path, "b", _NOW_NS)
    for path in (*coming, young):
        (tmp_path / path).unlink()
    done = _Place(tmp_path).clean(keep_min_s=3000)
    assert done.deleted == 0
    assert _raw_files(tmp_path) == {_raw(path) for path in (*coming, young)}
    assert frame in frames_in(tmp_path)


def test_frame_that_came_to_its_raw_file_after_the_listing_is_not_deleted_as_the_newest(tmp_path: Path) -> None:
    old = plant(tmp_path, "a", _NOW_NS - 2 * _HOUR_NS)
    coming = plant(tmp_path, "a", _NOW_NS - _HOUR_NS, raw_size=50_000)
    (tmp_path / coming).unlink()
    place = _Place(tmp_path)
    finish(place.archive.rebuild(_NOW_NS))
    (tmp_path / coming).touch()
    name = parse(Path(coming).name)
    assert name is not None
    place.archive.heard("a", FoundFrame(name, coming.partition("/")[2]), _NOW_NS)
    place.clean()
    assert frames_in(tmp_path) == {coming}
    assert _raw_files(tmp_path) == {_raw(coming)}
    assert old not in frames_in(tmp_path)
