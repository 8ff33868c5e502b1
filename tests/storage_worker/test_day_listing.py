"""One day's names by instant, and what is not among them."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shared.clock import NS_PER_MS, NS_PER_S
from shared.frame_name import parse
from storage_worker.day_listing import drop_until, earliest_ns, latest_ns, meant_by, names_of_day
from tests.rig.planted_frames import path_in_zone

_DAY = "2025/06/15"


def _touch(camera_dir: Path, *names: str) -> None:
    directory = camera_dir / _DAY
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        (directory / name).touch()


def test_names_in_one_zone_come_newest_first(tmp_path: Path) -> None:
    names = [f"20250615T{hour:02d}0000.000+0200.jpg" for hour in (3, 1, 2)]
    _touch(tmp_path, *names)
    assert names_of_day(tmp_path, _DAY) == sorted(names, reverse=True)


def test_names_across_a_change_of_zone_come_by_instant(tmp_path: Path) -> None:
    # 02:30 summer time is before 02:10 winter time.
    _touch(tmp_path, "20250615T023000.000+0200.jpg", "20250615T021000.000+0100.jpg")
    assert names_of_day(tmp_path, _DAY) == ["20250615T021000.000+0100.jpg", "20250615T023000.000+0200.jpg"]


def test_names_of_takes_come_in_the_order_of_the_takes(tmp_path: Path) -> None:
    names = [f"20250615T120000.000+0000{take}.jpg" for take in ("", "-2", "-10")]
    _touch(tmp_path, *names)
    assert names_of_day(tmp_path, _DAY) == names[::-1]


def test_names_that_are_not_ours_are_passed_over(tmp_path: Path) -> None:
    ours = "20250615T120000.000+0000.jpg"
    _touch(
        tmp_path,
        ours,
        "IMG_0001.jpg",
        ".20250615T120100.000+0000.jpg",
        "20250615T120200.000+0000.jpg.part",
        "20250616T120000.000+0000.jpg",  # of another day
        "20250615T120300.000+0000.JPG",
    )
    (tmp_path / _DAY / "20250615T120400.000+0000.jpg").mkdir()
    (tmp_path / _DAY / "20250615T120500.000+0000.jpg").symlink_to(ours)
    assert names_of_day(tmp_path, _DAY) == [ours]


def test_raw_file_is_listed_where_its_frame_is_not_there(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        "20250615T120000.000+0000.jpg",
        "20250615T120000.000+0000.dng",
        "20250615T120000.000+0000-2.dng",
        "20250615T110000.000+0000.dng",
        "20250615T130000.000+0000.jpg",
        "IMG_0001.dng",
        "20250616T120000.000+0000.dng",
    )
    assert names_of_day(tmp_path, _DAY) == [
        "20250615T130000.000+0000.jpg",
        "20250615T120000.000+0000-2.dng",
        "20250615T120000.000+0000.jpg",
        "20250615T110000.000+0000.dng",
    ]


def test_raw_files_left_alone_are_dropped_until_an_instant_like_frames(tmp_path: Path) -> None:
    _touch(tmp_path, *(f"20250615T{hour}0000.000+0000.{'dng' if hour % 2 else 'jpg'}" for hour in range(10, 20)))
    names = names_of_day(tmp_path, _DAY)
    noon = meant_by("20250615T120000.000+0000.dng")
    assert noon is not None
    drop_until(names, noon.slot_ns)
    assert names[-1] == "20250615T130000.000+0000.dng"


def test_names_of_a_day_without_a_directory_are_none(tmp_path: Path) -> None:
    assert names_of_day(tmp_path, _DAY) == []
    (tmp_path / "2025").touch()
    assert names_of_day(tmp_path, _DAY) == []


@given(minutes=st.lists(st.integers(0, 1439), unique=True, max_size=30), strangers=st.integers(0, 3), until=st.data())
def test_names_dropped_until_an_instant_are_those_at_or_before_it(
    minutes: list[int], strangers: int, until: st.DataObject
) -> None:
    ours = [f"20250615T{minute // 60:02d}{minute % 60:02d}00.000+0000.jpg" for minute in minutes]
    # No instant: 61 minutes past the hour, in the midst of the others.
    names = sorted([*ours, *(f"20250615T{hour:02d}6100.000+0000.jpg" for hour in range(strangers))], reverse=True)
    midnight = parse("20250615T000000.000+0000.jpg")
    assert midnight is not None
    last = until.draw(st.integers(-1, 1440))
    drop_until(names, midnight.slot_ns + last * 60 * NS_PER_S)
    kept = [name for name in names if parse(name) is not None]
    assert kept == sorted((name for name, minute in zip(ours, minutes, strict=True) if minute > last), reverse=True)


@given(
    slot_ms=st.integers(0, 4_000_000_000_000),
    offset_min=st.integers(-12 * 60, 14 * 60),
    take=st.integers(1, 3),
)
def test_bounds_of_a_day_hold_every_frame_in_it(slot_ms: int, offset_min: int, take: int) -> None:
    path = path_in_zone(slot_ms * NS_PER_MS, take, offset_min)
    frame = parse(path.rpartition("/")[2])
    earliest, latest = earliest_ns(path[:10]), latest_ns(path[:10])
    assert frame is not None
    assert earliest is not None
    assert latest is not None
    assert frame.slot_ns == slot_ms * NS_PER_MS
    assert earliest <= frame.slot_ns <= latest
    assert latest - earliest < (24 + 32) * 3600 * NS_PER_S


def test_bounds_of_a_day_that_no_calendar_has_are_none() -> None:
    assert earliest_ns("2025/02/30") is None
    assert latest_ns("2025/02/30") is None
