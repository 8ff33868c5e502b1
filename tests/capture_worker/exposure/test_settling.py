"""When the camera's own control has settled."""

from __future__ import annotations

import pytest

from capture_worker.cameras.base import Exposure, Frame
from capture_worker.exposure.settling import (
    BEFORE_HOLDING,
    BEFORE_RAMPING,
    MOST_FRAMES,
    Found,
    Patience,
    found_in,
    settled,
)
from shared.clock import NS_PER_S


def _found(*times_us: float, every_s: float = 1.0, red: float = 1.5) -> tuple[Found, ...]:
    return tuple(Found(k * every_s, Exposure(time_us, 1.0, (red, 2.0))) for k, time_us in enumerate(times_us))


@pytest.mark.parametrize("patience", [BEFORE_HOLDING, BEFORE_RAMPING])
def test_frames_that_agree_are_settled_once_they_are_enough(patience: Patience) -> None:
    same = _found(*[5000.0] * patience.frames)
    assert settled(same[:-1], patience) is None
    assert settled(same, patience) == same[-1]


def test_frames_within_too_short_a_time_are_not_settled() -> None:
    assert settled(_found(*[5000.0] * 9, every_s=0.2), BEFORE_HOLDING) is None
    assert settled(_found(*[5000.0] * 17, every_s=0.2), BEFORE_HOLDING) is not None
    assert settled((), BEFORE_HOLDING) is None


def test_frames_that_differ_in_exposure_are_not_settled() -> None:
    assert settled(_found(5000.0, 5000.0, 5000.0, 5000.0, 6000.0), BEFORE_HOLDING) is None
    assert settled(_found(9000.0, 5000.0, 5050.0, 5000.0, 5000.0, 5100.0), BEFORE_HOLDING) is not None


def test_frames_that_differ_in_colour_are_not_settled() -> None:
    frames = (*_found(*[5000.0] * 4), Found(4.0, Exposure(5000.0, 1.0, (1.7, 2.0))))
    assert settled(frames, BEFORE_HOLDING) is None


def test_frames_that_never_agree_end_with_the_middle_one_of_the_last() -> None:
    times = [1000.0 * (1 + k % 7) for k in range(MOST_FRAMES)]
    frames = _found(*times)
    assert settled(frames[:-1], BEFORE_HOLDING) is None
    chosen = settled(frames, BEFORE_HOLDING)
    assert chosen is not None
    assert chosen.exposure.exposure_us == sorted(times[-BEFORE_HOLDING.frames :])[BEFORE_HOLDING.frames // 2]


def test_exposure_found_in_a_frame_counts_what_is_not_told_as_one() -> None:
    assert found_in(Frame(0, 2 * NS_PER_S, exposure_us=400)) == Found(2.0, Exposure(400.0, 1.0))
    full = found_in(Frame(0, 0, exposure_us=400, analogue_gain=2.0, digital_gain=1.5, colour_gains=(1.0, 2.0)))
    assert full is not None
    assert full.total_ev == pytest.approx(10.2288, abs=1e-3)
    assert found_in(Frame(0, 0, analogue_gain=2.0)) is None
