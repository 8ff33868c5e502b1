"""What was there when a worker was started, and whether there is anything new.

Owns: that memory, for each worker. Does not own: looking, nor what follows.
Invariant: only the edge counts. New is what was not there, or not this one, when the worker's process was started; what
has gone since and comes back unchanged is new, too. So nothing is missed that was too quick to be seen, or came while
the worker failed once more. Where the worker has had the new one already, it is started once for nothing, which costs
less than to be wrong the other way.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic, NamedTuple, TypeVar

from supervisor.supervised import Supervised

Thing = TypeVar("Thing")


class _Known(NamedTuple, Generic[Thing]):
    """What was there when process number `incarnation` was started, and has been there since."""

    incarnation: int
    things: frozenset[Thing]


class Edges(Generic[Thing]):
    """The memory of all workers. Pure."""

    def __init__(self) -> None:
        self._known: dict[str, _Known[Thing]] = {}

    def keep(self, names: Collection[str]) -> None:
        """Forget all workers but these."""
        for name in self._known.keys() - set(names):
            del self._known[name]

    def knows(self, worker: Supervised) -> bool:
        """Whether the worker's present process was noted."""
        known = self._known.get(worker.name)
        return known is not None and known.incarnation == worker.incarnation

    def note(self, worker: Supervised, there: frozenset[Thing]) -> None:
        """Remember what is there as the worker's process starts."""
        self._known[worker.name] = _Known(worker.incarnation, there)

    def is_new(self, name: str, there: frozenset[Thing]) -> bool:
        """Whether any of what is there now is new to a worker; to one that was never noted nothing is."""
        if (known := self._known.get(name)) is None:
            return False
        self._known[name] = known._replace(things=known.things & there)
        return not there <= known.things
