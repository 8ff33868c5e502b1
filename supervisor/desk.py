"""The control desk: what is answered to whom.

Owns: turning a request into an answer. Does not own: the socket, nor doing what was asked (`Orders`).
Invariant: one request id is carried out once and answered as often as it is asked; a wrong request is an answer too.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Protocol, get_args

from shared.errors import EX_USAGE, TimelapseError, UsageError
from shared.messages import VERSION, Answer, Problem, Request, Verb

_REMEMBERED = 256
ORDERS = frozenset({"start", "stop", "restart", "kill"})


class Orders(Protocol):
    """What the desk may ask of the supervisor. Each raises `TimelapseError` where it can't be done."""

    def ping(self) -> dict[str, Any]:
        """Who answers here."""

    def whole_status(self) -> dict[str, Any]:
        """The picture as it is now."""

    def order(self, verb: str, worker: str) -> str:
        """Start, stop, restart or kill a worker; the operation's id."""

    def reload(self) -> dict[str, Any]:
        """Read the configuration again."""

    def replay(self, boot: str, after_seq: int, limit: int) -> dict[str, Any]:
        """Events that were kept; of an earlier supervisor, by its `boot`, only the last ones about slots."""


class Desk:
    """Answers requests."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._answered: OrderedDict[str, Answer] = OrderedDict()

    def answer(self, request: Request) -> Answer:
        """Carry a request out, unless it was before. Never raises."""
        known = self._answered.get(request.id)
        if known is not None:
            return known
        try:
            answer = self._carry_out(request)
        except TimelapseError as error:
            answer = Answer(id=request.id, ok=False, error=Problem(status=error.status, message=str(error)))
        self._remember(request, answer)
        return answer

    def _carry_out(self, request: Request) -> Answer:
        if request.v != VERSION:
            message = f"this supervisor speaks version {VERSION} of the control protocol, not {request.v}"
            return Answer(id=request.id, ok=False, error=Problem(status=EX_USAGE, message=message))
        match request.verb:
            case "ping":
                return Answer(id=request.id, ok=True, data=self._orders.ping())
            case "status":
                return Answer(id=request.id, ok=True, data=self._orders.whole_status())
            case "reload":
                return Answer(id=request.id, ok=True, data=self._orders.reload())
            case "replay":
                return Answer(
                    id=request.id, ok=True, data=self._orders.replay(request.boot, request.after_seq, request.limit)
                )
        if request.verb not in ORDERS:
            raise UsageError(f"no verb is called {request.verb[:40]!r}; there are: {', '.join(get_args(Verb))}")
        operation = self._orders.order(request.verb, request.worker)
        return Answer(id=request.id, ok=True, operation=operation)

    def _remember(self, request: Request, answer: Answer) -> None:
        # Only what changes something must not be done twice; a big answer is not worth keeping.
        if request.verb in {*ORDERS, "reload"}:
            self._answered[request.id] = answer
            while len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
