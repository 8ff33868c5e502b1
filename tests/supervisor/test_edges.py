"""What is new to a worker: only what was not there when its process was started."""

from __future__ import annotations

from pathlib import Path

from supervisor.edges import Edges
from supervisor.leases import LeaseBook
from supervisor.supervised import Supervised
from tests.rig.manual_clock import ManualClock


def _noted(there: str) -> tuple[Edges[str], Supervised]:
    edges = Edges[str]()
    worker = Supervised(
        "capture.main",
        "capture_worker",
        Path("/nowhere"),
        clock=ManualClock(),
        leases=LeaseBook({}),
        announce=lambda _topic, _data: None,
    )
    edges.note(worker, frozenset(there))
    return edges, worker


def test_what_was_there_at_the_start_is_not_new_and_what_comes_is_until_the_next_start() -> None:
    edges, worker = _noted("a")
    assert not edges.is_new(worker.name, frozenset("a"))
    assert edges.knows(worker)
    for _ in range(2):
        assert edges.is_new(worker.name, frozenset("ab"))
    worker.incarnation += 1
    assert not edges.knows(worker)
    edges.note(worker, frozenset("ab"))
    assert not edges.is_new(worker.name, frozenset("ab"))


def test_what_goes_is_not_new_and_is_when_it_comes_back_unchanged() -> None:
    edges, worker = _noted("ab")
    assert not edges.is_new(worker.name, frozenset("a"))
    assert edges.is_new(worker.name, frozenset("ab"))


def test_worker_that_is_gone_for_a_while_is_noted_anew() -> None:
    edges, worker = _noted("a")
    edges.keep([])
    assert not edges.knows(worker)
    assert not edges.is_new(worker.name, frozenset("b")), "nothing is new to one that was never noted"
    edges.note(worker, frozenset("b"))
    assert not edges.is_new(worker.name, frozenset("b"))
