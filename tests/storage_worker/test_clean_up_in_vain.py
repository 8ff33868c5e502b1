"""Clean-ups that would do harm or cost much and gain nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from storage_worker.archive import Archive
from storage_worker.clean_up import CleanUp, Surroundings
from storage_worker.keeping.judge import Moment
from storage_worker.pressure import Need
from storage_worker.set_aside import SetAside
from tests.rig.planted_frames import frames_in, plant, plant_row

_NOW_NS = 1_750_000_000 * NS_PER_S
_DAY_S = 86_400
_KEEP_NOTHING = StorageConfig(keep_min_s=0)
_KEEP_AN_HOUR = StorageConfig(keep_min_s=3600)
_ALL = Need(bytes=1 << 60)


class _Place:
    """One directory, for one clean-up after the other. `steps` counts their operations on the disk."""

    def __init__(self, output_dir: Path, settled_s: float = 0) -> None:
        self.complaints: list[str] = []
        self.steps = 0
        self.archive = Archive(output_dir, self.complaints.append)
        moment = Moment(_NOW_NS, int(settled_s * NS_PER_S))
        self._surroundings = Surroundings(
            output_dir, self.archive, SetAside(), lambda: moment, lambda: 0, self.complaints.append
        )

    def clean(self, need: Need = _ALL, storage: StorageConfig = _KEEP_NOTHING) -> CleanUp:
        clean_up = CleanUp(self._surroundings, storage, need)
        self.steps = sum(1 for _ in clean_up.steps())
        return clean_up


def _link(output_dir: Path, elsewhere: Path, paths: list[str]) -> None:
    """What `cp -al` does."""
    for path in paths:
        (elsewhere / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(output_dir / path, elsewhere / path)


def test_cleaning_linked_frames_ends_after_a_few_and_says_why(tmp_path: Path) -> None:
    paths = plant_row(tmp_path / "out", "a", newest_ns=_NOW_NS, count=100)
    _link(tmp_path / "out", tmp_path / "backup", paths)
    place = _Place(tmp_path / "out")
    done = place.clean()
    assert frames_in(tmp_path / "out") == set(paths[32:])
    assert (done.deleted, done.freed_bytes, done.in_vain) == (32, 0, True)
    assert done.why_not_more() == "frames have further hard links: deleting them frees nothing"
    assert len(place.complaints) == 1
    place.clean()
    assert frames_in(tmp_path / "out") == set(paths[64:]), "the next one gets further"


def test_cleaning_past_a_few_linked_frames_frees_the_rest(tmp_path: Path) -> None:
    paths = plant_row(tmp_path / "out", "a", newest_ns=_NOW_NS, count=100)
    _link(tmp_path / "out", tmp_path / "favourites", [*paths[:31], *paths[40:71]])
    done = _Place(tmp_path / "out").clean()
    assert frames_in(tmp_path / "out") == {paths[-1]}
    assert not done.in_vain


def test_cleaning_linked_frames_for_keep_days_does_not_mind(tmp_path: Path) -> None:
    paths = plant_row(tmp_path / "out", "a", newest_ns=_NOW_NS, count=100, apart_s=_DAY_S)
    _link(tmp_path / "out", tmp_path / "backup", paths)
    done = _Place(tmp_path / "out").clean(Need(), StorageConfig(keep_days=9.5))
    assert (done.deleted, done.in_vain) == (90, False)
    assert frames_in(tmp_path / "out") == set(paths[90:])


def test_cleaning_for_bytes_where_frames_occupy_none_ends_after_a_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=100)
    monkeypatch.setattr("storage_worker.delete._BLOCK_BYTES", 0)
    done = _Place(tmp_path).clean()
    assert done.deleted == 32
    assert done.why_not_more() == "deleting frames frees nothing"


def test_cleaning_behind_a_month_that_can_not_be_read_goes_on_and_says_so(
    tmp_path: Path, unreadable: Callable[[Path], None]
) -> None:
    bad = plant(tmp_path, "a", _NOW_NS - 400 * _DAY_S * NS_PER_S)
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5)
    unreadable((tmp_path / bad).parents[1])
    done = _Place(tmp_path).clean()
    assert not any((tmp_path / path).exists() for path in paths[:-1])
    assert (tmp_path / bad).exists()
    assert f"a part of the archive can't be read ({bad[:9]}, see the log)" in done.why_not_more()


def test_cleaning_where_nothing_can_be_read_does_not_say_that_there_is_nothing(
    tmp_path: Path, unreadable: Callable[[Path], None]
) -> None:
    plant(tmp_path, "a", _NOW_NS)
    unreadable(tmp_path / "a")
    assert _Place(tmp_path).clean().why_not_more() == "a part of the archive can't be read (a, see the log)"


@pytest.mark.parametrize("settled_s", [0, 7200])
def test_cleaning_with_one_frame_in_the_future_does_not_walk_the_young(tmp_path: Path, settled_s: float) -> None:
    young = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=300, apart_s=10)
    future = plant(tmp_path, "a", _NOW_NS + 10**17)
    place = _Place(tmp_path, settled_s)
    for _ in range(3):
        done = place.clean(storage=_KEEP_AN_HOUR)
        assert place.steps < 15
        assert "keep_min" in done.why_not_more()
    assert frames_in(tmp_path) == {*young, future}


def test_cleaning_an_archive_of_the_future_that_is_young_ends_at_the_first(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS + 10**17, count=300, apart_s=10)
    plant(tmp_path, "a", _NOW_NS)
    place = _Place(tmp_path, settled_s=3599)
    assert place.clean(storage=_KEEP_AN_HOUR).deleted == 0
    assert place.steps < 15
