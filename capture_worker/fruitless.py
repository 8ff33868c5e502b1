"""A camera that runs and gives nothing that can be stored: when to open it anew.

Owns: the rule. Does not own: what becomes of single slots, nor the restart.
Invariant: pure. One frame that was stored begins the count anew. Slots that were missed for another reason than the
camera's pictures (a full disk, a busy machine) count neither way.

What helps such a camera in the field is nearly always what a person does first: switching it off and on, here at least
its driver and its stream.
"""

from __future__ import annotations

from shared.causes import MissCause
from shared.clock import NS_PER_S

LEAST_SLOTS = 3
LEAST_NS = 60 * NS_PER_S
_IN_WORDS: dict[MissCause, str] = {"damaged": "damaged", "stale": "old"}


class Fruitless:
    """The slots of one camera since its last frame. Times are monotonic."""

    def __init__(self) -> None:
        self._slots = 0
        self._since_ns = 0

    def stored(self) -> None:
        """A frame is on the disk."""
        self._slots = 0

    def missed(self, cause: MissCause, now_ns: int) -> str | None:
        """A slot has no frame; why the camera should be given up, if it should."""
        if cause not in _IN_WORDS:
            return None
        if self._slots == 0:
            self._since_ns = now_ns
        self._slots += 1
        if self._slots < LEAST_SLOTS or now_ns - self._since_ns < LEAST_NS:
            return None
        seconds = (now_ns - self._since_ns) // NS_PER_S
        return (
            f"for {seconds} s it gave nothing that can be stored, in {self._slots} slots; the last picture was "
            f"{_IN_WORDS[cause]}; if opening it anew does not help, restart the camera and look at its network"
        )
