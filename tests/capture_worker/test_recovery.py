"""Looking back: frames and misses are all of the span, each slot once, in order."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture_worker.cameras.scene import render
from capture_worker.encode import encode_jpeg
from capture_worker.exif import ExifFields, with_exif
from capture_worker.grid import Grid, SlotRange
from capture_worker.plan import Plan
from capture_worker.recovery import Earlier, Span, look_back
from shared.clock import NS_PER_MS, NS_PER_S
from shared.config.window import parse_window
from shared.events import FrameWritten
from shared.frame_name import FrameName
from tests.rig.planted_frames import plant
from tests.rig.zone import utc_ns, zone

JPEG = encode_jpeg(render(0, 64, 48), 80)
_INTERVAL_NS = 10 * NS_PER_S
_START_NS = utc_ns("2026-06-15T12:00")
NOTHING = Earlier()
ALWAYS = Plan(Grid(10_000), parse_window("always"), None)


def _slot(number: int) -> int:
    return _START_NS + number * _INTERVAL_NS


def _put(output_dir: Path, slot_ns: int, *, take: int = 1, jpeg: bytes = JPEG) -> Path:
    path = output_dir / plant(output_dir, "main", slot_ns, take=take)
    path.write_bytes(jpeg)
    return path


def _back(
    output_dir: Path, after_ns: int, before_ns: int, plan: Plan = ALWAYS, earlier: Earlier = NOTHING
) -> Iterator[FrameWritten | SlotRange]:
    return look_back(output_dir / "main", "main", plan, Span(after_ns, before_ns, earlier), lambda: None)


def _look(
    output_dir: Path, first: int, last: int, plan: Plan = ALWAYS, earlier: Earlier = NOTHING
) -> list[FrameWritten | SlotRange]:
    """Back over the slots from `first` to `last`, both included."""
    return list(_back(output_dir, _slot(first) - 1, _slot(last) + 1, plan, earlier))


def _slots_of(part: FrameWritten | SlotRange) -> list[int]:
    if isinstance(part, FrameWritten):
        return [part.slot_ns]
    return list(range(part.first_ns, part.last_ns + 1, part.interval_ns))


def test_span_without_frames_is_one_miss(tmp_path: Path) -> None:
    assert _look(tmp_path, 0, 5) == [SlotRange(_slot(0), _slot(5), _INTERVAL_NS)]


def test_span_without_slots_is_nothing(tmp_path: Path) -> None:
    assert list(_back(tmp_path, _slot(0), _slot(1))) == []


def test_frame_is_told_as_recovered_with_what_the_file_says(tmp_path: Path) -> None:
    _put(tmp_path, _slot(1))
    parts = _look(tmp_path, 0, 2)
    assert parts == [
        SlotRange(_slot(0), _slot(0), _INTERVAL_NS),
        FrameWritten(
            camera="main",
            slot_ns=_slot(1),
            take=1,
            path=f"main/{FrameName(_slot(1)).path()}",
            bytes=len(JPEG),
            width=64,
            height=48,
            recovered=True,
            interval_ns=_INTERVAL_NS,
        ),
        SlotRange(_slot(2), _slot(2), _INTERVAL_NS),
    ]


def test_span_excludes_both_of_its_ends(tmp_path: Path) -> None:
    for number in range(3):
        _put(tmp_path, _slot(number))
    parts = list(_back(tmp_path, _slot(0), _slot(2)))
    assert [_slots_of(part) for part in parts] == [[_slot(1)]]


@pytest.mark.parametrize("jpeg", [b"", JPEG[:-20], b"not a picture"])
def test_frame_that_was_damaged_since_is_no_miss(tmp_path: Path, jpeg: bytes) -> None:
    """The slot had its frame; that a card lost it later is another matter."""
    _put(tmp_path, _slot(0), jpeg=jpeg)
    parts = _look(tmp_path, 0, 0)
    assert [(part.bytes, part.width) for part in parts if isinstance(part, FrameWritten)] == [(len(jpeg), 0)]


def test_frame_that_can_not_be_read_any_more_is_no_miss_and_stops_nothing(tmp_path: Path) -> None:
    """Storage may delete it meanwhile, or the card not give it back: a start that failed there would fail for ever."""
    paths = [_put(tmp_path, _slot(number)) for number in range(3)]
    parts = _back(tmp_path, _slot(0) - 1, _slot(2) + 1)
    first = next(parts)
    for path in paths:
        path.unlink()
    seen = [first, *parts]
    assert [_slots_of(part) for part in seen] == [[_slot(0)], [_slot(1)], [_slot(2)]]
    assert [part.bytes for part in seen if isinstance(part, FrameWritten)] == [len(JPEG), 0, 0]


def test_frame_off_the_grid_counts_as_what_it_is_and_hides_no_miss(tmp_path: Path) -> None:
    """The interval was 4 s when it was taken, and is 10 s now."""
    off_ns = _slot(0) + 4 * NS_PER_S
    _put(tmp_path, off_ns)
    parts = _look(tmp_path, 0, 1)
    assert [_slots_of(part) for part in parts] == [[_slot(0)], [off_ns], [_slot(1)]]
    assert [part.interval_ns for part in parts] == [_INTERVAL_NS, None, _INTERVAL_NS]


def test_several_takes_of_a_slot_are_all_told(tmp_path: Path) -> None:
    """Each is a frame on the disk, and none has been told."""
    for take in (1, 2, 3):
        _put(tmp_path, _slot(0), take=take)
    assert [part.take for part in _look(tmp_path, 0, 0) if isinstance(part, FrameWritten)] == [1, 2, 3]


def test_frames_that_were_told_before_the_clock_was_put_back_are_no_news(tmp_path: Path) -> None:
    """Slots 0 to 3 were told; then the clock went back, 0 and 1 came again, and only 1 got a frame, its second."""
    for number in range(6):
        _put(tmp_path, _slot(number))
    _put(tmp_path, _slot(1), take=2)
    parts = _look(tmp_path, 0, 5, earlier=Earlier(_slot(-5), _slot(3)))
    told = [(part.slot_ns, part.take) if isinstance(part, FrameWritten) else part for part in parts]
    assert told == [
        SlotRange(_slot(0), _slot(0), _INTERVAL_NS),
        (_slot(1), 2),
        SlotRange(_slot(2), _slot(3), _INTERVAL_NS),
        (_slot(4), 1),
        (_slot(5), 1),
    ]


def test_sign_of_life_is_given_while_listing_and_while_telling(tmp_path: Path) -> None:
    for number in range(4):
        _put(tmp_path, _slot(number))
    signs: list[None] = []
    span = Span(_slot(0) - 1, _slot(4))
    parts = look_back(tmp_path / "main", "main", ALWAYS, span, lambda: signs.append(None))
    next(parts)
    assert len(signs) > 4, "each frame that was listed"
    before = len(signs)
    list(parts)
    assert len(signs) >= before + 3, "each frame that was read"


def test_slots_outside_the_window_are_nobodys_and_a_frame_there_is_one(tmp_path: Path) -> None:
    with zone("UTC"):
        plan = Plan(Grid(3_600_000), parse_window("11:00-14:00"), None)
        night_ns = utc_ns("2026-06-15T03:00")
        _put(tmp_path, utc_ns("2026-06-15T12:00"))
        _put(tmp_path, night_ns)
        first_ns, last_ns = utc_ns("2026-06-15T00:30"), utc_ns("2026-06-16T12:30")
        slots = [_slots_of(part) for part in _back(tmp_path, first_ns, last_ns, plan)]
    hours = ["15T11", "15T12", "15T13", "16T11", "16T12"]
    expected = [utc_ns(f"2026-06-{hour}:00") for hour in hours]
    assert slots == [[night_ns], [expected[0]], [expected[1]], [expected[2]], expected[3:]]


@given(
    on_grid=st.sets(st.integers(0, 59), max_size=20),
    off_grid_ms=st.sets(st.integers(0, 599_999).filter(lambda ms: ms % 10_000), max_size=4),
    span=st.tuples(st.integers(0, 59), st.integers(0, 59)),
)
@settings(max_examples=60)
def test_frames_and_misses_partition_the_span(on_grid: set[int], off_grid_ms: set[int], span: tuple[int, int]) -> None:
    first, last = min(span), max(span)
    with tempfile.TemporaryDirectory() as name:
        frames = {_slot(number) for number in on_grid} | {_START_NS + ms * NS_PER_MS for ms in off_grid_ms}
        for slot_ns in frames:
            plant(Path(name), "main", slot_ns)
        parts = _look(Path(name), first, last)
    within = {slot_ns for slot_ns in frames if _slot(first) <= slot_ns <= _slot(last)}
    told = [slot_ns for part in parts for slot_ns in _slots_of(part)]
    assert told == sorted({_slot(number) for number in range(first, last + 1)} | within), "in order, each once"
    assert {part.slot_ns for part in parts if isinstance(part, FrameWritten)} == within


def test_frame_with_its_raw_file_is_told_with_it(tmp_path: Path) -> None:
    plain, with_raw, linked = (_put(tmp_path, _slot(number)) for number in (1, 2, 3))
    with_raw.with_suffix(".dng").write_bytes(b"raw" * 100)
    linked.with_suffix(".dng").symlink_to(plain)
    alone = plain.with_name(FrameName(_slot(4)).path().rpartition("/")[2]).with_suffix(".dng")
    alone.touch()
    frames = [part for part in _look(tmp_path, 1, 4) if isinstance(part, FrameWritten)]
    path = str(with_raw.with_suffix(".dng").relative_to(tmp_path))
    assert [(frame.raw_path, frame.raw_bytes) for frame in frames] == [("", 0), (path, 300), ("", 0)]
    assert _slots_of(_look(tmp_path, 1, 4)[-1]) == [_slot(4)], "a raw file alone is no frame"


@pytest.mark.parametrize(("note", "synchronised"), [("timelapse synchronised=false", False), ("timelapse lux=5", None)])
def test_frame_tells_by_itself_that_its_clock_was_not_synchronised(
    tmp_path: Path, note: str, synchronised: bool | None
) -> None:
    _put(tmp_path, _slot(1), jpeg=with_exif(JPEG, ExifFields(_slot(1), 0, note=note)))
    (found,) = [part for part in _look(tmp_path, 0, 2) if isinstance(part, FrameWritten)]
    assert found.synchronised is synchronised
