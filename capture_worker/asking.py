"""When the camera thread is asked for a slot, and for how long an answer is waited for.

Owns: the main thread's end of the `RequestPlace`. Does not own: what becomes of a slot that got no answer.
Invariant: a stream is asked before its slot, so that the first frame after it is never one that was drained before the
asking; the camera thread itself compares the frame's time with the slot's.
"""

from __future__ import annotations

from capture_worker.camera_thread import CameraThread
from capture_worker.request import Request, RequestPlace
from shared.clock import NS_PER_MS, NS_PER_S, Clock

_LATEST_NS = NS_PER_S
"""A slot that the main thread comes to later than this is missed rather than shot: it would show another moment."""
_LEAD_NS = 50 * NS_PER_MS
"""Ample for a look at the disk and for ordinary scheduling."""
_NEVER_NS = 3600 * NS_PER_S
_SLEWED = 1000
"""Time servers move the clock by half a thousandth: adjtimex(2). Where one does more, the asking itself tells."""


class Asking:
    """One camera's. `streams` is True for a camera that sends frames by itself, once it is open. Never blocks."""

    def __init__(self, place: RequestPlace, camera: CameraThread, clock: Clock) -> None:
        self.streams = False
        self.patience_ns: int | None = None
        self._place = place
        self._camera = camera
        self._clock = clock

    def lead_ns(self, interval_ns: int) -> int:
        """How long before its slot to ask. Where the slot before is still open, at the slot itself."""
        if not self.streams or self._place.open_request() is not None:
            return 0
        return min(_LEAD_NS, interval_ns // 2)

    def expect(self, next_slot_ns: int | None) -> None:
        """The slot that will be asked for next, None where there is none: until then frames may go by unseen."""
        ahead_ns = _NEVER_NS if next_slot_ns is None else next_slot_ns - self._clock.wall_ns()
        # The wall clock may be slewed until then; one that is set gives a new plan.
        self._camera.next_slot_mono_ns = self._clock.mono_ns() + ahead_ns - ahead_ns // _SLEWED

    def latest_ns(self, interval_ns: int) -> int:
        """How long after a slot a picture may still begin."""
        return min(_LATEST_NS, interval_ns)

    def ask(self, slot_ns: int, slot_mono_ns: int, interval_ns: int) -> bool:
        """Ask for a slot; False where the one before has not been answered."""
        if not self._place.ask(Request(slot_ns, slot_mono_ns)):
            return False
        self.patience_ns = slot_mono_ns + (self._camera.patience_ns if self.streams else self.latest_ns(interval_ns))
        return True

    def answered(self) -> None:
        """The camera thread has answered a slot, and may have been asked for the next one since."""
        if self._place.open_request() is None:
            self.patience_ns = None

    def given_up(self) -> int | None:
        """The slot, once, that is over: a stream sent no frame in two periods, or a long exposure still goes on."""
        if self.patience_ns is None or self._clock.mono_ns() < self.patience_ns:
            return None
        self.patience_ns = None
        return self._claimed(self._place.open_request())

    def withdrawn(self) -> int | None:
        """The slot, once, that a stream was asked for and that has not come yet: the clock was set."""
        request = self._place.open_request()
        if request is None or request.slot_mono_ns <= self._clock.mono_ns():
            return None
        self.patience_ns = None
        return self._claimed(request)

    def _claimed(self, request: Request | None) -> int | None:
        return request.slot_ns if request is not None and self._place.claim(request) else None
