"""The course of a render: where it is, and whether it is to stand still or to end.

Owns: the steps as they are told, the pause, the cancelling. Does not own: who asks for them (`render_worker.heeding`),
nor the work.
Invariant: between two calls of `at` the work is short, or is ffmpeg's, which stands still and ends with the course. A
render that was cancelled never finishes.
"""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Protocol

from render_worker.telling import Progress, Stage, Teller
from shared.errors import TimelapseError

_TELL_EACH_S = 0.1


class CancelledError(TimelapseError):
    """Somebody asked it to end."""

    status = 130


class Steered(Protocol):
    """What works beside the main thread: ffmpeg."""

    def pause(self) -> None:
        """Stand still."""

    def resume(self) -> None:
        """Go on."""

    def kill(self) -> None:
        """End at once. The main thread hears of it as an error of what it was doing."""


class Course:
    """`at` is for the threads that work; the other methods are for the one that hears the orders."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._lock = threading.Condition()
        self._progress = Progress("choosing", 0, 0)
        self._told_s = 0.0
        self._reason = ""
        self._paused_since_s = 0.0
        self._paused_s = 0.0
        self._cancelled = False
        self._steered: Steered | None = None
        self.unfinished: Path | None = None
        """What has to go where the work can't be waited for: an unfinished file."""

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked it to end."""
        return self._cancelled

    @property
    def paused_s(self) -> float:
        """For how long it stood still, in all."""
        with self._lock:
            return self._paused_s + (time.monotonic() - self._paused_since_s if self._reason else 0.0)

    def at(self, stage: Stage, done: int = 0, total: int = 0) -> None:
        """Say how far it is. Blocks while it is paused. Raises `CancelledError`."""
        with self._lock:
            changed = stage != self._progress.stage or done == total
            self._progress = Progress(stage, done, total, self._reason)
            if changed or time.monotonic() - self._told_s >= _TELL_EACH_S:
                self._tell()
            self._wait()

    def check(self) -> None:
        """Blocks while it is paused. Raises `CancelledError`."""
        with self._lock:
            self._wait()

    def steer(self, steered: Steered | None) -> None:
        """Have this stand still and end too, from now on; None: nothing any more. Raises `CancelledError`."""
        with self._lock:
            self._steered = steered
            if self._cancelled and steered is not None:
                steered.kill()
            self._wait()

    def pause(self, reason: str) -> None:
        """Stand still; with an empty reason, go on."""
        with self._lock:
            if bool(reason) != bool(self._reason):
                now_s = time.monotonic()
                if reason:
                    self._paused_since_s = now_s
                else:
                    self._paused_s += now_s - self._paused_since_s
                if self._steered is not None:
                    (self._steered.pause if reason else self._steered.resume)()
            self._reason = reason
            self._progress = Progress(self._progress.stage, self._progress.done, self._progress.total, reason)
            self._tell()
            self._lock.notify_all()

    def cancel(self) -> None:
        """End. May be called again."""
        with self._lock:
            self._cancelled = True
            if self._steered is not None:
                self._steered.kill()
            self._lock.notify_all()

    def abandon(self) -> None:
        """Remove what is unfinished: the thread that works does not come to it."""
        if (path := self.unfinished) is not None:
            with contextlib.suppress(OSError):
                path.unlink()

    def _wait(self) -> None:
        while self._reason and not self._cancelled:
            self._lock.wait()
        if self._cancelled:
            raise CancelledError("the render was cancelled; nothing of it is left")

    def _tell(self) -> None:
        self._told_s = time.monotonic()
        self._teller.progress(self._progress)
