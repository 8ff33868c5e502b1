"""The desk: a request is carried out once, and every request gets an answer."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import EX_CONFIG, EX_TEMPFAIL, EX_USAGE, BusyError, ConfigError, TimelapseError, UsageError
from shared.messages import Answer, Request, Verb
from supervisor.desk import Desk

_HERE = [b"route"]


def _answered(desk: Desk, request: Request) -> Answer:
    answer = desk.answer(request, _HERE)
    assert answer is not None
    return answer


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

    def reload(self) -> int:
        self._do("reload")
        return len(self.done)

    def replay(self, boot: str, after_seq: int, limit: int) -> dict[str, Any]:
        return self._do(f"replay {boot} {after_seq} {limit}")


@pytest.mark.parametrize(
    ("request_", "done"),
    [
        (Request(id="a", verb="ping"), "ping"),
        (Request(id="a", verb="status"), "status"),
        (Request(id="a", verb="replay", boot="b", after_seq=7, limit=3), "replay b 7 3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_question_is_answered_with_data(request_: Request, done: str) -> None:
    orders = _Orders()
    answer = _answered(Desk(orders), request_)
    assert orders.done == [done]
    assert (answer.id, answer.ok, answer.data["did"], answer.error, answer.operation) == ("a", True, done, None, "")


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "kill"])
def test_order_is_answered_with_its_operation(verb: Verb) -> None:
    orders = _Orders()
    answer = _answered(Desk(orders), Request(id="a", verb=verb, worker="storage"))
    assert orders.done == [f"{verb} storage"]
    assert (answer.ok, answer.operation) == (True, "operation 1")


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "kill"])
def test_same_id_twice_is_carried_out_once_and_answered_twice(verb: Verb) -> None:
    orders = _Orders()
    desk = Desk(orders)
    request = Request(id="a", verb=verb, worker="storage")
    assert _answered(desk, request) == _answered(desk, request)
    assert len(orders.done) == 1
    _answered(desk, Request(id="b", verb=verb, worker="storage"))
    assert len(orders.done) == 2


def test_same_id_of_a_question_is_asked_anew() -> None:
    orders = _Orders()
    desk = Desk(orders)
    request = Request(id="a", verb="status")
    assert _answered(desk, request).data["times"] == 1
    assert _answered(desk, request).data["times"] == 2


def test_orders_are_remembered_for_the_last_256() -> None:
    orders = _Orders()
    desk = Desk(orders)
    for number in range(257):
        _answered(desk, Request(id=f"{number}", verb="restart", worker="storage"))
    _answered(desk, Request(id="1", verb="restart", worker="storage"))
    assert len(orders.done) == 257, "the second oldest is still known"
    _answered(desk, Request(id="0", verb="restart", worker="storage"))
    assert len(orders.done) == 258, "the oldest is not"


def test_another_version_is_refused_and_nothing_is_done() -> None:
    orders = _Orders()
    answer = _answered(Desk(orders), Request(id="a", verb="kill", worker="storage", v=2))
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
    request = Request(id="a", verb="kill")
    answer = _answered(desk, request)
    assert answer.error is not None
    assert (answer.ok, answer.error.status, answer.error.message) == (False, status, str(refusal))
    assert _answered(desk, request) == answer
    assert len(orders.done) == 1


_RELOADED: dict[str, Any] = {"applied": [], "needs_restart": []}


def _reload(name: str) -> Request:
    return Request(id=name, verb="reload")


def test_reload_is_answered_when_the_file_has_been_read_and_everybody_by_the_read_after_his_question() -> None:
    desk = Desk(_Orders())
    for name in ("a", "b", "c"):
        assert desk.answer(_reload(name), [name.encode()]) is None
    first = list(desk.conclude(2, _RELOADED))
    assert [(route, answer.id, answer.ok, answer.data) for route, answer in first] == [
        ([b"a"], "a", True, _RELOADED),
        ([b"b"], "b", True, _RELOADED),
    ]
    ((route, refused),) = desk.conclude(3, ConfigError("x.yml:1:1: no"))
    assert refused.error is not None
    assert (route, refused.ok, refused.error.status, refused.error.message) == ([b"c"], False, 78, "x.yml:1:1: no")
    assert list(desk.conclude(4, _RELOADED)) == []


def test_reload_asked_twice_by_one_id_is_carried_out_once_and_answered_on_each_route() -> None:
    orders = _Orders()
    desk = Desk(orders)
    for route in ([b"1"], [b"2"]):
        assert desk.answer(_reload("a"), route) is None
    assert [route for route, _ in desk.conclude(1, _RELOADED)] == [[b"1"], [b"2"]]
    assert _answered(desk, _reload("a")).data == _RELOADED, "and afterwards at once"
    assert orders.done == ["reload"]


def test_reload_beyond_those_that_can_wait_is_refused_and_flood_of_one_id_is_bounded() -> None:
    orders = _Orders()
    desk = Desk(orders)
    for number in range(256):
        assert desk.answer(_reload(f"{number}"), _HERE) is None
    refused = _answered(desk, _reload("more"))
    assert refused.error is not None
    assert refused.error.status == EX_TEMPFAIL
    for _ in range(100):
        desk.answer(_reload("0"), _HERE)
    assert len(orders.done) == 256
    assert len([answer for _, answer in desk.conclude(256, _RELOADED) if answer.id == "0"]) == 8


def test_reload_that_is_refused_at_once_is_no_waiting() -> None:
    orders = _Orders()
    orders.refusal = BusyError("the supervisor is stopping")
    desk = Desk(orders)
    assert _answered(desk, _reload("a")).ok is False
    assert list(desk.conclude(9, _RELOADED)) == []
