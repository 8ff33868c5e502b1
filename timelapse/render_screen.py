"""How far a render is, on standard error: a bar where that is a terminal, else a line now and then.

Owns: when it is shown, and how long is left. Does not own: the words (`timelapse.show.render`).
Invariant: nothing but whole lines goes into a file or a pipe; a bar is cleared before anything else is said.
Nobody reading it is no reason to give a render up, or to hold it up (`timelapse.streams`).
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from timelapse import streams, terminal
from timelapse.show import render as show

if TYPE_CHECKING:
    from render_worker.telling import Progress

_CLEAR_LINE = "\r\x1b[K"


class Screen:
    """The progress on the screen, as long as a render lasts."""

    _LINES_APART_S = 10.0
    _BARS_APART_S = 0.2

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._is_terminal = sys.stderr.isatty()
        self._apart_s = self._BARS_APART_S if self._is_terminal else self._LINES_APART_S
        self._shown_s = now_s() - (self._apart_s if self._is_terminal else 0.0)
        self._pace = Pace()
        self._paused = ""

    def show(self, told: Progress) -> None:
        """Show it, if it is time to."""
        now_s = self._now_s()
        left_s = self._pace.left_s(told, now_s)
        if now_s - self._shown_s < self._apart_s and told.paused == self._paused:
            return
        self._shown_s, self._paused = now_s, told.paused
        if self._is_terminal:
            streams.show(_CLEAR_LINE + show.bar(told, left_s, terminal.columns()))
        else:
            streams.show(f"timelapse: {show.line(told, left_s)}\n")

    def clear(self) -> None:
        """Make way for what is said in the end."""
        if self._is_terminal:
            streams.show(_CLEAR_LINE)


class Pace:
    """How long a stage still takes, by how fast it went of late; while it stands still, nobody knows."""

    _KNOWN_AFTER_S = 2.0
    _OF_LATE_S = 60.0

    def __init__(self) -> None:
        self._stage = ""
        self._seen_s = 0.0
        self._worked_s = 0.0
        self._was_paused = False
        self._past: deque[tuple[float, int]] = deque()

    def left_s(self, told: Progress, now_s: float) -> float | None:
        """Seconds until the stage is done, None where that is not known yet. Call it with each progress, in order."""
        if told.stage != self._stage:
            self._stage = told.stage
            self._past.clear()
        elif not self._was_paused:
            self._worked_s += now_s - self._seen_s
        self._seen_s, self._was_paused = now_s, bool(told.paused)
        self._past.append((self._worked_s, told.done))
        while len(self._past) > 2 and self._worked_s - self._past[1][0] > self._OF_LATE_S:
            self._past.popleft()
        then_s, then = self._past[0]
        done, taken_s = told.done - then, self._worked_s - then_s
        if told.paused or not done or taken_s < self._KNOWN_AFTER_S:
            return None
        return taken_s / done * max(0, told.total - told.done)
