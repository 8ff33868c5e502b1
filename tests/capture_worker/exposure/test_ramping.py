"""When the ramp takes over, and from what."""

from __future__ import annotations

import pytest

from capture_worker.cameras.base import Exposure, ExposureLimits, Frame
from capture_worker.exposure.balance import Tint
from capture_worker.exposure.measured import Measured
from capture_worker.exposure.ramping import Ramping
from shared.clock import NS_PER_S
from shared.config.model import RampConfig

LIMITS = ExposureLimits((75.0, 1_238_765.0), (1.0, 10.667), has_colour_gains=True)
RAMP = RampConfig()


def _ramping(handed_over: Exposure | None = None, limits: ExposureLimits = LIMITS) -> Ramping:
    return Ramping(limits, RAMP, 10.0, handed_over)


def _frame(
    number: int, exposure_us: int | None, gain: float | None = 1.0, mean: float = 0.4,
    gains: tuple[float, float] | None = (1.5, 2.0), digital_gain: float = 1.0, tint: Tint | None = None,
) -> Measured:  # fmt: skip
    at_ns = number * 10 * NS_PER_S
    frame = Frame(
        0, at_ns, exposure_us=exposure_us, analogue_gain=gain, digital_gain=digital_gain, colour_gains=gains
    )  # fmt: skip
    return Measured(frame, mean, tint)


def test_ramp_takes_over_the_cameras_total_divided_its_own_way() -> None:
    ramping = _ramping()
    ramping.after(_frame(0, 1000))
    assert ramping.wanted() is None
    ramping.after(_frame(1, 10_000, 2.0, digital_gain=1.5))
    assert ramping.wanted() is None
    ramping.after(_frame(2, 10_000, 2.0, digital_gain=1.5))
    wanted = ramping.wanted()
    assert wanted is not None
    assert wanted.exposure_us == pytest.approx(30_000.0)
    assert wanted.analogue_gain == pytest.approx(1.0)
    assert wanted.colour_gains == (1.5, 2.0)


def test_ramp_continues_with_what_was_handed_over_without_a_jump() -> None:
    ramping = _ramping(Exposure(40_000.0, 1.0, (1.7, 1.9)))
    wanted = ramping.wanted()
    assert wanted is not None
    assert wanted.exposure_us == pytest.approx(40_000.0)
    assert wanted.colour_gains == (1.7, 1.9)
    ramping.after(_frame(0, 39_990, mean=0.2, gains=(1.7, 1.9)))
    assert ramping.wanted() == wanted
    for number in range(1, 5):
        ramping.after(_frame(number, 39_990, mean=0.2, gains=(1.7, 1.9)))
    later = ramping.wanted()
    assert later is not None
    assert 1.0 < later.exposure_us / 40_000.0 < 2**0.35


def test_ramp_handed_over_without_colours_takes_the_cameras_own_once_two_frames_agree() -> None:
    ramping = _ramping(Exposure(40_000.0, 1.0))
    seen = []
    for number, red in enumerate((1.0, 1.4, 1.42)):
        ramping.after(_frame(number, 40_000, gains=(red, 2.0)))
        wanted = ramping.wanted()
        assert wanted is not None
        seen.append(wanted.colour_gains)
    assert seen == [None, None, (1.42, 2.0)]


def test_ramp_eases_colours_by_the_tint_and_holds_them_without() -> None:
    ramping = _ramping(Exposure(40_000.0, 1.0, (1.5, 2.0)))
    ramping.after(_frame(0, 40_000))
    first = ramping.wanted()
    assert first is not None
    assert first.colour_gains == (1.5, 2.0)
    ramping.after(_frame(1, 40_000, tint=Tint(0.3, -0.3)))
    wanted = ramping.wanted()
    assert wanted is not None
    assert wanted.colour_gains is not None
    assert 1.45 < wanted.colour_gains[0] < 1.5
    assert 2.0 < wanted.colour_gains[1] < 2.05


def test_ramp_of_a_camera_without_colour_gains_never_asks_for_any() -> None:
    ramping = _ramping(Exposure(40_000.0, 1.0, (1.5, 2.0)), ExposureLimits((75.0, 500_000.0), (1.0, 1.0)))
    ramping.after(_frame(0, 40_000, tint=Tint(1.0, 1.0)))
    wanted = ramping.wanted()
    assert wanted is not None
    assert wanted.colour_gains is None


def test_ramp_of_a_camera_that_tells_nothing_starts_in_the_middle_and_finds_the_light() -> None:
    """Each wish gets three frames to take effect; the mean follows the exposure that is in force."""
    ramping = _ramping(limits=ExposureLimits((100.0, 500_000.0), (1.0, 1.0)))
    right_us, in_force = 800.0, 1_000.0
    for number in range(90):
        ratio = in_force / right_us
        ramping.after(_frame(number, None, None, mean=0.667 * ratio / (1 + 0.667 * ratio), gains=None))
        wanted = ramping.wanted()
        in_force = wanted.exposure_us if wanted is not None else in_force
    assert in_force == pytest.approx(right_us, rel=0.06)


def test_ramp_at_another_interval_has_another_longest_exposure() -> None:
    ramping = _ramping(Exposure(1_200_000.0, 1.0))
    before = ramping.wanted()
    ramping.follow_interval(1.0)
    after = ramping.wanted()
    assert before is not None
    assert after is not None
    assert before.exposure_us == pytest.approx(1_200_000.0)
    assert after.exposure_us == pytest.approx(500_000.0)
    assert after.analogue_gain == pytest.approx(2.4)
