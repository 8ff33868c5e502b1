"""The Raspberry Pi's own camera, through picamera2.

Owns: being awake or at rest, settling, which frame is given for a slot, and what its configuration means for it.
Does not own: picamera2 (`pi_device`), what a control may be (`pi_controls`), which exposure is wanted.
Invariant: a frame that is given began to be exposed at or after its slot, and is newer than any that was given before.
Every wait is shorter than the lease under which it happens.

While it is awake the camera streams, and picamera2's own threads give each buffer back as it comes: a slot is at most
one frame period before the first frame that is exposed after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from capture_worker.cameras.base import Exposure, Frame, Opened
from capture_worker.cameras.pi_configuration import tuning_path
from capture_worker.cameras.pi_device import Layout, PiDevice, Request
from capture_worker.cameras.pi_dng import dng_of
from capture_worker.cameras.pi_exposure import IN_FORCE_FRAMES, controls_of, is_in_force, limits_of
from capture_worker.cameras.pi_frame import (
    Moment,
    began_mono_ns,
    frame_of,
    planes_of,
    stamps_boottime,
    suspended_ns,
)
from capture_worker.cameras.pi_library import load
from capture_worker.cameras.pi_opening import Connected, connect, text_of
from capture_worker.cameras.pi_settings import check_hdr, settings_of
from capture_worker.cameras.pi_settling import LONGEST_SETTLED_NS, Settling
from shared.clock import NS_PER_S, NS_PER_US, Clock, both
from shared.config.model import CameraConfig
from shared.errors import CameraError

REST_FROM_S = 60.0
"""`keep_open: auto`. Waking takes some 2 s of streaming: below a minute being closed saves little and risks an open."""

_START_S, _START_FRAMES = 2.0, 12
"""Until the first frame comes: powering the sensor up, and frames that libcamera itself does not show."""
_SETTLE_S = 3.0
_USUAL_PERIOD_NS = 50_000_000
_PERIODS = 3
"""The one under way when the slot comes, the one that is taken, and its way through the image processor."""
_SLACK_S, _SHOT_SLACK_S, _RAW_S = 2.0, 1.0, 3.0
_LATEST_NS = NS_PER_S
_LONG_NS, _LONG_S = NS_PER_S, 0.5
"""With exposures of a second a slot would wait for up to one of them, and what was set for six. Beginning anew takes
some 0.1 s: what is asked for is in force from the first frame on, and that one is exposed at once."""


class PiCamera:
    """A `RestingCamera` and `AdjustableCamera`: number `number` of those that libcamera finds."""

    def __init__(
        self,
        config: CameraConfig,
        clock: Clock,
        connect: Callable[[CameraConfig, str | None, Layout | None, str], Connected] = connect,
        suspended_ns: Callable[[], int] = suspended_ns,
    ) -> None:
        self._config = config
        self._clock = clock
        self._connect = connect
        self._suspended_ns = suspended_ns
        self._where = f"camera {config.name}"
        self._device: PiDevice | None = None
        self._layout: Layout | None = None
        self._tuning: str | None = None
        self._asked: Exposure | None = None
        self._in_force_ns = 0
        self._period_ns = _USUAL_PERIOD_NS
        self._last_began_ns = 0
        self._waking_s = 0.0
        self._stamps_boottime = False
        self._settings: dict[str, Any] = {}
        self._make = self._model = ""

    def preload(self) -> None:
        """See `PreloadingCamera.preload`."""
        load()

    def open(self) -> Opened:
        """See `Camera.open`. The first frames are awaited, until exposure and white balance have settled."""
        if self._config.tuning_file is not None:
            self._tuning = str(tuning_path(self._config.tuning_file, self._where))
        device, found, layout = self._wake()
        self._model = found.model
        # As rpicam-still has it: who develops the picture looks for the profile of a sensor on this maker's board.
        self._make = "Raspberry Pi" if device.platform else "libcamera"
        return Opened(
            driver="picamera2",
            make=self._make,
            model=self._model,
            detail=f"{text_of(layout.size)} from {text_of(layout.mode)}",
            limits=limits_of(device.advertised),
        )

    def wake(self) -> None:
        """See `RestingCamera.wake`."""
        if self._device is None:
            self._wake()

    def rest(self) -> None:
        """See `RestingCamera.rest`. The memory is freed, and other programs may use the camera."""
        device, self._device = self._device, None
        if device is not None:
            device.close()

    def close(self) -> None:
        """See `Camera.close`."""
        self.rest()

    def check(self) -> None:
        """See `RestingCamera.check`."""
        if self._device is not None:
            self._device.check(_PERIODS * self._period_ns / NS_PER_S + _SLACK_S)

    def shoot(self, slot_ns: int) -> Frame:
        """See `ShootingCamera.shoot`. A frame with another exposure than asked for is given where no other comes."""
        self.wake()
        if self._is_held and (self._period_ns >= _LONG_NS or self._insisting_s > _LONG_S):
            self._begin_anew()
        now = self._now()
        earliest_ns = max(_mono_of(slot_ns, now), self._last_began_ns + 1)
        until_ns = now.mono_ns + round(self._wait_s * NS_PER_S)
        insist_until_ns = now.mono_ns + round(self._insisting_s * NS_PER_S)
        while (left_ns := until_ns - self._now().mono_ns) > 0:
            frame = self._next(slot_ns, earliest_ns, left_ns / NS_PER_S, insist_until_ns)
            if frame is not None:
                self._last_began_ns = frame.own_mono_ns
                return frame
        raise CameraError(f"{self._where}: the camera gave only pictures from before the slot; restart the machine")

    @property
    def exposure_s(self) -> float:
        """See `ShootingCamera.exposure_s`."""
        return self._frames_s + self._insisting_s + _SHOT_SLACK_S + (_RAW_S if self._config.raw else 0.0)

    @property
    def warm_up_s(self) -> float:
        """See `RestingCamera.warm_up_s`. A quarter more than it took the last times, and half a second."""
        return 0.0 if self._config.keep_open == "always" else self._waking_s * 1.25 + 0.5

    @property
    def rests_from_s(self) -> float:
        """See `RestingCamera.rests_from_s`."""
        worth_it_s = {"always": math.inf, "auto": REST_FROM_S, "never": 0.0}[self._config.keep_open]
        return max(worth_it_s, self.warm_up_s + 1.0)

    def set_exposure(self, exposure: Exposure) -> None:
        """See `AdjustableCamera.set_exposure`. At rest it is remembered."""
        if exposure == self._asked:
            return
        if self._device is not None:
            self._device.set(controls_of(exposure))
        self._period_ns = max(self._period_ns, round(exposure.exposure_us * NS_PER_US))
        self._asked = exposure
        self._in_force_ns = self._now().mono_ns + IN_FORCE_FRAMES * self._period_ns

    @property
    def _frames_s(self) -> float:
        return _PERIODS * self._period_ns / NS_PER_S

    @property
    def _insisting_s(self) -> float:
        """For how long still only a frame with the exposure asked for will do."""
        left_s = (self._in_force_ns - self._now().mono_ns) / NS_PER_S
        return min(max(0.0, left_s), self._config.interval_ms / 2000) if self._asked is not None else 0.0

    @property
    def _wait_s(self) -> float:
        """The lease is 1.5 times `exposure_s` and 2 s: what is left of it is for copying."""
        return self._frames_s + self._insisting_s + _SLACK_S

    def _next(self, slot_ns: int, earliest_ns: int, timeout_s: float, insist_until_ns: int) -> Frame | None:
        """The next frame from `earliest_ns` on, None where it is not the right one after all."""
        device = self._device
        assert device is not None, "it was woken"
        with device.request(timeout_s, self._stamp(earliest_ns)) as request:
            now = self._now()
            began_ns = began_mono_ns(request.metadata, now)
            self._learn(request.metadata, now)
            if began_ns < earliest_ns or (self._is_wrong(request.metadata) and now.mono_ns < insist_until_ns):
                return None
            planes = planes_of(request.picture(), *device.picture)
            dng = self._dng(device, request, slot_ns) if self._config.raw else None
        return frame_of(request.metadata, planes, began_ns, now, dng)

    def _dng(self, device: PiDevice, request: Request, slot_ns: int) -> bytes:
        with device.raw(request) as raw:
            return dng_of(raw, request.metadata, self._make, self._model, slot_ns)

    @property
    def _is_held(self) -> bool:
        """Whether nothing is lost by beginning anew: the exposure is not the camera's own to find."""
        return self._asked is not None or self._settings.get("AeEnable") is False

    def _begin_anew(self) -> None:
        """Have an exposure that begins now, and is as long as it should be."""
        assert self._device is not None, "it was woken"
        controls = self._controls()
        self._device.restart(controls)
        self._period_ns = max(Settling(controls, self._asked).period_ns, _USUAL_PERIOD_NS)
        self._in_force_ns = 0

    def _controls(self) -> dict[str, Any]:
        """All that is set when the camera starts."""
        return self._settings | (controls_of(self._asked) if self._asked is not None else {})

    def _is_wrong(self, metadata: Mapping[str, Any]) -> bool:
        return self._asked is not None and not is_in_force(self._asked, metadata)

    def _learn(self, metadata: Mapping[str, Any], now: Moment) -> None:
        """What each frame tells for the next ones: the pace, and which clock its stamps are of."""
        period_us = metadata.get("FrameDuration") or metadata.get("ExposureTime") or 0
        asked_us = self._asked.exposure_us if self._asked is not None else 0.0
        self._period_ns = max(round(max(period_us, asked_us) * NS_PER_US), 1_000_000)
        self._stamps_boottime = stamps_boottime(metadata, now)

    def _stamp(self, mono_ns: int) -> int:
        """A moment on the clock that the camera stamps with."""
        return mono_ns + (self._suspended_ns() if self._stamps_boottime else 0)

    def _wake(self) -> Connected:
        began_ns = self._clock.mono_ns()
        connected = self._connect(self._config, self._tuning, self._layout, self._where)
        device = self._device = connected.device
        self._layout = connected.layout
        self._settings = settings_of(self._config, device.advertised, device.picture[0], self._where)
        device.start(self._controls())
        self._in_force_ns = self._now().mono_ns + IN_FORCE_FRAMES * self._period_ns
        self._settle(device)
        took_s = (self._clock.mono_ns() - began_ns) / NS_PER_S
        # One slow start counts for some time. The first one may have loaded the library too.
        self._waking_s = max(took_s, 0.8 * self._waking_s + 0.2 * took_s)
        return connected

    def _settle(self, device: PiDevice) -> None:
        """Let exposure and white balance find their level; those that are set have come into force."""
        settling = Settling(self._controls(), self._asked)
        if settling.period_ns > LONGEST_SETTLED_NS:
            self._period_ns = settling.period_ns
            return
        until_ns = self._clock.mono_ns() + round(_SETTLE_S * NS_PER_S)
        first_s = _START_S + _START_FRAMES * settling.period_ns / NS_PER_S
        metadata: Mapping[str, Any] = {}
        settled = False
        while not settled:
            with device.request(first_s) as request:
                metadata = request.metadata
                self._learn(metadata, self._now())
                settled = settling.is_settled(metadata) or self._clock.mono_ns() >= until_ns
        check_hdr(self._config, metadata, self._where)

    def _now(self) -> Moment:
        return Moment(*both(self._clock), self._suspended_ns())


def _mono_of(slot_ns: int, now: Moment) -> int:
    """A slot on the monotonic clock: it has come, and not long ago, whatever the wall clock has done since."""
    return now.mono_ns - min(max(0, now.wall_ns - slot_ns), _LATEST_NS)
