"""The control desk: what is answered to whom.

Owns: turning a request into an answer, and who waits for one. Does not own: the socket, nor doing what was asked
(`Orders`).
Invariant: one request id is carried out once and answered as often as it is asked; a wrong request is an answer too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Protocol, get_args

from msgspec import Struct

from shared.errors import EX_USAGE, BusyError, TimelapseError, UsageError
from shared.messages import VERSION, Answer, Problem, Request, Verb

_REMEMBERED = 256
_MOST_ROUTES = 8
"""Of one request that is sent again and again before it is answered."""
ORDERS = frozenset({"start", "stop", "restart", "kill", "snapshot", "prune", "cancel"})


class Orders(Protocol):
    """What the desk may ask of the supervisor. Each raises `TimelapseError` where it can't be done."""

    def ping(self) -> dict[str, Any]:
        """Who answers here."""

    def whole_status(self) -> dict[str, Any]:
        """The picture as it is now."""

    def order(self, verb: str, worker: str) -> str:
        """Start, stop, restart or kill a worker, or have it do what it is there for; the operation's id."""

    def reload(self) -> int:
        """Have the configuration read again; the number of the read, for `Desk.conclude`."""

    def replay(self, boot: str, after_seq: int, limit: int) -> dict[str, Any]:
        """Events that were kept; of an earlier supervisor, by its `boot`, only the last ones about slots."""


class _Waiting(Struct):
    """A request that is answered when the configuration has been read for the `read`th time."""

    read: int
    routes: list[list[bytes]]


class Desk:
    """Answers requests."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._answered: OrderedDict[str, Answer] = OrderedDict()
        self._waiting: dict[str, _Waiting] = {}

    def answer(self, request: Request, route: list[bytes]) -> Answer | None:
        """Carry a request out, unless it was before; None where `conclude` will have the answer. Never raises."""
        if (known := self._answered.get(request.id)) is not None:
            return known
        if (waiting := self._waiting.get(request.id)) is not None:
            waiting.routes.append(route)
            del waiting.routes[:-_MOST_ROUTES]
            return None
        try:
            answer = self._carry_out(request, route)
        except TimelapseError as error:
            answer = _refusal(request.id, error)
        if answer is not None:
            self._remember(request.verb, answer)
        return answer

    def conclude(self, read: int, outcome: dict[str, Any] | TimelapseError) -> Iterator[tuple[list[bytes], Answer]]:
        """A read of the configuration has ended: the answers to those who waited for it, each with its route."""
        done = [id_ for id_, waiting in self._waiting.items() if waiting.read <= read]
        for id_ in done:
            if isinstance(outcome, TimelapseError):
                answer = _refusal(id_, outcome)
            else:
                answer = Answer(id=id_, ok=True, data=outcome)
            self._remember("reload", answer)
            for route in self._waiting.pop(id_).routes:
                yield route, answer

    def _carry_out(self, request: Request, route: list[bytes]) -> Answer | None:
        if request.v != VERSION:
            message = f"this supervisor speaks version {VERSION} of the control protocol, not {request.v}"
            return Answer(id=request.id, ok=False, error=Problem(status=EX_USAGE, message=message))
        match request.verb:
            case "ping":
                return Answer(id=request.id, ok=True, data=self._orders.ping())
            case "status":
                return Answer(id=request.id, ok=True, data=self._orders.whole_status())
            case "reload":
                self._wait(request, route)
                return None
            case "replay":
                return Answer(
                    id=request.id, ok=True, data=self._orders.replay(request.boot, request.after_seq, request.limit)
                )
        if request.verb not in ORDERS:
            raise UsageError(f"no verb is called {request.verb[:40]!r}; there are: {', '.join(get_args(Verb))}")
        operation = self._orders.order(request.verb, request.worker)
        return Answer(id=request.id, ok=True, operation=operation)

    def _wait(self, request: Request, route: list[bytes]) -> None:
        if len(self._waiting) >= _REMEMBERED:
            raise BusyError(f"{_REMEMBERED} others wait for the configuration to be read already; ask again later")
        self._waiting[request.id] = _Waiting(self._orders.reload(), [route])

    def _remember(self, verb: str, answer: Answer) -> None:
        # Only what changes something must not be done twice; a big answer is not worth keeping.
        if verb in {*ORDERS, "reload"}:
            self._answered[answer.id] = answer
            while len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)


def _refusal(id_: str, error: TimelapseError) -> Answer:
    return Answer(id=id_, ok=False, error=Problem(status=error.status, message=str(error)))
