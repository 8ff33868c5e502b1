"""The thread that has the camera: it drains a streaming one all the time, and shoots with the other kind when asked.

Owns: the camera, from `open` on, its rest between two shots, and the frames' times against the slot.
Does not own: slots, disks, the socket, which exposure is wanted.
Invariant: nothing here waits for the disk. A frame that was drained before its slot is never given for it, and no
frame is given twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from capture_worker.cameras.base import (
    AdjustableCamera,
    Exposure,
    ExposureLimits,
    Frame,
    Opened,
    RestingCamera,
    ShootingCamera,
    StreamingCamera,
)
from capture_worker.inbox import Inbox
from capture_worker.precedence import take_precedence
from capture_worker.request import Request, RequestPlace
from capture_worker.resting import Attendant
from capture_worker.results import Broken, NotTaken, Opening, Result, Taken
from shared.clock import NS_PER_MS, NS_PER_S, NS_PER_US, Clock
from shared.errors import CameraError, TimelapseError
from shared.lease import RENEW_EVERY_S, LeaseHolder

log = logging.getLogger(__name__)

OPEN_S = 20.0
"""A camera's own time-outs add up to 18 s at the worst, so that an ordinary failure is told as what it is."""
_IDLE_S = 30.0
_ATTENDED_SLACK_S = 5.0
_READ_SLACK_S = 1.0 + RENEW_EVERY_S
_LEAST_PATIENCE_NS = 250 * NS_PER_MS
_AHEAD_NS = 20 * NS_PER_MS
_AHEAD_PERIODS = 1
"""The frames of this time before a slot are looked at too: they show whether the one after it is new, and in time."""
_LATE_NS = 60 * NS_PER_S
"""A stream that is too late for every slot for so long does not catch up by itself any more."""


class ExposureWishes(Protocol):
    """Who knows how the next frames should be exposed. Neither blocks."""

    def opened(self, limits: ExposureLimits | None) -> None:
        """The camera is open, and may be set within these limits; None: it can't be set."""

    def wanted(self) -> Exposure | None:
        """What to set now; None: nothing new since the last call."""


class NoWishes:
    """The camera's own control does it."""

    def opened(self, limits: ExposureLimits | None) -> None:
        """See `ExposureWishes.opened`."""

    def wanted(self) -> Exposure | None:
        """See `ExposureWishes.wanted`."""


class CameraThread:
    """Runs a camera in a thread of its own. `places` says which slot is wanted; results go to `inbox`.

    `next_slot_mono_ns` is when the next one is expected to be, at the earliest.
    """

    def __init__(
        self,
        camera: StreamingCamera | ShootingCamera,
        place: RequestPlace,
        inbox: Inbox[Result],
        clock: Clock,
        new_lease: Callable[[str], LeaseHolder],
        *,
        realtime: bool = False,
        wishes: ExposureWishes | None = None,
    ) -> None:
        self.period_ns = 0
        self.next_slot_mono_ns = 0
        self._camera = camera
        self._place = place
        self._inbox = inbox
        self._clock = clock
        self._new_lease = new_lease
        self._realtime = realtime
        self._wishes = wishes or NoWishes()
        self._adjustable: AdjustableCamera | None = None
        self._drained_ns: int | None = None
        self._punctual_ns = 0

    @property
    def patience_ns(self) -> int:
        """How long after its slot a streaming camera's frame may arrive: two frame periods, or a little more."""
        return max(2 * self.period_ns, _LEAST_PATIENCE_NS)

    def start(self) -> None:
        """Open the camera and go on for ever. Call it once."""
        threading.Thread(target=self._run, name="camera", daemon=True).start()

    def _run(self) -> None:
        lease = self._new_lease("camera")
        if self._realtime:
            take_precedence()
        try:
            if self._open(lease).streams:
                assert isinstance(self._camera, StreamingCamera), "it says so"
                self._drain_for_ever(self._camera, lease)
            else:
                assert isinstance(self._camera, ShootingCamera), "it says so"
                self._shoot_for_ever(self._camera, lease)
        except TimelapseError as error:
            self._give_up(error, lease)
        except Exception as error:
            # A bug of a backend or of its library ends this camera's process like any failure of the camera.
            log.exception("the camera thread ends on an error of its own")
            self._give_up(CameraError(f"{type(error).__name__}: {error}"), lease)

    def _give_up(self, error: TimelapseError, lease: LeaseHolder) -> None:
        lease.release()
        self._inbox.put(Broken(error, "camera"))

    def _open(self, lease: LeaseHolder) -> Opened:
        lease.declare("open", OPEN_S)
        opened = self._camera.open()
        self.period_ns = opened.period_ns
        self._punctual_ns = self._clock.mono_ns()
        self._wishes.opened(opened.limits)
        if opened.limits is not None:
            assert isinstance(self._camera, AdjustableCamera), "it says so"
            self._adjustable = self._camera
            self._adjust()
        self._inbox.put(Opening(opened))
        return opened

    def _adjust(self) -> None:
        """Pass on what is wanted of the exposure, if that is something new."""
        if self._adjustable is not None and (exposure := self._wishes.wanted()) is not None:
            self._adjustable.set_exposure(exposure)

    def _shoot_for_ever(self, camera: ShootingCamera, lease: LeaseHolder) -> None:
        attendant = None
        if isinstance(camera, RestingCamera):
            attendant = Attendant(camera, lease, self._adjust, OPEN_S)
        while True:
            if attendant is None:
                longest_s = _IDLE_S
                lease.sleep(longest_s)
            else:
                longest_s = attendant.look(self.next_slot_mono_ns - self._clock.mono_ns())
                lease.renew("sleep", longest_s + _ATTENDED_SLACK_S)
            request = self._place.wait(longest_s)
            if request is not None and self._place.claim(request):
                if attendant is not None:
                    attendant.have_ready()
                self._shoot(camera, request, lease)

    def _shoot(self, camera: ShootingCamera, request: Request, lease: LeaseHolder) -> None:
        self._adjust()
        lease.declare("grab", camera.exposure_s * 1.5 + 2.0)
        frame = camera.shoot(request.slot_ns)
        if frame.own_mono_ns < request.slot_mono_ns:
            self._inbox.put(NotTaken(request.slot_ns, "stale", "the camera gave a picture from before the slot"))
        else:
            self._hand_over(request, frame)

    def _drain_for_ever(self, camera: StreamingCamera, lease: LeaseHolder) -> None:
        while True:
            lease.renew("wait", camera.read_timeout_s + _READ_SLACK_S)
            self._adjust()
            _, own_mono_ns, is_kept = camera.drain(self._wanted_from_ns)
            # A picture that repeats itself keeps its old time, and tells nothing between others that were dropped.
            if self._drained_ns is None or own_mono_ns > self._drained_ns:
                self._note_period(own_mono_ns)
                self._note_age(own_mono_ns)
            request = self._place.open_request()
            if request is None or not is_kept or own_mono_ns < request.slot_mono_ns:
                continue
            if self._place.claim(request):
                self._hand_over(request, camera.take())

    def _wanted_from_ns(self) -> int:
        """From when on a frame may be the one for a slot, or tell something about that one."""
        request = self._place.open_request()
        slot_mono_ns = self.next_slot_mono_ns if request is None else request.slot_mono_ns
        return slot_mono_ns - _AHEAD_PERIODS * self.period_ns - _AHEAD_NS

    def _note_period(self, own_mono_ns: int) -> None:
        """A moving average, so that "two frame periods" is true of a camera that slows down in the dark."""
        if self._drained_ns is not None:
            took_ns = own_mono_ns - self._drained_ns
            self.period_ns = took_ns if self.period_ns == 0 else (7 * self.period_ns + took_ns) // 8
        self._drained_ns = own_mono_ns

    def _note_age(self, own_mono_ns: int) -> None:
        """Give up a stream that lags behind for good. One that repeats itself does not lag: that ends by itself."""
        now_ns = self._clock.mono_ns()
        if now_ns - own_mono_ns <= self.patience_ns:
            self._punctual_ns = now_ns
        elif now_ns - self._punctual_ns > _LATE_NS:
            raise CameraError(
                f"for {_LATE_NS // NS_PER_S} s every picture of the camera came late, now by "
                f"{(now_ns - own_mono_ns) / NS_PER_S:.1f} s; if opening it anew does not help, the network or this "
                "machine is too slow for it: lower its resolution or frame rate"
            )

    def _hand_over(self, request: Request, frame: Frame) -> None:
        if frame.jpeg is None and frame.image is None and frame.planes is None:
            self._inbox.put(NotTaken(request.slot_ns, "damaged", "the camera gave an empty frame"))
            return
        taken_ns = self._clock.mono_ns()
        lateness_us = (frame.own_mono_ns - request.slot_mono_ns) // NS_PER_US
        age_us = max(0, taken_ns - frame.own_mono_ns) // NS_PER_US
        self._inbox.put(Taken(request.slot_ns, frame, lateness_us, age_us))
