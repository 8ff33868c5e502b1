"""When a stand-by may be started: not while workers start or end, nor right before one does.

Owns: that judgement. Does not own: the stand-by (`supervisor.standby`), nor the workers' states.
Invariant: pure. On a small board loading takes seconds, which a worker that starts has better use for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.clock import NS_PER_S
from supervisor.roster import camera_of
from supervisor.states import Desired, Record, State

CALM_S = 2.0
"""So long nothing may have happened. A worker that is ready has its first frames to store."""
_SOON_NS = 5 * NS_PER_S
_RESTLESS = frozenset({State.STARTING, State.STOPPING, State.KILLING})


def is_calm(records: Iterable[Record], now_ns: int) -> bool:
    """Whether none of these starts, ends, or is about to be started again."""
    return not any(
        record.state in _RESTLESS
        or (record.state is State.BACKOFF and record.due_ns is not None and record.due_ns - now_ns < _SOON_NS)
        for record in records
    )


def may_be_needed(records: Mapping[str, Record]) -> bool:
    """Whether there is a capture worker that would be started again."""
    return any(camera_of(name) is not None and record.desired is Desired.UP for name, record in records.items())
