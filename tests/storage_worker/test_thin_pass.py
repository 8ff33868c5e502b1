"""Thinning on real directories: against the plain specification, in steps, and without looking at everything again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import NS_PER_S
from shared.config.keep_rules import every
from shared.config.model import StorageConfig
from shared.config.protected import parse_range
from shared.frame_name import parse
from storage_worker.archive import Archive
from storage_worker.clean_up import CleanUp, Surroundings
from storage_worker.keeping.day_names import local_ms_of
from storage_worker.keeping.judge import Moment
from storage_worker.keeping_book import FILE_NAME, KeepingBook
from storage_worker.pressure import Need
from storage_worker.set_aside import SetAside
from tests.rig.plain_keeping import Rules, kept
from tests.rig.planted_frames import frames_in, plant, plant_row
from tests.rig.small_disk import ext4, make_immutable
from tests.rig.steps import finish

_NOW_S = 1_780_000_000
_DAY_S = 86_400
_DAILY = StorageConfig(keep_min_s=0, keep={"all": 3.0 * _DAY_S, "every 1h": 6.0 * _DAY_S, "every 1d": None})


class _Place:
    """One output directory, thinned as of any time."""

    def __init__(self, output_dir: Path, storage: StorageConfig, *, keeps_file: bool = False) -> None:
        self.output_dir = output_dir
        self.storage = storage
        self.complaints: list[str] = []
        self.archive = Archive(output_dir, self.complaints.append)
        self.book = KeepingBook(output_dir, keeps_file=keeps_file)
        self.set_aside = SetAside()
        self.rules: dict[str, str] = {}

    def thin(self, now_s: float, need: Need | None = None) -> CleanUp:
        around = Surroundings(
            self.output_dir,
            self.archive,
            self.set_aside,
            lambda: Moment(round(now_s * NS_PER_S), 0),
            lambda: 0,
            self.complaints.append,
            note=lambda path, rule, _deleted: self.rules.__setitem__(path, rule),
        )
        self.archive.stale = True
        done = CleanUp(around, self.storage, need or Need(), self.book)
        finish(done.steps())
        return done


def _names(output_dir: Path, camera: str) -> list[str]:
    return [path.rpartition("/")[2] for path in frames_in(output_dir) if path.startswith(f"{camera}/")]


_RULES = st.dictionaries(
    st.sampled_from([0, 60, 900, 3600, 6 * 3600, _DAY_S, 3 * _DAY_S]),
    st.none() | st.integers(1, 8 * _DAY_S),
    min_size=1,
    max_size=3,
)
_SLOTS = st.sets(st.integers(-5 * 96, 96).map(lambda quarter: quarter * 900), min_size=1, max_size=30)


@settings(max_examples=40)
@given(
    cameras=st.dictionaries(st.sampled_from(["a", "b"]), _SLOTS, min_size=1),
    rules=_RULES,
    waits_s=st.lists(st.integers(0, 4 * _DAY_S), min_size=1, max_size=4),
    protect=st.none() | st.integers(-5, 0),
)
def test_thinning_leaves_what_the_rules_keep_the_protected_and_the_newest(
    cameras: dict[str, set[int]], rules: Rules, waits_s: list[int], protect: int | None
) -> None:
    day = f"2026-05-{28 + protect}" if protect is not None else None
    named = {"all" if period_s == 0 else every(int(period_s)): kept_s for period_s, kept_s in rules.items()}
    storage = StorageConfig(keep_min_s=0, keep=named, protect=(day,) if day else ())
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as directory:
        output_dir = Path(directory)
        for camera, slots in cameras.items():
            for slot in slots:
                plant(output_dir, camera, (_NOW_S + slot) * NS_PER_S, offset_min=0)
        before = {camera: _names(output_dir, camera) for camera in cameras}
        place = _Place(output_dir, storage)
        now_s = float(_NOW_S)
        for wait_s in waits_s:
            now_s += wait_s
            place.thin(now_s)
        for camera, names in before.items():
            expected = kept(names, {0: 0, **rules}, now_s) | {max(names)}
            if day:
                expected |= {name for name in names if parse_range(day).holds(_at_s(name) * 1000)}
            left = set(_names(output_dir, camera))
            # The newest that is not in the future stays too, as long as it is that.
            past = [name for name in names if _at_s(name) <= now_s]
            assert left - {max(past, default="")} == expected - {max(past, default="")}
            assert not past or max(past) in left
        assert set(place.rules.values()) <= {"keep"}


def _at_s(name: str) -> int:
    frame = parse(name)
    assert frame is not None
    return local_ms_of(frame, name) // 1000


def test_second_pass_looks_only_at_the_days_that_a_rule_has_passed_over(memory_path: Path, listings: list[str]) -> None:
    plant_row(memory_path, "a", newest_ns=_NOW_S * NS_PER_S, count=100 * 24, apart_s=3600)
    place = _Place(memory_path, _DAILY)
    place.thin(_NOW_S)
    assert len(listings) > 100
    assert len(frames_in(memory_path)) == pytest.approx(3 * 24 + 3 * 24 + 94, abs=26)
    listings.clear()
    place.thin(_NOW_S + 3600)
    looked_at = len(listings)
    assert looked_at < 25, "not the ninety days behind all rules"
    # A year of days more is not looked at either: its years and months alone are listed, for the oldest frame.
    plant_row(memory_path, "a", newest_ns=(_NOW_S - 400 * _DAY_S) * NS_PER_S, count=300, apart_s=_DAY_S)
    listings.clear()
    place.thin(_NOW_S + 7200)
    assert len(listings) <= looked_at + 2


def test_new_worker_goes_on_where_the_last_one_came_to(memory_path: Path, listings: list[str]) -> None:
    plant_row(memory_path, "a", newest_ns=_NOW_S * NS_PER_S, count=60, apart_s=_DAY_S)
    _Place(memory_path, _DAILY, keeps_file=True).thin(_NOW_S)
    listings.clear()
    _Place(memory_path, _DAILY, keeps_file=True).thin(_NOW_S + 3600)
    assert len(listings) < 25
    other = StorageConfig(keep_min_s=0, keep={"all": 5.0 * _DAY_S})
    _Place(memory_path, other, keeps_file=True).thin(_NOW_S + 7200)
    assert len(frames_in(memory_path)) == 5, "other rules begin anew"


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema":9,"rules":"","cameras":{}}', b"\0" * 500])
def test_broken_book_costs_a_look_and_nothing_else(memory_path: Path, content: bytes) -> None:
    plant_row(memory_path, "a", newest_ns=_NOW_S * NS_PER_S, count=20, apart_s=_DAY_S)
    (memory_path / FILE_NAME).write_bytes(content)
    place = _Place(memory_path, StorageConfig(keep_min_s=0, keep={"all": 5.0 * _DAY_S}), keeps_file=True)
    place.thin(_NOW_S)
    assert len(frames_in(memory_path)) == 6
    assert place.complaints == []


def test_pass_that_is_given_up_half_way_goes_on_there(memory_path: Path) -> None:
    plant_row(memory_path, "a", newest_ns=_NOW_S * NS_PER_S, count=40, apart_s=_DAY_S)
    place = _Place(memory_path, StorageConfig(keep_min_s=0, keep={"all": 5.0 * _DAY_S}))
    around = Surroundings(
        memory_path, place.archive, SetAside(), lambda: Moment(_NOW_S * NS_PER_S, 0), lambda: 0, print
    )
    steps = CleanUp(around, place.storage, Need(), place.book).steps()
    while len(frames_in(memory_path)) > 20:
        next(steps)
    assert place.book.of("a").next_day not in {"", None}
    steps.close()
    place.thin(_NOW_S)
    assert len(frames_in(memory_path)) == 6
    assert place.book.of("a").next_day is None


def test_frame_that_comes_late_into_a_day_is_thinned_when_it_is_told_of(memory_path: Path) -> None:
    plant_row(memory_path, "a", newest_ns=_NOW_S * NS_PER_S, count=20, apart_s=_DAY_S)
    place = _Place(memory_path, StorageConfig(keep_min_s=0, keep={"all": 2.0 * _DAY_S}))
    place.thin(_NOW_S)
    late = plant(memory_path, "a", (_NOW_S - 9 * _DAY_S) * NS_PER_S)
    place.thin(_NOW_S)
    assert late in frames_in(memory_path), "nobody has told"
    place.book.look_again("a", late.partition("/")[2].rpartition("/")[0])
    place.thin(_NOW_S)
    assert late not in frames_in(memory_path)


def test_last_frame_of_a_camera_that_ended_stays_until_it_records_again(memory_path: Path) -> None:
    old = plant_row(memory_path, "a", newest_ns=(_NOW_S - 50 * _DAY_S) * NS_PER_S, count=5)
    place = _Place(memory_path, StorageConfig(keep_min_s=0, keep={"all": 2.0 * _DAY_S}))
    place.thin(_NOW_S)
    assert frames_in(memory_path) == {old[-1]}
    new = plant(memory_path, "a", _NOW_S * NS_PER_S)
    place.thin(_NOW_S + 60)
    assert frames_in(memory_path) == {new}


def test_empty_days_go_with_their_last_frame(memory_path: Path) -> None:
    plant_row(memory_path, "a", newest_ns=_NOW_S * NS_PER_S, count=80, apart_s=_DAY_S)
    _Place(memory_path, StorageConfig(keep_min_s=0, keep={"all": 2.0 * _DAY_S})).thin(_NOW_S)
    assert len(list((memory_path / "a").glob("*/*/*"))) == 3


@pytest.mark.root
def test_frame_that_can_not_be_deleted_is_tried_again_and_holds_up_no_other(tmp_path: Path) -> None:
    with ext4(tmp_path / "disk", tmp_path / "image") as disk:
        paths = plant_row(disk, "a", newest_ns=_NOW_S * NS_PER_S, count=10, apart_s=_DAY_S)
        make_immutable(disk / paths[2])
        place = _Place(disk, StorageConfig(keep_min_s=0, keep={"all": 2.0 * _DAY_S}))
        try:
            place.thin(_NOW_S)
            assert frames_in(disk) == {paths[2], *paths[-3:]}
            assert len(place.complaints) == 1
        finally:
            make_immutable(disk / paths[2], immutable=False)
        place.set_aside.clear()
        place.thin(_NOW_S)
        assert frames_in(disk) == set(paths[-3:])


def test_clock_that_was_ahead_and_was_put_back_goes_on_thinning(memory_path: Path) -> None:
    plant_row(memory_path, "a", newest_ns=_NOW_S * NS_PER_S, count=10, apart_s=_DAY_S)
    place = _Place(memory_path, StorageConfig(keep_min_s=0, keep={"all": 4.0 * _DAY_S}))
    place.thin(_NOW_S + 2 * _DAY_S)
    assert len(frames_in(memory_path)) == 3
    plant_row(memory_path, "a", newest_ns=(_NOW_S + _DAY_S) * NS_PER_S, count=1)
    place.thin(_NOW_S)
    place.thin(_NOW_S + 4 * _DAY_S + 3600)
    assert len(frames_in(memory_path)) == 1
