"""What an operator has ordered to be deleted, and when that is done."""

from __future__ import annotations

from storage_worker.ordered import Orders, PruningDone


def test_order_is_answered_when_nothing_is_due_with_all_that_went_meanwhile() -> None:
    orders = Orders()
    orders.add("a")
    orders.cleaned(3, 300, "")
    orders.cleaned(2, 200, "the newest stays")
    assert orders.take_done() == []
    orders.nothing_due("")
    assert orders.take_done() == [PruningDone("a", True, 5, 500, "the newest stays")]
    assert orders.take_done() == []


def test_orders_that_wait_together_end_together() -> None:
    orders = Orders()
    orders.add("a")
    orders.cleaned(3, 300, "")
    orders.add("b")
    orders.nothing_due("")
    assert [(done.operation, done.frames) for done in orders.take_done()] == [("a", 3), ("b", 3)]


def test_what_was_deleted_without_an_order_is_nobodys() -> None:
    orders = Orders()
    orders.cleaned(3, 300, "why")
    orders.nothing_due("")
    assert orders.take_done() == []
    orders.add("a")
    orders.nothing_due("")
    assert orders.take_done() == [PruningDone("a", True)]


def test_order_after_one_that_is_done_begins_at_nothing() -> None:
    orders = Orders()
    orders.add("a")
    orders.cleaned(3, 300, "why")
    orders.nothing_due("")
    orders.add("b")
    orders.nothing_due("")
    assert [(done.frames, done.detail) for done in orders.take_done()] == [(3, "why"), (0, "")]


def test_reasons_that_come_twice_are_told_once() -> None:
    orders = Orders()
    orders.add("a")
    orders.cleaned(1, 1, "why")
    orders.cleaned(1, 1, "why")
    orders.nothing_due("why")
    assert orders.take_done()[0].detail == "why"


def test_order_that_is_refused_is_answered_at_once() -> None:
    orders = Orders()
    orders.refuse("a", "storage.clean is false")
    assert orders.take_done() == [PruningDone("a", ok=False, detail="storage.clean is false")]
