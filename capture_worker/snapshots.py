"""Pictures that somebody wants now, whatever the grid says.

Owns: when the camera is asked for them, and who is answered. Does not own: slots, and the saving
(`capture_worker.snapshot_saver`).
Invariant: a slot comes first: what would be in its way is withdrawn and takes the slot's own picture instead. A moment
that is asked for here is no whole millisecond, and so never a slot's.
"""

from __future__ import annotations

from collections.abc import Callable

from capture_worker.request import Request, RequestPlace
from capture_worker.results import NotTaken, Result, Saved, Taken
from shared.clock import NS_PER_MS, NS_PER_S, Clock
from shared.messages import Snapshot

_AMPLE_NS = 5 * NS_PER_S
"""With so much time before the next slot the camera is asked at once; else the picture is the next slot's. Where that
one has no picture for so long (a full disk), the camera is asked all the same."""
_PATIENCE_NS = 60 * NS_PER_S


class Snapshots:
    """Those of one camera. For the main thread; never blocks.

    `answer` is given the operation, the path of its picture, and else the problem.
    """

    def __init__(
        self,
        place: RequestPlace,
        clock: Clock,
        save: Callable[[tuple[str, ...], Taken], None],
        answer: Callable[[str, str, str], None],
    ) -> None:
        self._place = place
        self._clock = clock
        self._save = save
        self._answer = answer
        self._wanted: dict[str, int] = {}
        self._request: Request | None = None

    def order(self, order: Snapshot) -> None:
        """Somebody wants one."""
        self._wanted[order.operation] = self._clock.mono_ns()

    def turn(self, next_slot_ns: int | None) -> None:
        """Ask the camera if it is time to, and give up for those who have waited for too long."""
        now_ns = self._clock.mono_ns()
        for operation in [each for each, since_ns in self._wanted.items() if now_ns - since_ns >= _PATIENCE_NS]:
            del self._wanted[operation]
            self._answer(operation, "", f"the camera gave no picture within {_PATIENCE_NS // NS_PER_S} s")
        if not self._wanted:
            self.make_way()
        elif self._place.open_request() is None and self._is_time(now_ns, next_slot_ns):
            self._ask(now_ns)

    def make_way(self) -> None:
        """A slot is asked for now: withdraw, unless the picture is being taken already."""
        if self._request is not None:
            self._place.claim(self._request)
            self._request = None

    def takes(self, result: Result) -> bool:
        """Look at what a thread says: whoever waits may have the picture of a slot too. Whether it concerns no slot."""
        match result:
            case Taken():
                self._give(result)
                return self._is_own(result.slot_ns)
            case NotTaken():
                # It is asked for again, while there is time.
                return self._is_own(result.slot_ns)
            case Saved():
                for operation in result.operations:
                    self._answer(operation, result.path, result.problem)
                return True
        return False

    def due_ns(self) -> int | None:
        """When `turn` has something to do, at the latest (monotonic)."""
        if not self._wanted:
            return None
        oldest_ns = min(self._wanted.values())
        waits_for_slot = self._request is None and self._clock.mono_ns() - oldest_ns < _AMPLE_NS
        return oldest_ns + (_AMPLE_NS if waits_for_slot else _PATIENCE_NS)

    def _give(self, taken: Taken) -> None:
        if operations := tuple(self._wanted):
            self._wanted.clear()
            self._save(operations, taken)

    def _is_own(self, moment_ns: int) -> bool:
        own = moment_ns % NS_PER_MS != 0
        if own:
            self._request = None
        return own

    def _is_time(self, now_ns: int, next_slot_ns: int | None) -> bool:
        if next_slot_ns is None or next_slot_ns - self._clock.wall_ns() >= _AMPLE_NS:
            return True
        return now_ns - min(self._wanted.values()) >= _AMPLE_NS

    def _ask(self, now_ns: int) -> None:
        wall_ns = self._clock.wall_ns()
        request = Request(wall_ns + (wall_ns % NS_PER_MS == 0), now_ns)
        if self._place.ask(request):
            self._request = request
