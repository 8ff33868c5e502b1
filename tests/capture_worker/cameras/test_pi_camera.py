"""What the Pi camera decides: which frame is given for a slot, settling, rest, exposures. Its device is the test."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from capture_worker.cameras.base import AdjustableCamera, Exposure, ExposureLimits, RestingCamera
from capture_worker.cameras.pi_camera import PiCamera
from shared.clock import NS_PER_MS, NS_PER_S
from shared.config.model import CameraConfig
from shared.errors import CameraError, ConfigError
from tests.rig.fed_pi_device import SETTLED, SIZE, Coming, FedPiDevice
from tests.rig.manual_clock import ManualClock

EXPOSED = SETTLED | {"ExposureTime": 5000, "AnalogueGain": 2.0}
ASKED = Exposure(5000, 2.0)


class Bench:
    """A camera and its far end."""

    def __init__(self, suspended_s: float = 0.0, **config: Any) -> None:
        self.clock = ManualClock()
        self.device = FedPiDevice(self.clock)
        camera = CameraConfig(**{"name": "main", "source": "picamera2", "resolution": SIZE, **config})
        suspended_ns = round(suspended_s * NS_PER_S)
        self.camera = PiCamera(camera, self.clock, self.device.connect, lambda: suspended_ns)

    def open(self) -> Bench:
        """Opened, with nothing of that in the records."""
        self.camera.open()
        self.device.done.clear()
        self.device.asked_from_ns.clear()
        return self

    def shoot(self, late_s: float = 0.0) -> Any:
        """A shot for a slot of so long ago."""
        return self.camera.shoot(self.clock.wall_ns() - round(late_s * NS_PER_S))


def test_camera_is_of_both_kinds() -> None:
    camera = Bench().camera
    assert isinstance(camera, RestingCamera)
    assert isinstance(camera, AdjustableCamera)


def test_opened_camera_says_what_it_is_and_can() -> None:
    opened = Bench().camera.open()
    assert (opened.driver, opened.make, opened.model) == ("picamera2", "Raspberry Pi", "imx219")
    assert (opened.detail, opened.streams) == ("64x48 from 3280x2464", False)
    assert opened.limits == ExposureLimits((75.0, 20_000_000.0), (1.0, 10.0), has_colour_gains=True)


def test_camera_of_another_board_is_not_said_to_be_a_raspberry_pis() -> None:
    bench = Bench()
    bench.device.platform = ""
    assert bench.camera.open().make == "libcamera"


def test_open_waits_until_the_exposure_has_settled() -> None:
    bench = Bench()
    bench.device.coming = [Coming(metadata=SETTLED | {"AeState": 1})] * 12
    bench.camera.open()
    assert bench.device.coming == []
    assert bench.device.done == ["connect", "start"]


def test_open_does_not_wait_for_ever_for_an_exposure_that_never_settles() -> None:
    bench = Bench()
    bench.device.coming = [Coming(after_s=0.5, metadata=SETTLED | {"AeState": 1})] * 50
    bench.camera.open()
    assert len(bench.device.coming) == 44


def test_open_without_a_first_frame_fails_before_its_lease() -> None:
    bench = Bench()
    bench.device.coming = [None]
    before_ns = bench.clock.mono_ns()
    with pytest.raises(CameraError, match=r"no picture for 2\.6 s"):
        bench.camera.open()
    assert bench.clock.mono_ns() - before_ns < 20 * NS_PER_S


def test_open_does_not_wait_for_exposures_that_take_longer_than_its_lease() -> None:
    bench = Bench(controls={"AeEnable": "off", "ExposureTime": "15000000", "AnalogueGain": "1"})
    bench.device.coming = [None]
    bench.camera.open()
    assert bench.device.controls["ExposureTime"] == 15_000_000
    assert bench.camera.exposure_s == pytest.approx(3 * 15 + 1)


def test_hdr_that_the_frames_do_not_have_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match="hdr: night"):
        Bench(hdr="night").camera.open()


def test_tuning_file_is_there_when_the_camera_is_looked_for(tmp_path: Path) -> None:
    tuning = tmp_path / "mine.json"
    tuning.write_text("{}")
    bench = Bench(tuning_file=str(tuning))
    bench.camera.open()
    assert bench.device.done[0] == f"connect {tuning}"


def test_frame_is_the_first_one_that_began_at_the_slot_or_after() -> None:
    bench = Bench().open()
    slot_ns = bench.clock.mono_ns()
    bench.device.coming = [Coming(began_s=-0.04), Coming(0.05, began_s=-0.0601), Coming(0.05, began_s=-0.06)]
    frame = bench.shoot()
    assert frame.own_mono_ns == slot_ns + 50 * NS_PER_MS
    assert bench.device.coming == []
    assert bench.device.asked_from_ns == [slot_ns] * 3


def test_frame_that_began_between_the_slot_and_the_asking_is_fresh() -> None:
    bench = Bench().open()
    bench.device.coming = [Coming(began_s=-0.015)]
    frame = bench.shoot(late_s=0.020)
    assert frame.own_mono_ns - bench.clock.mono_ns() < 0
    assert bench.device.coming == []


def test_frame_is_never_given_twice() -> None:
    """Though its moment is fresh enough for the second slot too."""
    bench = Bench().open()
    bench.device.coming = [Coming(0.02, began_s=0.0), Coming(0.02, began_s=-0.02), Coming(0.02, began_s=-0.01)]
    first = bench.shoot()
    second = bench.shoot(late_s=0.5)
    assert second.own_mono_ns == first.own_mono_ns + 30 * NS_PER_MS
    assert bench.device.coming == []


def test_clock_that_was_set_back_makes_no_old_frame_fresh() -> None:
    bench = Bench().open()
    bench.device.coming = [Coming(began_s=-30.0), Coming(began_s=-1.2), Coming(began_s=0.01)]
    bench.shoot(late_s=3600)
    assert bench.device.coming == []


def test_clock_that_was_set_forward_does_not_wait_for_the_slot() -> None:
    bench = Bench().open()
    bench.device.coming = [Coming(began_s=0.01)]
    bench.shoot(late_s=-3600)
    assert bench.device.coming == []


def test_camera_that_gives_only_old_frames_fails_before_its_lease() -> None:
    bench = Bench().open()
    bench.device.coming = [Coming(began_s=-5.0)] * 200
    lease_s, before_ns = bench.camera.exposure_s * 1.5 + 2.0, bench.clock.mono_ns()
    with pytest.raises(CameraError, match="only pictures from before the slot"):
        bench.shoot()
    assert bench.clock.mono_ns() - before_ns < (lease_s - 1.0) * NS_PER_S


def test_camera_that_gives_no_frame_fails_before_its_lease() -> None:
    bench = Bench().open()
    bench.device.coming = [None]
    lease_s, before_ns = bench.camera.exposure_s * 1.5 + 2.0, bench.clock.mono_ns()
    with pytest.raises(CameraError, match="no picture for"):
        bench.shoot()
    assert bench.clock.mono_ns() - before_ns < (lease_s - 1.0) * NS_PER_S


def test_stamps_of_the_other_clock_are_understood_after_a_suspend() -> None:
    bench = Bench(suspended_s=7200.0)
    bench.device.stamp_ahead_ns = 7200 * NS_PER_S
    bench.open()
    slot_ns = bench.clock.mono_ns()
    frame = bench.shoot()
    assert frame.own_mono_ns == slot_ns + 10 * NS_PER_MS
    assert bench.device.asked_from_ns == [slot_ns + 7200 * NS_PER_S]


def test_stamps_of_the_monotonic_clock_are_left_alone_after_a_suspend() -> None:
    bench = Bench(suspended_s=7200.0).open()
    slot_ns = bench.clock.mono_ns()
    assert bench.shoot().own_mono_ns == slot_ns + 10 * NS_PER_MS
    assert bench.device.asked_from_ns == [slot_ns]


def test_raw_is_a_dng_beside_the_planes() -> None:
    frame = Bench(raw=True).open().shoot()
    assert frame.raw is not None
    assert frame.raw.startswith(b"II*\x00")
    assert frame.planes.y.shape == (48, 64)


def test_frame_with_another_exposure_than_asked_for_is_not_given_while_the_right_one_may_come() -> None:
    bench = Bench().open()
    bench.camera.set_exposure(ASKED)
    bench.device.coming = [Coming(), Coming(), Coming(metadata=EXPOSED)]
    assert bench.shoot().exposure_us == 5000
    assert bench.device.controls["ExposureTime"] == 5000


def test_frame_with_another_exposure_is_given_rather_than_none() -> None:
    bench = Bench().open()
    bench.camera.set_exposure(ASKED)
    frame = bench.shoot()
    assert frame.exposure_us == 10_000
    assert frame.own_mono_ns - bench.clock.mono_ns() > -NS_PER_S


def test_exposure_is_not_insisted_on_for_longer_than_half_the_interval() -> None:
    bench = Bench(interval_ms=200).open()
    bench.camera.set_exposure(ASKED)
    before_ns = bench.clock.mono_ns()
    bench.shoot()
    assert bench.clock.mono_ns() - before_ns <= 160 * NS_PER_MS


def test_exposure_that_was_set_long_ago_is_in_force_as_far_as_it_ever_will_be() -> None:
    bench = Bench().open()
    bench.camera.set_exposure(ASKED)
    bench.clock.advance(5)
    bench.device.coming = [Coming()]
    assert bench.shoot().exposure_us == 10_000


def test_lease_counts_the_frames_until_an_exposure_is_in_force() -> None:
    bench = Bench().open()
    before_s = bench.camera.exposure_s
    bench.camera.set_exposure(ASKED)
    assert bench.camera.exposure_s == pytest.approx(before_s + 10 * 0.05)


def test_same_exposure_is_not_set_again() -> None:
    bench = Bench().open()
    bench.camera.set_exposure(ASKED)
    bench.camera.set_exposure(ASKED)
    assert bench.device.done == ["set"]


def test_long_exposure_begins_at_the_slot() -> None:
    bench = Bench().open()
    bench.camera.set_exposure(Exposure(8_000_000, 1.0))
    assert bench.camera.exposure_s * 1.5 + 2.0 > 3 * 8 + 2
    bench.device.coming = [Coming(8.1, 0.1, SETTLED | {"ExposureTime": 8_000_000, "FrameDuration": 8_000_100})]
    bench.shoot()
    assert bench.device.done == ["set", "restart"]
    assert bench.device.controls["ExposureTime"] == 8_000_000


def test_exposure_that_would_come_late_is_begun_anew() -> None:
    """Ten frames of 100 ms each."""
    bench = Bench().open()
    bench.camera.set_exposure(Exposure(100_000, 1.0))
    bench.device.coming = [Coming(metadata=SETTLED | {"ExposureTime": 100_000})]
    bench.shoot()
    assert bench.device.done == ["set", "restart"]


def test_short_exposure_after_a_long_one_is_in_force_at_once() -> None:
    bench = Bench().open()
    bench.camera.set_exposure(Exposure(8_000_000, 1.0))
    bench.camera.set_exposure(ASKED)
    bench.device.coming = [Coming(metadata=EXPOSED)]
    bench.shoot()
    bench.shoot()
    assert bench.device.done == ["set", "set", "restart"], "only while frames are long"


def test_own_exposure_control_is_never_begun_anew_however_long_it_exposes() -> None:
    bench = Bench().open()
    long = SETTLED | {"ExposureTime": 2_000_000, "FrameDuration": 2_000_100}
    bench.device.coming = [Coming(2.1, 0.01, long), Coming(2.1, 0.01, long)]
    bench.shoot()
    bench.shoot()
    assert bench.device.done == []


@pytest.mark.parametrize(("keep_open", "rests_from_s"), [("always", math.inf), ("auto", 60.0)])
def test_camera_rests_as_the_configuration_says(keep_open: str, rests_from_s: float) -> None:
    bench = Bench(keep_open=keep_open).open()
    assert bench.camera.rests_from_s == rests_from_s


def test_camera_that_is_never_kept_open_rests_if_there_is_time_to_wake_again() -> None:
    bench = Bench(keep_open="never").open()
    assert bench.camera.rests_from_s == pytest.approx(bench.camera.warm_up_s + 1.0)


def test_warm_up_is_what_waking_took_and_a_little_more() -> None:
    bench = Bench().open()
    assert bench.camera.warm_up_s == pytest.approx((0.5 + 8 * 0.06) * 1.25 + 0.5)
    assert Bench(keep_open="always").open().camera.warm_up_s == 0.0


def test_one_slow_start_makes_it_wake_earlier_for_some_time() -> None:
    bench = Bench().open()
    usual_s = bench.camera.warm_up_s
    bench.camera.rest()
    bench.device.coming = [Coming(after_s=2.0)]
    bench.camera.wake()
    slow_s = bench.camera.warm_up_s
    assert slow_s > usual_s + 2.0
    bench.camera.rest()
    bench.camera.wake()
    assert usual_s < bench.camera.warm_up_s < slow_s


def test_camera_that_rests_is_closed_and_woken_with_what_it_had() -> None:
    bench = Bench().open()
    bench.camera.set_exposure(ASKED)
    bench.camera.rest()
    bench.camera.rest()
    bench.camera.wake()
    bench.camera.wake()
    assert bench.device.done == ["set", "close", "connect", "start"]
    assert bench.device.controls["ExposureTime"] == 5000


def test_exposure_that_is_set_at_rest_is_there_when_it_wakes() -> None:
    bench = Bench().open()
    bench.camera.rest()
    bench.camera.set_exposure(ASKED)
    bench.camera.wake()
    assert bench.device.done == ["close", "connect", "start"]
    assert (bench.device.controls["ExposureTime"], bench.device.controls["AeEnable"]) == (5000, False)


def test_camera_at_rest_that_is_asked_all_the_same_wakes() -> None:
    bench = Bench().open()
    bench.camera.rest()
    bench.shoot()
    assert bench.device.done == ["close", "connect", "start"]


def test_camera_that_has_stalled_says_so_when_it_is_looked_at() -> None:
    bench = Bench().open()
    bench.camera.check()
    bench.device.stalled = CameraError("no picture for 3 s")
    with pytest.raises(CameraError, match="no picture"):
        bench.camera.check()
    assert bench.device.done == ["check 2.15", "check 2.15"]


def test_camera_at_rest_has_not_stalled() -> None:
    bench = Bench().open()
    bench.device.stalled = CameraError("no picture for 3 s")
    bench.camera.rest()
    bench.camera.check()
    assert bench.device.done == ["close"]


def test_close_may_be_called_twice_and_without_open() -> None:
    bench = Bench()
    bench.camera.close()
    bench.open()
    bench.camera.close()
    bench.camera.close()
    assert bench.device.done == ["close"]
