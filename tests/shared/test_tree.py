"""Finding frames: in the order of instants, at a cost that does not grow, never through a link, never a stranger's."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import NS_PER_S
from shared.frame_name import FrameName
from shared.tree import FoundFrame, days, frames_between, frames_of_day, newest_frame
from tests.rig.planted_frames import plant, plant_row
from tests.rig.zone import utc_ns

_HOUR_NS = 3600 * NS_PER_S
_DAY_NS = 24 * _HOUR_NS
_NOON_NS = utc_ns("2026-06-15T12:00")
_EVER_NS = 1 << 62
_NAME = "20260615T120000.000+0000.jpg"


@pytest.fixture
def camera_dir(tmp_path: Path) -> Path:
    return tmp_path / "a"


@pytest.fixture
def listings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each directory that is listed from now on."""
    listed: list[str] = []
    scandir = os.scandir

    def count(path: Path) -> Iterator[os.DirEntry[str]]:
        listed.append(str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", count)
    return listed


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Have a directory answer with EIO from now on: no mode keeps root out."""
    bad: set[Path] = set()
    scandir = os.scandir

    def failing(path: Path) -> Iterator[os.DirEntry[str]]:
        if path in bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    return bad.add


def _slots(frames: Iterator[FoundFrame] | list[FoundFrame]) -> list[int]:
    return [frame.name.slot_ns for frame in frames]


def test_tree_that_is_not_there_is_empty(camera_dir: Path) -> None:
    assert list(days(camera_dir)) == []
    assert frames_of_day(camera_dir, "2026/06/15") == []
    assert list(frames_between(camera_dir, 0, _EVER_NS)) == []
    assert newest_frame(camera_dir, _EVER_NS) is None


def test_days_come_in_order_both_ways(tmp_path: Path, camera_dir: Path) -> None:
    for day in ("2026-10-02", "2025-12-31", "2026-01-01", "2026-09-30"):
        plant(tmp_path, "a", utc_ns(f"{day}T12:00"), offset_min=0)
    in_order = ["2025/12/31", "2026/01/01", "2026/09/30", "2026/10/02"]
    assert list(days(camera_dir)) == in_order
    assert list(days(camera_dir, newest_first=True)) == in_order[::-1]


def test_foreign_names_at_any_level_are_passed_over(tmp_path: Path, camera_dir: Path) -> None:
    plant(tmp_path, "a", _NOON_NS, offset_min=0)
    strangers = [
        "lost+found",
        "20260",
        "\uff12\uff10\uff12\uff16",
        "2026/6",
        "2026/06x",
        "2026/06/15x",
        "2026/06/1",
        ".tmp",
    ]
    for stranger in strangers:
        (camera_dir / stranger).mkdir(parents=True, exist_ok=True)
        (camera_dir / stranger / _NAME).write_bytes(b"")
    for stranger in ("2027", "2026/07", "2026/06/16"):
        (camera_dir / stranger).write_bytes(b"a file where a directory should be")
    for stranger in ("Thumbs.db", "20260615T120001.000+0000.jpg.new", "20260615T120002.000+0000.JPG"):
        (camera_dir / "2026/06/15" / stranger).write_bytes(b"")
    (camera_dir / "2026/06/15/20260615T120003.000+0000.jpg").mkdir()
    assert list(days(camera_dir)) == ["2026/06/15"]
    assert frames_of_day(camera_dir, "2026/06/16") == []
    assert _slots(frames_between(camera_dir, 0, _EVER_NS)) == [_NOON_NS]
    newest = newest_frame(camera_dir, _EVER_NS)
    assert newest == FoundFrame(FrameName(_NOON_NS), f"2026/06/15/{_NAME}")


@pytest.mark.parametrize("level", ["2026", "2026/06", "2026/06/15", f"2026/06/15/{_NAME}"])
def test_link_at_any_level_is_not_followed(tmp_path: Path, camera_dir: Path, level: str) -> None:
    elsewhere = plant(tmp_path, "elsewhere", _NOON_NS, offset_min=0)
    linked = camera_dir / level
    linked.parent.mkdir(parents=True)
    linked.symlink_to(tmp_path / "elsewhere" / level)
    assert (camera_dir / elsewhere.partition("/")[2]).exists(), "the link itself is sound"
    assert newest_frame(camera_dir, _EVER_NS) is None
    assert list(frames_between(camera_dir, 0, _EVER_NS)) == []


def test_frames_of_a_day_are_by_instant_and_take(tmp_path: Path, camera_dir: Path) -> None:
    # 02:30 summer time comes an hour before 02:30 winter time, whose name sorts first.
    summer, winter = utc_ns("2026-10-25T00:30"), utc_ns("2026-10-25T01:30")
    plant(tmp_path, "a", winter, offset_min=60)
    for take in (11, 2, 1):
        plant(tmp_path, "a", summer, take=take, offset_min=120)
    found = [frame.name for frame in frames_of_day(camera_dir, "2026/10/25")]
    assert found == [FrameName(summer, 1), FrameName(summer, 2), FrameName(summer, 11), FrameName(winter, 1)]


def test_frames_between_includes_the_first_instant_and_excludes_the_last(tmp_path: Path, camera_dir: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=5, apart_s=10)
    first_ns = _NOON_NS - 30 * NS_PER_S
    assert _slots(frames_between(camera_dir, first_ns, _NOON_NS)) == list(range(first_ns, _NOON_NS, 10 * NS_PER_S))


@pytest.mark.parametrize("offset_min", [-720, 0, 840])
def test_frames_between_finds_a_frame_whatever_zone_it_was_named_in(
    tmp_path: Path, camera_dir: Path, offset_min: int
) -> None:
    for hour in range(24):
        plant(tmp_path, "a", _NOON_NS + hour * _HOUR_NS, offset_min=offset_min)
    for hour in range(24):
        slot_ns = _NOON_NS + hour * _HOUR_NS
        assert _slots(frames_between(camera_dir, slot_ns, slot_ns + 1)) == [slot_ns]


@pytest.mark.parametrize("bad", ["2024", "2026/03", "2026/06/12", "2026/06/18", "2026/12", "2031"])
def test_frames_between_does_not_open_what_lies_outside_the_span(
    tmp_path: Path, camera_dir: Path, unreadable: Callable[[Path], None], bad: str
) -> None:
    plant(tmp_path, "a", _NOON_NS, offset_min=0)
    (camera_dir / bad).mkdir(parents=True)
    unreadable(camera_dir / bad)
    assert _slots(frames_between(camera_dir, _NOON_NS, _NOON_NS + _DAY_NS)) == [_NOON_NS]


def test_frames_between_costs_as_much_as_the_span(tmp_path: Path, camera_dir: Path, listings: list[str]) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=500, apart_s=86_400)
    assert _slots(frames_between(camera_dir, _NOON_NS, _NOON_NS + 1)) == [_NOON_NS]
    assert len(listings) <= 6


@pytest.mark.parametrize("bad", ["2026", "2026/06", "2026/06/14"])
def test_frames_between_with_a_directory_in_the_span_that_can_not_be_read_leaves_it_to_the_caller(
    tmp_path: Path, camera_dir: Path, unreadable: Callable[[Path], None], bad: str
) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=2, apart_s=86_400)
    unreadable(camera_dir / bad)
    with pytest.raises(OSError, match="Input/output"):
        list(frames_between(camera_dir, 0, _EVER_NS))
    told: list[Path] = []
    found = _slots(frames_between(camera_dir, 0, _EVER_NS, lambda path, _: told.append(path)))
    assert told == [camera_dir / bad]
    assert found == ([_NOON_NS] if bad == "2026/06/14" else [])


def test_days_behind_a_directory_that_can_not_be_read_are_walked(
    tmp_path: Path, camera_dir: Path, unreadable: Callable[[Path], None]
) -> None:
    for day in ("2024-01-01", "2025-01-01", "2025-02-01", "2026-01-01"):
        plant(tmp_path, "a", utc_ns(f"{day}T12:00"), offset_min=0)
    unreadable(camera_dir / "2024")
    unreadable(camera_dir / "2025/01")
    told: list[Path] = []
    assert list(days(camera_dir, on_error=lambda path, _: told.append(path))) == ["2025/02/01", "2026/01/01"]
    assert told == [camera_dir / "2024", camera_dir / "2025/01"]


def test_days_of_a_span_are_those_from_its_first_to_its_last(tmp_path: Path, camera_dir: Path) -> None:
    for day in ("2025-12-30", "2025-12-31", "2026-01-01", "2026-02-01", "2026-02-02"):
        plant(tmp_path, "a", utc_ns(f"{day}T12:00"), offset_min=0)
    assert list(days(camera_dir, first="2025/12/31", last="2026/02/01")) == ["2025/12/31", "2026/01/01", "2026/02/01"]


def test_newest_frame_lists_no_days_of_the_future(tmp_path: Path, camera_dir: Path, listings: list[str]) -> None:
    """A clock that is behind at the start has the whole archive before it."""
    plant_row(tmp_path, "a", newest_ns=_NOON_NS + 500 * _DAY_NS, count=500, apart_s=86_400)
    assert newest_frame(camera_dir, _NOON_NS - 10 * _DAY_NS) is None
    plant(tmp_path, "a", _NOON_NS)
    listings.clear()
    newest = newest_frame(camera_dir, _NOON_NS)
    assert newest is not None
    assert newest.name.slot_ns == _NOON_NS
    assert len(listings) <= 6


def test_newest_frame_with_an_older_directory_that_can_not_be_read_is_found(
    tmp_path: Path, camera_dir: Path, unreadable: Callable[[Path], None]
) -> None:
    """On the first of a month the month before is looked at too: the zone may have changed."""
    first_ns = utc_ns("2026-06-01T12:00")
    plant_row(tmp_path, "a", newest_ns=first_ns, count=2, apart_s=86_400)
    for bad in ("2026/05/31", "2026/05"):
        unreadable(camera_dir / bad)
        newest = newest_frame(camera_dir, first_ns)
        assert newest is not None
        assert newest.name.slot_ns == first_ns


@pytest.mark.parametrize("bad", ["2026/06", "2026/06/15"])
def test_newest_frame_in_a_directory_that_can_not_be_read_is_left_to_the_caller(
    tmp_path: Path, camera_dir: Path, unreadable: Callable[[Path], None], bad: str
) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=2, apart_s=40 * 86_400)
    unreadable(camera_dir / bad)
    with pytest.raises(OSError, match="Input/output"):
        newest_frame(camera_dir, _NOON_NS)
    told: list[Path] = []
    newest = newest_frame(camera_dir, _NOON_NS, lambda path, _: told.append(path))
    assert newest is not None
    assert newest.name.slot_ns == _NOON_NS - 40 * _DAY_NS
    assert told == [camera_dir / bad]


def test_newest_frame_leaves_the_future_out(tmp_path: Path, camera_dir: Path) -> None:
    """A clock that was once ahead leaves frames in the future; those of this very hour are among them."""
    plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=3)
    plant_row(tmp_path, "a", newest_ns=_NOON_NS + 50 * NS_PER_S, count=1)
    plant_row(tmp_path, "a", newest_ns=_NOON_NS + 900 * _DAY_NS, count=3, apart_s=86_400)
    newest = newest_frame(camera_dir, _NOON_NS)
    assert newest is not None
    assert newest.name.slot_ns == _NOON_NS
    assert newest_frame(camera_dir, _NOON_NS - 300 * NS_PER_S) is None


@pytest.mark.parametrize(("before_min", "after_min"), [(840, -600), (780, -660), (840, -720), (-720, 840), (60, 120)])
def test_newest_frame_after_a_change_of_zone_is_the_latest_instant(
    tmp_path: Path, camera_dir: Path, before_min: int, after_min: int
) -> None:
    """The later frame may stand two days before the earlier one: Kiritimati is 26 hours ahead of Howland Island."""
    midnight_ns = utc_ns("2026-06-15T10:10")
    for back in range(1, 3):  # frames of the days before, in the old zone
        plant(tmp_path, "a", midnight_ns - back * _DAY_NS, offset_min=before_min)
    plant(tmp_path, "a", midnight_ns, offset_min=before_min)
    plant(tmp_path, "a", midnight_ns + 10 * NS_PER_S, offset_min=after_min)
    newest = newest_frame(camera_dir, _EVER_NS)
    assert newest is not None
    assert newest.name.slot_ns == midnight_ns + 10 * NS_PER_S


_PLANTED = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from([-720, -480, 0, 60, 345, 840]), st.integers(1, 2)),
    unique_by=lambda frame: (frame[0], frame[2]),
    max_size=12,
)


@given(frames=_PLANTED, until=st.integers(-1, 121))
@settings(max_examples=60)
def test_newest_frame_in_any_zones_is_the_newest(frames: list[tuple[int, int, int]], until: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        for hours, offset_min, take in frames:
            plant(Path(name), "a", _NOON_NS + hours * _HOUR_NS, take=take, offset_min=offset_min)
        newest = newest_frame(Path(name) / "a", _NOON_NS + until * _HOUR_NS)
        past = [(hours, take) for hours, _, take in frames if hours <= until]
        expected = FrameName(_NOON_NS + max(past)[0] * _HOUR_NS, max(past)[1]) if past else None
        assert (newest and newest.name) == expected


def test_cost_of_the_oldest_and_the_newest_does_not_grow(tmp_path: Path, camera_dir: Path, listings: list[str]) -> None:
    costs = []
    for count in (3, 60, 900):
        plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=count, apart_s=86_400)
        listings.clear()
        oldest_day = next(days(camera_dir))
        assert frames_of_day(camera_dir, oldest_day)
        oldest_cost = len(listings)
        listings.clear()
        assert newest_frame(camera_dir, _EVER_NS) is not None
        costs.append((oldest_cost, len(listings)))
    assert costs[0] == costs[1] == costs[2]


def test_no_frame_is_ever_looked_at(tmp_path: Path, camera_dir: Path) -> None:
    """A frame that was deleted after it was listed is still listed: nothing but the directory is read."""
    plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=3)
    walk = frames_between(camera_dir, 0, _EVER_NS)
    first = next(walk)
    for frame in camera_dir.rglob("*.jpg"):
        frame.unlink()
    assert len([first, *walk]) == 3
