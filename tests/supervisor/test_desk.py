"""The desk: a request is carried out once, and every request gets an answer."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import EX_CONFIG, EX_TEMPFAIL, EX_USAGE, BusyError, ConfigError, TimelapseError, UsageError
from shared.messages import Request, Verb
from supervisor.desk import Desk


class _Orders:
    """Notes what it is asked for, and refuses it where the test says so."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.refusal: TimelapseError | None = None

    def _do(self, what: str) -> dict[str, Any]:
        self.done.append(what)
        if self.refusal is not None:
            raise self.refusal
        return {"did": what, "times": len(self.done)}

    def ping(self) -> dict[str, Any]:
        return self._do("ping")

    def whole_status(self) -> dict[str, Any]:
        return self._do("status")

    def order(self, verb: str, worker: str) -> str:
        self._do(f"{verb} {worker}")
        return f"operation {len(self.done)}"

    def reload(self) -> dict[str, Any]:
        return self._do("reload")

    def replay(self, boot: str, after_seq: int, limit: int) -> dict[str, Any]:
        return self._do(f"replay {boot} {after_seq} {limit}")


@pytest.mark.parametrize(
    ("request_", "done"),
    [
        (Request(id="a", verb="ping"), "ping"),
        (Request(id="a", verb="status"), "status"),
        (Request(id="a", verb="reload"), "reload"),
        (Request(id="a", verb="replay", boot="b", after_seq=7, limit=3), "replay b 7 3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_question_is_answered_with_data(request_: Request, done: str) -> None:
    orders = _Orders()
    answer = Desk(orders).answer(request_)
    assert orders.done == [done]
    assert (answer.id, answer.ok, answer.data["did"], answer.error, answer.operation) == ("a", True, done, None, "")


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "kill"])
def test_order_is_answered_with_its_operation(verb: Verb) -> None:
    orders = _Orders()
    answer = Desk(orders).answer(Request(id="a", verb=verb, worker="storage"))
    assert orders.done == [f"{verb} storage"]
    assert (answer.ok, answer.operation) == (True, "operation 1")


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "kill", "reload"])
def test_same_id_twice_is_carried_out_once_and_answered_twice(verb: Verb) -> None:
    orders = _Orders()
    desk = Desk(orders)
    request = Request(id="a", verb=verb, worker="storage")
    assert desk.answer(request) == desk.answer(request)
    assert len(orders.done) == 1
    desk.answer(Request(id="b", verb=verb, worker="storage"))
    assert len(orders.done) == 2


def test_same_id_of_a_question_is_asked_anew() -> None:
    orders = _Orders()
    desk = Desk(orders)
    request = Request(id="a", verb="status")
    assert desk.answer(request).data["times"] == 1
    assert desk.answer(request).data["times"] == 2


def test_orders_are_remembered_for_the_last_256() -> None:
    orders = _Orders()
    desk = Desk(orders)
    for number in range(257):
        desk.answer(Request(id=f"{number}", verb="restart", worker="storage"))
    desk.answer(Request(id="1", verb="restart", worker="storage"))
    assert len(orders.done) == 257, "the second oldest is still known"
    desk.answer(Request(id="0", verb="restart", worker="storage"))
    assert len(orders.done) == 258, "the oldest is not"


def test_another_version_is_refused_and_nothing_is_done() -> None:
    orders = _Orders()
    answer = Desk(orders).answer(Request(id="a", verb="kill", worker="storage", v=2))
    assert orders.done == []
    assert answer.error is not None
    assert (answer.ok, answer.error.status) == (False, EX_USAGE)
    assert answer.error.message == "this supervisor speaks version 1 of the control protocol, not 2"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (UsageError("no worker is called 'x'"), EX_USAGE),
        (BusyError("the supervisor is stopping"), EX_TEMPFAIL),
        (ConfigError("x.yml:1:1: no"), EX_CONFIG),
    ],
    ids=["usage", "busy", "configuration"],
)
def test_refusal_is_an_answer_with_its_status_and_words(refusal: TimelapseError, status: int) -> None:
    orders = _Orders()
    orders.refusal = refusal
    desk = Desk(orders)
    request = Request(id="a", verb="reload")
    answer = desk.answer(request)
    assert answer.error is not None
    assert (answer.ok, answer.error.status, answer.error.message) == (False, status, str(refusal))
    assert desk.answer(request) == answer
    assert len(orders.done) == 1
