"""Noticing that the disk is back: something is mounted anew where the frames go, or may be written to again.

Owns: whose disk is looked for, and when to look. Does not own: looking (`supervisor.mounts`), what counts as new
(`supervisor.edges`), nor what follows.
Invariant: nothing is looked for unless some worker waits after an end that a disk may have caused.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from shared.clock import NS_PER_S
from shared.mounts import Mount
from supervisor.edges import Edges
from supervisor.mounts import writable_over
from supervisor.states import State
from supervisor.supervised import Supervised

LOOK_EVERY_NS = NS_PER_S
"""To check and mount a disk takes systemd some seconds; to read the list takes a tenth of a millisecond."""


class Disks:
    """The file systems at and above the output directory. Never blocks."""

    def __init__(self) -> None:
        self._edges = Edges[Mount]()
        self._waiting: set[str] = set()
        self._back: set[str] = set()
        self._look_ns = 0

    def back(self, workers: Mapping[str, Supervised], output_dir: str, now_ns: int) -> set[str]:
        """The workers in back-off whose disk is there again, until they are started."""
        self._edges.keep(workers)
        for worker in workers.values():
            self._edges.note(worker, partial(writable_over, output_dir))
        before, self._waiting = self._waiting, {name for name, worker in workers.items() if _waits(worker)}
        if self._waiting - before or (self._waiting and now_ns >= self._look_ns):
            there = writable_over(output_dir)
            # Of all of them: who has not noticed yet that it has gone may do so when it is back.
            self._back = {name for name in workers if self._edges.is_new(name, there)}
            self._look_ns = now_ns + LOOK_EVERY_NS
        return self._back & self._waiting

    def next_due_ns(self) -> int | None:
        """When to look next."""
        return self._look_ns if self._waiting else None


def _waits(worker: Supervised) -> bool:
    # A ledger on a disk that is pulled ends who has it in memory by a signal; others hang in what they ask of it.
    return worker.record.state is State.BACKOFF and worker.last_cause in {"disk", "hang", "crash"}
