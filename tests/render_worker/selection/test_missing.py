"""What is missing: as it was told, and guessed from the frames alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from render_worker.selection.missing import guessed, told
from render_worker.selection.picking import Hole
from shared.ledger.coverage import Gap
from shared.ledger.spans import Span
from tests.rig.zone import utc_ns, zone

EVER: list[Span] = [(0, 1 << 53)]
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MIDNIGHT_MS = utc_ns("2026-06-10T00:00") // 1_000_000


def days_of(count: int, first_h: float, last_h: float, drift_ms: int = 0) -> list[int]:
    """Frames each minute between two hours of each day; both move by so much a day."""
    return [
        MIDNIGHT_MS + day * (DAY_MS + drift_ms) + at_ms
        for day in range(count)
        for at_ms in range(int(first_h * HOUR_MS), int(last_h * HOUR_MS), 60_000)
    ]


@given(
    st.sets(st.integers(1, 300), max_size=40),
    st.sampled_from([1000, 10_000, 60_000]),
    st.lists(st.tuples(st.integers(0, 301), st.integers(1, 100)), max_size=5),
)
def test_told_gaps_are_counted_slot_by_slot_where_it_is_open(
    lost: set[int], interval_ms: int, opens: list[tuple[int, int]]
) -> None:
    start = MIDNIGHT_MS // interval_ms
    slots = [(start + at) * interval_ms for at in range(302) if at not in lost]
    gaps = [Gap((start + at) * interval_ms, (start + at) * interval_ms, interval_ms, "hang") for at in sorted(lost)]
    open_slots: set[int] = set()
    times = []
    for wanted, length in sorted(opens):
        first = max([wanted, *(at + 1 for at in open_slots)])
        open_slots |= set(range(first, first + length))
        times.append(((start + first) * interval_ms, (start + first + length) * interval_ms))
    holes = told(slots, gaps, times)
    assert sum(hole.missing for hole in holes.values()) == len(lost & open_slots)
    for place, hole in holes.items():
        between = {at for at in lost if slots[place] < (start + at) * interval_ms < slots[place + 1]}
        assert hole == Hole(len(between & open_slots), hole.missing * interval_ms, hole.missing, "hang")


def test_told_cause_of_most_of_a_hole_is_its_cause() -> None:
    slots = [0, 100_000]
    gaps = [Gap(10_000, 20_000, 10_000, "hang"), Gap(30_000, 90_000, 10_000, "down")]
    assert told(slots, gaps, EVER) == {0: Hole(9, 90_000, 9, "down")}


@given(st.sets(st.integers(20, 280)), st.integers(500, 100_000))
def test_guessed_holes_of_a_steady_camera_are_what_was_taken_away(lost: set[int], interval_ms: int) -> None:
    # Wherever it is looked from, most distances are as they were.
    kept = {at for at in range(302) if at % 20 > 3}
    gone = {at for at in lost if at not in kept}
    slots = [MIDNIGHT_MS + at * interval_ms for at in range(302) if at not in gone]
    assert sum(hole.missing for hole in guessed(slots, EVER).values()) == len(gone)


def test_guessed_interval_that_changes_is_no_hole() -> None:
    slots = [MIDNIGHT_MS + at * 10_000 for at in range(100)]
    slots += [slots[-1] + at * 60_000 for at in range(1, 100)]
    slots += [slots[-1] + at * 10_000 for at in range(1, 100)]
    assert guessed(slots, EVER) == {}


def test_guessed_window_that_is_closed_each_night_is_no_hole() -> None:
    assert guessed(days_of(4, 6, 20), EVER) == {}
    assert guessed(days_of(4, 6, 20, drift_ms=5 * 60_000), EVER) == {}


def test_guessed_window_that_is_closed_each_noon_is_no_hole() -> None:
    slots = sorted(days_of(4, 6, 11) + days_of(4, 13, 20))
    assert guessed(slots, EVER) == {}


def test_guessed_single_night_is_no_hole_and_a_single_day_is_one() -> None:
    with zone("UTC"):
        assert guessed(days_of(2, 6, 20), EVER) == {}
        day = [MIDNIGHT_MS + at for at in range(0, DAY_MS, 60_000) if not 8 * HOUR_MS <= at < 15 * HOUR_MS]
        assert list(guessed(day, EVER).values()) == [Hole(7 * 60, 7 * HOUR_MS, 7 * 60)]


def test_guessed_days_without_any_frame_are_missing_where_it_is_open_alone() -> None:
    slots = [slot for slot in days_of(9, 6, 20) if not MIDNIGHT_MS + 3 * DAY_MS <= slot < MIDNIGHT_MS + 5 * DAY_MS]
    opens = [(MIDNIGHT_MS + day * DAY_MS + 6 * HOUR_MS, MIDNIGHT_MS + day * DAY_MS + 20 * HOUR_MS) for day in range(9)]
    assert list(guessed(slots, opens).values()) == [Hole(2 * 14 * 60, 28 * HOUR_MS, 2 * 14 * 60)]


def test_guessed_of_one_or_two_frames_is_nothing() -> None:
    assert guessed([], EVER) == guessed([5], EVER) == guessed([5, 500_000], EVER) == {}


def test_guessed_hole_before_a_frame_off_the_grid_does_not_count_that_frame_s_own_slot() -> None:
    slots = [MIDNIGHT_MS + at * 10_000 for at in range(20)]
    slots += [slots[-1] + 33_000 + at * 10_000 for at in range(20)]
    assert guessed(slots, EVER) == {19: Hole(2, 20_000, 2)}
