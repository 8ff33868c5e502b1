"""How old a frame may be: the spacing of arrivals, and the camera's stamps."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from capture_worker.cameras.arrival import LIKELY_PERIOD_NS, Arrivals, Pace

MS = 1_000_000
PERIOD_MS = 40


def lags_ms(arrivals: Arrivals, times_ms: list[float], stamps_ms: list[float] | None = None) -> list[float]:
    stamps: Sequence[float | None] = stamps_ms or [None] * len(times_ms)
    return [arrivals.lag_ns(round(time * MS), stamp) / MS for time, stamp in zip(times_ms, stamps, strict=True)]


def steady(start_ms: float, count: int, period_ms: float = PERIOD_MS) -> list[float]:
    return [start_ms + number * period_ms for number in range(count)]


def test_lag_steady_stream_is_none() -> None:
    assert lags_ms(Arrivals(PERIOD_MS * MS), steady(0, 50)) == [0] * 50


@given(st.lists(st.floats(-3, 3), min_size=30, max_size=60))
def test_lag_jitter_below_a_tenth_is_none(jitter_ms: list[float]) -> None:
    times = [number * PERIOD_MS + each for number, each in enumerate(jitter_ms)]
    assert max(lags_ms(Arrivals(PERIOD_MS * MS), times)) == 0


def test_lag_burst_after_a_stall_is_each_frames_true_age() -> None:
    made = steady(0, 100)
    arrived = [time if time < 400 or time > 2400 else 2400 + number * 0.1 for number, time in enumerate(made)]
    lags = lags_ms(Arrivals(PERIOD_MS * MS), arrived)
    for time, arrival, lag in zip(made, arrived, lags, strict=True):
        assert arrival - time - 0.001 <= lag <= arrival - time + 20, (time, arrival)


@given(st.lists(st.tuples(st.integers(80, 200), st.integers(0, 3000)), max_size=5))
def test_lag_whatever_is_held_back_is_never_less_than_the_true_age(stalls: list[tuple[int, int]]) -> None:
    """Frames are made at a steady pace; the network stalls now and then, up to 3 s, and loses nothing."""
    made, held_until = steady(0, 500), 0.0
    arrived: list[float] = []
    pending = dict(zip((sum(each[0] for each in stalls[: n + 1]) for n in range(len(stalls))), stalls, strict=True))
    for number, time in enumerate(made):
        if number in pending:
            held_until = max(held_until, time + pending[number][1])
        arrived.append(max(time, held_until, arrived[-1] + 0.5 if arrived else 0))
    lags = lags_ms(Arrivals(PERIOD_MS * MS), arrived)
    for time, arrival, lag in zip(made, arrived, lags, strict=True):
        # A frame late by less than a period need not make the next one early: it looks like a hiccup of the camera.
        assert lag >= arrival - time - 1.2 * PERIOD_MS


def test_lag_after_a_pause_of_the_camera_itself_is_gone_with_the_second_frame() -> None:
    lags = lags_ms(Arrivals(PERIOD_MS * MS), steady(0, 10) + steady(3000, 10))
    assert lags[10] == 3000 - 9 * PERIOD_MS - PERIOD_MS
    assert lags[11:] == [0] * 9


def test_lag_slower_camera_at_dusk_is_learnt_within_five_frames() -> None:
    arrivals = Arrivals(PERIOD_MS * MS)
    lags = lags_ms(arrivals, steady(0, 20) + steady(860, 20, 2.5 * PERIOD_MS))
    assert lags[26:] == [0] * 14
    assert abs(arrivals.period_ns / MS - 2.5 * PERIOD_MS) < 1


def test_lag_faster_camera_at_dawn_is_learnt_so_that_the_next_stall_is_seen() -> None:
    arrivals = Arrivals(PERIOD_MS * MS)
    lags = lags_ms(arrivals, steady(0, 20) + steady(780, 60, PERIOD_MS / 4))
    assert lags == [0] * 80
    assert abs(arrivals.period_ns / MS - PERIOD_MS / 4) < 1


def test_lag_stamps_show_a_machine_too_slow_to_decode() -> None:
    """Frames come at a steady pace of 50 ms, but were made 40 ms apart: the spacing alone looks healthy."""
    lags = lags_ms(Arrivals(PERIOD_MS * MS), steady(0, 100, 50), steady(7000, 100, 40))
    assert abs(lags[-1] - 990) < 5


def test_lag_stamps_show_a_held_back_frame_as_late() -> None:
    arrived = [time if time != 400 else 430 for time in steady(0, 20)]
    lags = lags_ms(Arrivals(PERIOD_MS * MS), arrived, steady(0, 20))
    assert lags[10] > 29
    assert max(lags[12:]) < 1


def test_lag_stamps_set_back_start_anew() -> None:
    lags = lags_ms(Arrivals(PERIOD_MS * MS), steady(0, 40), steady(90_000, 20) + steady(0, 20))
    assert max(lags) < 1


def test_lag_stamps_that_stand_still_are_none() -> None:
    assert lags_ms(Arrivals(PERIOD_MS * MS), steady(0, 20), [0.0] * 20) == [0] * 20


def test_lag_camera_clock_running_slow_does_not_add_up() -> None:
    """100 ppm for an hour would be 360 ms."""
    lags = lags_ms(Arrivals(1000 * MS), steady(0, 3600, 1000), steady(0, 3600, 999.9))
    assert max(lags) < 1


def test_pace_without_stamps_waiting_frames_are_not_counted() -> None:
    pace = Pace()
    for time in [0, 0.1, 0.2, *steady(30, 5)]:
        assert not pace.is_known()
        pace.add(round(time * MS), None)
    pace.add(230 * MS, None)
    assert pace.is_known()
    assert pace.period_ns == PERIOD_MS * MS


def test_pace_with_stamps_slow_decoding_of_waiting_frames_is_no_pace() -> None:
    pace = Pace()
    for number in range(10):
        pace.add(number * 10 * MS, 500.0 + number * PERIOD_MS)
    assert not pace.is_known()
    pace.add(130 * MS, 500.0 + 10 * PERIOD_MS)
    assert pace.is_known()
    assert pace.period_ns == PERIOD_MS * MS


def test_pace_of_nothing_is_a_guess() -> None:
    assert not Pace().is_known()
    assert Pace().period_ns == LIKELY_PERIOD_NS


def test_lag_slower_and_unsteady_camera_is_learnt_all_the_same() -> None:
    unsteady = [1000 + number * 90 + (number % 3) * 15.0 for number in range(90)]
    assert max(lags_ms(Arrivals(PERIOD_MS * MS), steady(0, 20) + unsteady)[-40:]) <= 105


def test_lag_slower_camera_whose_frames_come_in_pairs_is_learnt_all_the_same() -> None:
    pairs = [1000 + number // 2 * 128 + (number % 2) * 2.0 for number in range(90)]
    assert max(lags_ms(Arrivals(PERIOD_MS * MS), steady(0, 20) + pairs)[-40:]) <= 128
