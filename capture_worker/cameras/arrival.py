"""How old a frame of a stream may be when it arrives.

Owns: the lag that a frame's arrival can't tell: frames that waited in the camera, the network or the machine's
buffers after a stall, or because nobody read them.
Does not own: reading the stream, clocks, or what is too old.
Invariant: pure. The lag is the longest that what was seen allows, not the likeliest: after a stall no frame is taken
for fresher than it is by more than about a period. What the spacing can't tell is a delay that was there from the first
frame on, that grows by less than a fifth of a period a frame, or that comes and stays with no frame ever catching up.

How, from the spacing of arrivals alone: while a frame is waited for about one period after the last, nothing was
waiting, so it is fresh. After a gap the frames of that gap may have been held back: the lag grows by the gap less one
period, and each frame that comes early takes it down by as much as it was early. Frames at their usual pace again
mean that there was nothing held back.

Where the camera stamps its frames (RTSP), the stamps tell more: a frame that took longer from stamp to arrival than
the fastest lately did is late by the difference. This also shows a machine that is too slow to decode the stream.
"""

from __future__ import annotations

import statistics
from collections import deque

NS_PER_MS, NS_PER_S = 1_000_000, 1_000_000_000

EARLY, LATE = 0.8, 1.2
"""A spacing between these parts of the period is the usual pace."""
STEADY_FRAMES, ALIKE = 5, 1.3
"""So many frames in a row that all came late, their spacings alike within this factor, mean a slower camera and not a
held-back stream: that comes faster."""
CALM_FRAMES = 16
"""So many without any lag give the period anew: a camera may speed up at dawn."""
BEHIND_FRAMES = 32
"""So many in a row with a lag that no burst takes down mean that the period is wrong: a slower and unsteady camera."""
WAITED_NS = 2 * NS_PER_MS
"""Frames that are there already follow each other faster than this, where they need no decoding."""
PACE_FRAMES = 5
"""So many frames that were waited for give the period."""
LIKELY_PERIOD_NS = 40 * NS_PER_MS
SETTLE_S = 3.0
"""Getting to know the frame rate takes at most this and one read time-out."""
DRIFT = 200e-6
"""The camera's clock may run slower than ours by this much; a crystal's error is a quarter of it."""


class Pace:
    """Getting to know a stream by its first frames, some of which lay waiting while it was opened."""

    def __init__(self) -> None:
        self._last: tuple[int, float | None] | None = None
        self._spacings: list[int] = []
        self._steps: list[int] = []

    def add(self, arrival_ns: int, stamp_ms: float | None) -> None:
        """The next frame; see `Arrivals.lag_ns`."""
        if self._last is not None:
            self._spacings.append(arrival_ns - self._last[0])
            if stamp_ms is not None and self._last[1] is not None and stamp_ms > self._last[1]:
                self._steps.append(round((stamp_ms - self._last[1]) * NS_PER_MS))
        self._last = (arrival_ns, stamp_ms)

    def is_known(self, enough: int = PACE_FRAMES) -> bool:
        """Whether the period is known and the frames that lay waiting have been read."""
        if len(self._steps) >= enough:
            # With stamps the period is known early; decoding what lay waiting may take a while yet.
            return self._spacings[-1] >= EARLY * self.period_ns
        return len(self._waited()) >= enough

    @property
    def period_ns(self) -> int:
        """The time between two frames as far as it is known."""
        known = self._steps or self._waited() or [LIKELY_PERIOD_NS]
        return max(1, round(statistics.median(known)))

    def _waited(self) -> list[int]:
        return [each for each in self._spacings if each >= WAITED_NS]


def is_settled(pace: Pace, elapsed_ns: int) -> bool:
    """Whether a stream that was opened so long ago is known well enough. A slow camera needs fewer frames."""
    return (
        pace.is_known()
        or (elapsed_ns > SETTLE_S * NS_PER_S / 2 and pace.is_known(2))
        or elapsed_ns > SETTLE_S * NS_PER_S
    )


class Arrivals:
    """The lag of each frame of one stream, in the order of their arrival."""

    def __init__(self, period_ns: int) -> None:
        """`period_ns` is the time between two frames as the stream is known so far, above 0."""
        self.period_ns = period_ns
        self._last_ns: int | None = None
        self._lag_ns = 0
        self._streak = 0
        self._spacings: deque[int] = deque(maxlen=BEHIND_FRAMES)
        self._stamps = _Stamps()

    def lag_ns(self, arrival_ns: int, stamp_ms: float | None) -> int:
        """The longest that the frame may have been under way at `arrival_ns` (monotonic).

        `stamp_ms` is the camera's own stamp, on a scale of its own, or None where there is none.
        """
        stamped_ns = 0 if stamp_ms is None else self._stamps.lag_ns(arrival_ns, stamp_ms)
        if self._last_ns is not None:
            self._follow(arrival_ns - self._last_ns)
        self._last_ns = arrival_ns
        return max(self._lag_ns, stamped_ns)

    def _follow(self, spacing_ns: int) -> None:
        self._spacings.append(spacing_ns)
        before_ns = self._lag_ns
        if EARLY * self.period_ns <= spacing_ns <= LATE * self.period_ns:
            self._lag_ns = 0
        else:
            self._lag_ns = max(0, before_ns + spacing_ns - self.period_ns)
        # How long it has been with a lag, or without one.
        self._streak = self._streak + 1 if (self._lag_ns > 0) == (before_ns > 0) else 1
        self._learn()

    def _learn(self) -> None:
        """Follow a camera that changes its frame rate. A burst tells nothing about it."""
        steady = list(self._spacings)[-STEADY_FRAMES:]
        late = len(steady) == STEADY_FRAMES and min(steady) > LATE * self.period_ns
        if late and max(steady) <= ALIKE * min(steady):
            self.period_ns = sum(steady) // STEADY_FRAMES
            self._lag_ns = self._streak = 0
        elif self._lag_ns == 0 and self._streak >= CALM_FRAMES:
            self.period_ns = max(1, sum(list(self._spacings)[-CALM_FRAMES:]) // CALM_FRAMES)
        elif self._lag_ns > 0 and self._streak >= BEHIND_FRAMES:
            usual = sorted(self._spacings)
            if usual[-1] > 2 * usual[-2]:
                usual.pop()  # the gap that it began with
            no_burst = statistics.median_high(usual) > self.period_ns or self._streak >= 8 * BEHIND_FRAMES
            if no_burst and sum(usual) > len(usual) * self.period_ns:
                self.period_ns = sum(usual) // len(usual)
                self._lag_ns = self._streak = 0


class _Stamps:
    """The lag that the camera's own stamps show."""

    def __init__(self) -> None:
        self._last: tuple[int, float] | None = None
        self._least_ns = 0.0

    def lag_ns(self, arrival_ns: int, stamp_ms: float) -> int:
        delay_ns = arrival_ns - stamp_ms * NS_PER_MS
        # Stamps that run backwards have been set anew, and ones that stand still are none (OpenCV 4.7 gives 0 for raw
        # packets); ones that jump forward make a new least delay by themselves.
        if self._last is None or stamp_ms <= self._last[1]:
            self._least_ns = delay_ns
        else:
            self._least_ns = min(self._least_ns + DRIFT * (arrival_ns - self._last[0]), delay_ns)
        self._last = (arrival_ns, stamp_ms)
        return round(delay_ns - self._least_ns)
