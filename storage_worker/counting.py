"""Counting the archive beside the other work, a little at a time and with rests in between.

Owns: when what is counted is looked at again, and how much of the time that takes. Does not own: the counts (`totals`).
Invariant: counting takes at most a quarter of the time, and a look at a tree that has not changed costs a `stat` a day.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shared.clock import NS_PER_MS, NS_PER_S, Clock
from storage_worker.camera_frames import Steps
from storage_worker.totals import Totals

_AGAIN_NS = 3600 * NS_PER_S
"""People copy frames in and take some out, and nothing tells us."""
_TURN_NS = 10 * NS_PER_MS
_REST_NS = 30 * NS_PER_MS
_SAVE_NS = 60 * NS_PER_S
"""Between two writes of the file, whatever happens: cards wear."""


class Counting:
    """The counts of one output directory. `cameras` lists those that count, `complain` is the log."""

    def __init__(
        self, output_dir: Path, clock: Clock, cameras: Callable[[], list[str]], complain: Callable[[str], None]
    ) -> None:
        self.totals = Totals(output_dir, lambda path, error: complain(f"{path}: can't be counted: {error.strerror}"))
        self._clock = clock
        self._cameras = cameras
        self._complain = complain
        self._loaded = False
        self._steps: Steps[None] | None = None
        self._count_from_ns = 0
        self._save_from_ns: int | None = None
        self._saved_ns: int | None = None

    @property
    def bytes(self) -> int | None:
        """What all frames occupy; None while they have not been counted once."""
        return self.totals.bytes if self.totals.complete else None

    @property
    def is_known(self) -> bool:
        """Whether there are figures at all, if only an earlier worker's that have not been compared with the tree."""
        return self.totals.complete or self.totals.grounds is not None

    @property
    def due_mono_ns(self) -> int:
        """When `work` has something to do next."""
        return self._count_from_ns if self._save_from_ns is None else min(self._count_from_ns, self._save_from_ns)

    def load(self) -> None:
        """Begin with what an earlier worker knew. Blocks for the disk; raises nothing. May be called twice."""
        if not self._loaded:
            self._loaded = True
            self.totals.load()

    def save_soon(self) -> None:
        """Something has changed that a restart should know of."""
        if self._save_from_ns is None:
            now_ns = self._clock.mono_ns()
            self._save_from_ns = now_ns if self._saved_ns is None else max(now_ns, self._saved_ns + _SAVE_NS)

    def close(self) -> None:
        """Keep what is known. Blocks for the disk; raises nothing."""
        if self.totals.complete:
            self._save()

    def work(self) -> None:
        """Count a little, if it is time. Blocks for the disk for some 10 ms, and raises nothing for its sake."""
        now_ns = self._clock.mono_ns()
        if self._save_from_ns is not None and now_ns >= self._save_from_ns:
            self._save()
        if now_ns >= self._count_from_ns:
            self._count()

    def again(self) -> None:
        """Look at once, as soon as there is time."""
        self._count_from_ns = 0

    def _count(self) -> None:
        self.load()
        if self._steps is None:
            self._steps = self.totals.refresh(self._cameras(), self._clock.wall_ns())
        until_ns = self._clock.mono_ns() + _TURN_NS
        while self._clock.mono_ns() < until_ns:
            try:
                next(self._steps)
            except StopIteration:
                self._end()
                return
        self._count_from_ns = self._clock.mono_ns() + _REST_NS

    def _end(self) -> None:
        self._steps = None
        self._count_from_ns = self._clock.mono_ns() + _AGAIN_NS
        self._save()

    def _save(self) -> None:
        self._save_from_ns, self._saved_ns = None, self._clock.mono_ns()
        try:
            self.totals.save()
        except OSError as error:
            self._complain(f"what was counted can't be kept, so that a restart counts again: {error.strerror}")
