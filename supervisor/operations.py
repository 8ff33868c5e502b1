"""Long work that somebody waits for: a restart is finished when the new worker is ready, not when it was asked for.

Owns: the open operations and when each of them has ended. Does not own: the workers, nor sending the event.
Invariant: pure; every operation ends exactly once, since every state that its worker can rest in ends it.
"""

from __future__ import annotations

import os

from msgspec import Struct

from shared.events import OperationFinished
from supervisor.states import Desired, Record, State

ANSWERED = frozenset({"snapshot", "prune", "cancel"})
"""What the worker itself says the end of."""


class Operation(Struct, frozen=True):
    """What was asked of a worker whose incarnation was then `incarnation`."""

    operation: str
    verb: str
    worker: str
    incarnation: int


class Operations:
    """The operations that have not ended yet."""

    def __init__(self) -> None:
        self._open: list[Operation] = []

    def begin(self, verb: str, worker: str, incarnation: int) -> str:
        """A new operation; its id."""
        operation = os.urandom(6).hex()
        self._open.append(Operation(operation, verb, worker, incarnation))
        return operation

    def answered(self, operation: str) -> Operation | None:
        """The worker has answered this one, which ends by that; None where it is not open (any more)."""
        found = next((each for each in self._open if each.operation == operation and each.verb in ANSWERED), None)
        if found is not None:
            self._open.remove(found)
        return found

    def ended(self, worker: str, record: Record, incarnation: int, detail: str) -> list[OperationFinished]:
        """Those of a worker that have ended now that its record is this one."""
        finished = []
        for operation in [operation for operation in self._open if operation.worker == worker]:
            ok = _outcome(operation, record, incarnation)
            if ok is not None:
                self._open.remove(operation)
                said = f"{record.state}" if ok else f"{record.state}: {detail}"
                finished.append(OperationFinished(operation=operation.operation, ok=ok, worker=worker, detail=said))
        return finished


def _outcome(operation: Operation, record: Record, incarnation: int) -> bool | None:
    """Whether it went well; None while it still goes on."""
    if operation.verb in ANSWERED:
        # Only its worker's answer ends it well, and none comes from one that is on its way out, or another one.
        return None if record.state is State.RUNNING and incarnation == operation.incarnation else False
    wants_down = operation.verb == "stop"
    if record.state is State.STOPPED:
        return wants_down or operation.verb == "kill"
    if record.state is State.RUNNING and not wants_down:
        return True if incarnation > operation.incarnation or operation.verb == "start" else None
    if record.state in {State.FAILED, State.QUARANTINED}:
        return False
    if record.state is State.BACKOFF and not record.forgiven:
        # It failed on its way up, or there was nothing to kill: either way nobody need wait for the delay.
        return False
    return False if wants_down and record.desired is Desired.UP else None
