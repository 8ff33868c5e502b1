"""Exposure and white balance that are held for good."""

from __future__ import annotations

from capture_worker.cameras.base import Exposure, ExposureLimits, Frame
from capture_worker.exposure.locked import Locked
from capture_worker.exposure.measured import Measured
from shared.clock import NS_PER_S

LIMITS = ExposureLimits((75.0, 1_238_765.0), (1.0, 10.667), has_colour_gains=True)


def _frame(second: int, exposure_us: int | None, digital_gain: float = 1.0) -> Measured:
    at_ns, gains = second * NS_PER_S, (1.5, 2.0)
    frame = Frame(
        0, at_ns, exposure_us=exposure_us, analogue_gain=2.0, digital_gain=digital_gain, colour_gains=gains
    )  # fmt: skip
    return Measured(frame, 0.4)


def test_lock_leaves_the_camera_to_itself_until_it_has_settled_and_never_moves_again() -> None:
    lock = Locked(LIMITS, None)
    for second, exposure_us in enumerate((100, 900, 5000, 5000, 5000, 5000)):
        lock.after(_frame(second, exposure_us))
        assert lock.wanted() is None
    lock.after(_frame(6, 5000, digital_gain=1.1))
    assert lock.wanted() == Exposure(5000.0, 2.2, (1.5, 2.0))
    for second in range(7, 40):
        lock.after(_frame(second, 50))
    lock.follow_interval(1.0)
    assert lock.wanted() == Exposure(5000.0, 2.2, (1.5, 2.0))


def test_lock_handed_over_holds_from_the_start() -> None:
    lock = Locked(LIMITS, Exposure(5000.0, 2.2, (1.5, 2.0)))
    assert lock.wanted() == Exposure(5000.0, 2.2, (1.5, 2.0))


def test_lock_handed_over_from_another_camera_stays_within_the_limits_of_this_one() -> None:
    assert Locked(LIMITS, Exposure(10.0, 1.0)).wanted() == Exposure(75.0, 1.0)


def test_lock_of_a_camera_that_does_not_tell_its_exposure_leaves_it_to_itself() -> None:
    lock = Locked(LIMITS, None)
    for second in range(50):
        lock.after(_frame(second, None))
    assert lock.wanted() is None
