"""One render under way, as the worker sees it: how far it is, whether it stands still, and whether it hangs.

Owns: the process of one render until it has ended, and what can be told of it. Does not own: which one it is, why it
stands still (`pausing`), nor what follows from its end (`worker`).
Invariant: nothing here blocks but `end_now`. A process that says nothing for `SILENCE_NS`, though it does not stand
still, is asked to end; one that does not end within `ENDING_NS` of being asked to is killed.
"""

from __future__ import annotations

from typing import Protocol

from render_worker.results import Result
from render_worker.telling import Failed, Finished, Progress, Told
from shared.clock import NS_PER_S, Clock
from shared.errors import EX_TEMPFAIL, DiskError
from shared.events import RenderProgress

SILENCE_NS = 600 * NS_PER_S
"""It speaks ten times a second, but not while a video is flushed to a slow card, or a day of frames is looked for."""
ENDING_NS = 30 * NS_PER_S
_DYING_NS = 10 * NS_PER_S
TELL_NS = 5 * NS_PER_S
_KNOWN_AFTER_NS = 3 * NS_PER_S
"""What is left is not told before so much of a stage has been done."""


class Process(Protocol):
    """A render's process: `render_worker.child.Child`."""

    fd: int
    ended: bool
    outcome: Finished | Failed | None

    @property
    def pid(self) -> int:
        """The process's."""

    def lines(self) -> list[Told]:
        """What it has said since the last call. Never blocks."""

    def pause(self, reason: str) -> None:
        """Have it stand still."""

    def resume(self) -> None:
        """Have it go on."""

    def cancel(self) -> None:
        """Ask it to end and to leave nothing behind."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Its exit status when it has ended; None where it has not."""

    def close(self) -> None:
        """Let go of it. Blocks for its death."""


class UnderWay:
    """`result` is being made by `process`, for the `tries`th time, into `output` (relative to `output_dir`)."""

    def __init__(self, result: Result, output: str, tries: int, process: Process, clock: Clock) -> None:
        self.result = result
        self.output = output
        self.tries = tries
        self.process = process
        self.paused = ""
        self.cancelling: list[str] = []
        self._clock = clock
        self._began_ns = self._heard_ns = self._stage_ns = clock.mono_ns()
        self._progress = Progress("choosing", 0, 0)
        self._told: tuple[int, tuple[str, bool]] | None = None
        self._paused_since_ns = 0
        self._stage_paused_ns = 0
        self._end_by_ns: int | None = None
        self._given_up = ""
        self._is_killed = False

    @property
    def took_s(self) -> float:
        """How long it has taken until now, with its pauses."""
        return round((self._clock.mono_ns() - self._began_ns) / NS_PER_S, 1)

    def hear(self) -> Finished | Failed | None:
        """Take in what it says. How it ended, once it has; why it was given up goes before its own last words."""
        for told in self.process.lines():
            self._heard_ns = self._clock.mono_ns()
            if isinstance(told, Progress):
                if told.stage != self._progress.stage:
                    self._stage_ns, self._stage_paused_ns = self._heard_ns, 0
                self._progress = told
        if not self.process.ended:
            return None
        outcome = self.process.outcome or Failed("it ended without a word", EX_TEMPFAIL)
        return Failed(self._given_up, EX_TEMPFAIL) if self._given_up and isinstance(outcome, Failed) else outcome

    def stand_still(self, why: str) -> None:
        """For as long as there is a reason; with none it goes on."""
        if bool(why) == bool(self.paused):
            self.paused = why
            return
        now_ns = self._clock.mono_ns()
        if why:
            self._paused_since_ns = now_ns
            self.process.pause(why)
        else:
            self._stage_paused_ns += now_ns - max(self._paused_since_ns, self._stage_ns)
            # Its silence until now was nobody's fault.
            self._heard_ns = now_ns
            self.process.resume()
        self.paused = why

    def cancel(self, operation: str) -> None:
        """Have it end; `operation` is whose order that is."""
        self.cancelling.append(operation)
        self._end("it was cancelled")

    def watch(self) -> None:
        """Kill it where it hangs. Raises `DiskError` where that is of no use: a disk holds it in the kernel."""
        now_ns = self._clock.mono_ns()
        if self._end_by_ns is not None:
            if now_ns >= self._end_by_ns:
                if self._is_killed:
                    raise DiskError(
                        f"process {self.process.pid}, which renders, hangs in the kernel: is the disk dead?"
                    )
                self.process.kill()
                self._is_killed, self._end_by_ns = True, now_ns + _DYING_NS
        elif not self.paused and now_ns - self._heard_ns >= SILENCE_NS:
            self._end(f"it made no progress for {SILENCE_NS // NS_PER_S // 60} minutes ({self._progress.stage})")

    def due_ns(self) -> int:
        """When there is something to do that its process does not announce."""
        now_ns = self._clock.mono_ns()
        if self._end_by_ns is not None:
            return max(now_ns, self._end_by_ns)
        told_ns = self._told[0] + TELL_NS if self._told else now_ns
        return told_ns if self.paused else min(told_ns, self._heard_ns + SILENCE_NS)

    def news(self) -> RenderProgress | None:
        """What is to be told of it, where that is due: each 5 s, at a new stage, and where it stops and goes on."""
        now_ns, progress = self._clock.mono_ns(), self._progress
        state = progress.stage, bool(self.paused)
        if self._told and self._told[1] == state and now_ns - self._told[0] < TELL_NS:
            return None
        self._told = now_ns, state
        return RenderProgress(
            camera=self.result.camera,
            day=self.result.day,
            kind=self.result.kind,
            stage=progress.stage,
            done=progress.done,
            total=progress.total,
            left_s=self._left_s(now_ns),
            paused=self.paused,
        )

    def end_now(self, patience_s: float) -> bool:
        """Have it end within so long, else kill it; whether it ended, and put away its file, by itself. Blocks."""
        self.process.cancel()
        if self.process.wait(patience_s) is not None:
            return True
        self.process.kill()
        return False

    def _left_s(self, now_ns: int) -> float | None:
        progress = self._progress
        if progress.stage != "rendering" or not progress.done:
            return None
        still_ns = self._stage_paused_ns
        if self.paused:
            still_ns += now_ns - max(self._paused_since_ns, self._stage_ns)
        worked_ns = now_ns - self._stage_ns - still_ns
        if worked_ns < _KNOWN_AFTER_NS:
            return None
        return round(worked_ns / NS_PER_S * max(0, progress.total - progress.done) / progress.done, 1)

    def _end(self, why: str) -> None:
        if self._end_by_ns is None:
            self._given_up = why
            self._end_by_ns = self._clock.mono_ns() + ENDING_NS
            self.process.cancel()
