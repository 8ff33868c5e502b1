"""The pictures of one MJPEG stream over HTTP, each with its own time; those that nobody wants are dropped unread.

Owns: finding the next picture, and how old it may be. Does not own: the request and its failures in words
(`http_get`), the bytes (`flow`), the form of the stream (`multipart`), the rule for ages (`arrival`).
Invariant: own times never fall from picture to picture, and none is later than its last byte's arrival.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from capture_worker.cameras.arrival import LIKELY_PERIOD_NS, Arrivals, Pace, is_settled
from capture_worker.cameras.base import always
from capture_worker.cameras.flow import Flow
from capture_worker.cameras.multipart import Multipart
from shared.clock import NS_PER_MS, Clock

_GATHER_NS = 200 * NS_PER_MS
"""A slot that was not expected must be answered within the least patience, 250 ms."""
_OPEN_END_BYTES = 16 << 10
"""Of a picture without a length: few enough that not many small pictures get one stamp, and no call for each packet."""


class Picture(NamedTuple):
    """One picture: the camera's bytes, None where they were dropped, and its own time."""

    jpeg: bytes | None
    own_mono_ns: int


class MjpegStream:
    """One stream, from behind its answer's head on.

    Its methods block as the flow does, and raise what the flow and `Multipart` raise; EOFError when the stream ends.
    """

    def __init__(self, flow: Flow, boundary: bytes, clock: Clock) -> None:
        self._flow = flow
        self._clock = clock
        self._parts = Multipart(boundary)
        self._waiting: deque[bytes] = deque()
        self._arrivals = Arrivals(LIKELY_PERIOD_NS)
        self._last_ns = 0
        self._was_dropped = False

    @property
    def period_ns(self) -> int:
        """The time between two pictures as far as it is known."""
        return self._arrivals.period_ns

    def settle(self, note: Callable[[Picture], None], begin_reading: Callable[[], None]) -> None:
        """Get to know the frame rate; `note` gets what was made meanwhile, which is old by now.

        `begin_reading` is called before each picture.
        """
        began_ns = self._clock.mono_ns()
        pace = Pace()
        while not is_settled(pace, self._clock.mono_ns() - began_ns):
            begin_reading()
            jpeg = self._next_jpeg(always)
            # When it was read, not when it came: what lay waiting tells nothing of the pace.
            pace.add(self._clock.mono_ns(), None)
            note(Picture(jpeg, self._flow.arrived_mono_ns))
        self._arrivals = Arrivals(pace.period_ns)

    def next(self, wanted_from_ns: Callable[[], int]) -> Picture:
        """Wait for the next picture. See `StreamingCamera.drain` for `wanted_from_ns`."""
        jpeg = self._next_jpeg(wanted_from_ns)
        arrived_ns = self._flow.arrived_mono_ns
        lag_ns = self._arrivals.lag_ns(arrived_ns, None)
        # A lag that turns out smaller must not make time run backwards.
        self._last_ns = max(arrived_ns - lag_ns, min(self._last_ns + 1, arrived_ns))
        return Picture(jpeg, self._last_ns)

    def _next_jpeg(self, wanted_from_ns: Callable[[], int]) -> bytes | None:
        gather_until_ns = 0
        if self._was_dropped:
            # Only where the parts say their lengths: otherwise what gathers can't be told apart by its stamps.
            gather_until_ns = min(wanted_from_ns(), self._clock.mono_ns() + _GATHER_NS)
        while not self._waiting:
            missing = self._parts.missing_bytes
            if missing and (self._parts.has_gap or wanted_from_ns() > self._flow.arrived_mono_ns):
                if self._parts.dropped(_some(self._flow.drop(missing))):
                    self._was_dropped = True
                    return None
            else:
                if self._parts.has_open_end:
                    piece = self._flow.read(0, most=_OPEN_END_BYTES)
                else:
                    piece = self._flow.read(missing, gather_until_ns)
                self._waiting += self._parts.feed(piece[: _some(len(piece))])
        self._was_dropped = False
        return self._waiting.popleft()


def _some(count: int) -> int:
    if count == 0:
        raise EOFError
    return count
