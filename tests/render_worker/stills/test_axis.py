"""What stands where along a keogram."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from render_worker.selection.chosen import Chosen
from render_worker.stills.axis import NO_FRAME, axis_of
from tests.rig.zone import utc_ns

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
START_MS = utc_ns("2026-06-01T00:00") // 1_000_000


def _frames(slots_ms: Sequence[int], offset_min: int = 0) -> list[Chosen]:
    return [Chosen(START_MS + slot_ms, offset_min, "/nowhere.jpg") for slot_ms in slots_ms]


def test_day_without_a_gap_shows_every_hour_alike() -> None:
    axis = axis_of(_frames(range(0, DAY_MS, MINUTE_MS)), 1440, 40)
    assert axis.columns == list(range(1440))


def test_day_of_few_frames_shows_each_until_it_is_nearer_to_the_next() -> None:
    axis = axis_of(_frames(range(0, DAY_MS, HOUR_MS)), 240, 40)
    assert NO_FRAME not in axis.columns
    assert all(9 <= axis.columns.count(frame) <= 13 for frame in range(24))


def test_gap_is_as_wide_as_it_was_long_and_has_no_frame() -> None:
    slots = [slot for slot in range(0, DAY_MS, MINUTE_MS) if not 6 * HOUR_MS <= slot < 12 * HOUR_MS]
    columns = axis_of(_frames(slots), 1440, 40).columns
    assert columns.count(NO_FRAME) == 360
    assert set(columns[361:719]) == {NO_FRAME}


def test_longer_interval_within_the_range_is_no_gap() -> None:
    slots = [*range(0, 12 * HOUR_MS, 10_000), *range(12 * HOUR_MS, DAY_MS, MINUTE_MS)]
    assert NO_FRAME not in axis_of(_frames(slots), 1920, 40).columns


def test_noon_of_every_day_shows_one_frame_a_day() -> None:
    axis = axis_of(_frames(range(0, 60 * DAY_MS, DAY_MS)), 600, 40)
    assert NO_FRAME not in axis.columns
    assert len(set(axis.columns)) == 60


def test_window_of_each_day_is_shown_without_the_nights_between() -> None:
    slots = [day * DAY_MS + minute * MINUTE_MS for day in range(10) for minute in range(60)]
    axis = axis_of(_frames(slots), 600, 40)
    assert axis.columns == list(range(600))
    assert axis.marks[:3] == [(0, "06-01"), (60, "06-02"), (120, "06-03")]


def test_hours_are_marked_in_local_time() -> None:
    marks = axis_of(_frames(range(0, DAY_MS, MINUTE_MS), 120), 1440, 100).marks
    assert [word for _, word in marks] == ["02:00", "04:00", "06:00", "08:00", "10:00", "12:00", "14:00", "16:00",
                                           "18:00", "20:00", "22:00", "00:00", "02:00"][: len(marks)]  # fmt: skip
    assert [column for column, _ in marks[:3]] == [0, 120, 240]


def test_hours_on_the_day_of_25_hours_are_marked_by_the_clock() -> None:
    first_ms = utc_ns("2026-10-24T22:00") // 1_000_000
    frames = [Chosen(first_ms + hour * HOUR_MS // 4, 120 if hour < 12 else 60, "/nowhere.jpg") for hour in range(100)]
    words = [word for _, word in axis_of(frames, 2500, 60).marks]
    assert words[:6] == ["00:00", "01:00", "02:00", "02:00", "03:00", "04:00"]


def test_midnights_in_a_longer_range_are_told_by_their_dates() -> None:
    marks = axis_of(_frames(range(0, 3 * DAY_MS, MINUTE_MS)), 1440, 130).marks
    assert [word for _, word in marks][:5] == ["06-01", "12:00", "06-02", "12:00", "06-03"]


def test_single_frame_fills_everything() -> None:
    assert set(axis_of(_frames([0]), 300, 40).columns) == {0}


@given(
    st.lists(st.integers(0, 400 * DAY_MS), min_size=1, max_size=80, unique=True),
    st.integers(1, 500),
    st.sampled_from([-720, 0, 345, 840]),
)
def test_any_frames_give_columns_in_order_and_marks_apart(slots: list[int], width: int, offset_min: int) -> None:
    axis = axis_of(_frames(sorted(slots), offset_min), width, 40)
    shown = [column for column in axis.columns if column != NO_FRAME]
    assert len(axis.columns) == width
    assert shown == sorted(shown)
    assert shown == [] or 0 <= shown[0] <= shown[-1] < len(slots)
    places = [column for column, _ in axis.marks]
    assert all(0 <= place < width for place in places)
    assert places == sorted(places)
