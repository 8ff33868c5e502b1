"""What an operator has ordered to be deleted now, and when that is done.

Owns: which orders wait, and the sum of what was deleted meanwhile. Does not own: deciding and deleting (`cleaner`).
Invariant: pure; each order is answered once, when a look for what is too old has ended that began after it came, and
nothing else is due.
"""

from __future__ import annotations

from msgspec import Struct


class PruningDone(Struct, frozen=True):
    """The answer to one order. `detail` is what stayed that should have gone, or why nothing was done."""

    operation: str
    ok: bool
    frames: int = 0
    bytes: int = 0
    detail: str = ""


class Orders:
    """The orders that wait for their end."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._done: list[PruningDone] = []
        self._frames = self._bytes = 0
        self._details: list[str] = []

    def add(self, operation: str) -> None:
        """One more, which ends with those that wait already."""
        self._waiting.append(operation)

    def refuse(self, operation: str, detail: str) -> None:
        """One that is not carried out."""
        self._done.append(PruningDone(operation, ok=False, detail=detail))

    def cleaned(self, frames: int, freed_bytes: int, detail: str) -> None:
        """A clean-up has ended."""
        if self._waiting:
            self._frames += frames
            self._bytes += freed_bytes
            if detail:
                self._details.append(detail)

    def nothing_due(self, detail: str) -> None:
        """Nothing is left to do; `detail` is what keeps it from being done, if something does."""
        if not self._waiting:
            return
        said = "; ".join(dict.fromkeys(part for part in (*self._details, detail) if part))
        self._done += [PruningDone(each, True, self._frames, self._bytes, said) for each in self._waiting]
        self._waiting, self._details, self._frames, self._bytes = [], [], 0, 0

    def take_done(self) -> list[PruningDone]:
        """Those that have ended since the last call."""
        done, self._done = self._done, []
        return done
