"""Noticing that the disk is back: something is mounted anew where the frames go, or may be written to again.

Owns: whose disk is looked for, and when to look. Does not own: looking (`supervisor.mounts`), what counts as new
(`supervisor.edges`), nor what follows.
Invariant: the list is read once as a process begins, and each second only while some worker waits after an end that a
disk may have caused.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.clock import NS_PER_S
from shared.mounts import Mount
from supervisor.edges import Edges
from supervisor.mounts import writable_over
from supervisor.states import State
from supervisor.supervised import Supervised

LOOK_EVERY_NS = NS_PER_S
"""To check and mount a disk takes systemd some seconds. One that goes and is back within that time, and that nobody has
looked for meanwhile, is no edge: the kernel gives its number again."""


class Disks:
    """The file systems at and above the output directory. Never blocks."""

    def __init__(self) -> None:
        self._edges = Edges[Mount]()
        self._failed: set[tuple[str, int]] = set()
        """Whose process waits, and which it was: one that was started and has failed again since is looked for anew."""
        self._back: set[str] = set()
        self._look_ns = 0

    def back(self, workers: Mapping[str, Supervised], output_dir: str, now_ns: int) -> set[str]:
        """The workers in back-off whose disk is there again, until they are started."""
        self._edges.keep(workers)
        before = self._failed
        self._failed = {(name, worker.incarnation) for name, worker in workers.items() if _waits(worker)}
        begun = [worker for worker in workers.values() if not self._edges.knows(worker)]
        is_due = bool(self._failed - before) or (bool(self._failed) and now_ns >= self._look_ns)
        if begun or is_due:
            self._look(workers, begun, output_dir, is_due=is_due)
        if is_due:
            self._look_ns = now_ns + LOOK_EVERY_NS
        return self._back.intersection(name for name, _ in self._failed)

    def _look(
        self, workers: Mapping[str, Supervised], begun: list[Supervised], output_dir: str, *, is_due: bool
    ) -> None:
        # Once for all of them, and where it can't be told what is there, nothing is new.
        there = writable_over(output_dir)
        for worker in begun:
            if there is not None:
                self._edges.note(worker, there)
        if is_due:
            # Of all of them: who has not noticed yet that it has gone may do so when it is back.
            self._back = set() if there is None else {name for name in workers if self._edges.is_new(name, there)}

    def next_due_ns(self) -> int | None:
        """When to look next."""
        return self._look_ns if self._failed else None


def _waits(worker: Supervised) -> bool:
    # A ledger on a disk that is pulled ends who has it in memory by a signal; others hang in what they ask of it.
    return worker.record.state is State.BACKOFF and worker.last_cause in {"disk", "hang", "crash"}
