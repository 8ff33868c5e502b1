"""Leases: who hangs, from what was declared, capped, and with the supervisor's own lateness taken off."""

from __future__ import annotations

from shared.clock import NS_PER_S
from shared.messages import Lease
from supervisor.leases import CAP_OTHERWISE_S, CONFIRM_NS, LeaseBook

NOW_NS = 1_000 * NS_PER_S


def _lease(
    operation: str = "grab",
    for_s: float | None = 5.0,
    *,
    worker: str = "capture.main",
    thread: str = "main",
    declared_ns: int = NOW_NS,
) -> Lease:
    deadline_ns = None if for_s is None else declared_ns + round(for_s * NS_PER_S)
    return Lease(
        worker=worker,
        incarnation=1,
        pid=1,
        thread=thread,
        operation=operation,
        declared_mono_ns=declared_ns,
        deadline_mono_ns=deadline_ns,
    )


def _book(*leases: Lease) -> LeaseBook:
    book = LeaseBook({"grab": 10.0, "open": 30.0})
    for lease in leases:
        book.observe(lease, NOW_NS)
    return book


def _after(seconds: float) -> int:
    return NOW_NS + round(seconds * NS_PER_S)


def test_lease_runs_out_at_its_deadline_and_not_before() -> None:
    book = _book(_lease(for_s=5))
    assert book.expired(_after(5) - 1) == []
    (held,) = book.expired(_after(5))
    assert (held.worker, held.thread, held.operation, held.deadline_ns) == ("capture.main", "main", "grab", _after(5))


def test_lease_renewed_in_time_does_not_run_out() -> None:
    book = _book(_lease(for_s=5), _lease("write", for_s=8))
    assert book.expired(_after(5)) == []
    assert book.of("capture.main")["main"].operation == "write"


def test_lease_beyond_the_cap_of_its_operation_counts_as_the_cap() -> None:
    assert _book(_lease("grab", for_s=1e9)).next_deadline_ns() == _after(10)
    assert _book(_lease("open", for_s=1e9)).next_deadline_ns() == _after(30)
    assert _book(_lease("an operation nobody named", for_s=1e9)).next_deadline_ns() == _after(CAP_OTHERWISE_S)


def test_lease_declared_in_the_future_is_capped_from_now() -> None:
    assert _book(_lease("grab", for_s=5, declared_ns=_after(1e9))).next_deadline_ns() == _after(10)


def test_cap_that_a_reload_changes_holds_for_the_next_declaration() -> None:
    book = _book(_lease("grab", for_s=100))
    book.caps_s = {"grab": 50.0}
    assert book.next_deadline_ns() == _after(10)
    book.observe(_lease("grab", for_s=100), NOW_NS)
    assert book.next_deadline_ns() == _after(50)


def test_lateness_of_the_supervisor_is_taken_off_every_lease_in_force() -> None:
    book = _book(_lease(for_s=5), _lease(for_s=6, thread="writer"), _lease(for_s=7, worker="storage"))
    book.allow(3 * NS_PER_S, NOW_NS)
    assert book.expired(_after(7.9)) == []
    assert [held.deadline_ns for held in book.expired(_after(20))] == [_after(8), _after(10)]


def test_lease_declared_before_a_stall_and_read_after_it_is_extended_too() -> None:
    """It was waiting to be read all the while, and perhaps the last that its sender's queue had room for."""
    book = _book()
    book.allow(60 * NS_PER_S, _after(61))
    book.observe(_lease(for_s=2, declared_ns=_after(10)), _after(61))
    assert book.next_deadline_ns() == _after(10 + 2 + 60)
    book.observe(_lease(for_s=2, declared_ns=_after(61)), _after(61))
    assert book.next_deadline_ns() == _after(63)


def test_hang_is_confirmed_by_a_second_look() -> None:
    book = _book(_lease(for_s=5))
    assert book.next_look_ns() == _after(5)
    assert book.hung(_after(5)) == []
    assert book.next_look_ns() == _after(5) + CONFIRM_NS
    assert book.hung(_after(5) + CONFIRM_NS - 1) == []
    assert [held.operation for held in book.hung(_after(5) + CONFIRM_NS)] == ["grab"]


def test_renewal_between_the_looks_is_no_hang_though_it_has_run_out_too() -> None:
    """After a stall old leases are read one after the other: only the last one says where the thread is."""
    book = _book(_lease(for_s=5))
    assert book.hung(_after(6)) == []
    book.observe(_lease(for_s=0.5, declared_ns=_after(5)), _after(7))
    assert book.hung(_after(7)) == []
    book.observe(_lease(for_s=10, declared_ns=_after(7)), _after(7))
    assert book.hung(_after(8)) == []
    assert book.next_look_ns() == _after(17)


def test_spawned_worker_has_a_lease_until_it_declares_one() -> None:
    book = _book(_lease(thread="left over from the one before"))
    book.begin("capture.main", NOW_NS, 30.0)
    assert {thread: held.operation for thread, held in book.of("capture.main").items()} == {"main": "start"}
    assert book.next_deadline_ns() == _after(30)
    book.observe(_lease("open", for_s=15), NOW_NS)
    assert book.next_deadline_ns() == _after(15)


def test_thread_that_releases_its_lease_hangs_no_more_and_the_others_still_do() -> None:
    book = _book(_lease(for_s=5), _lease(for_s=6, thread="writer"), _lease(for_s=None))
    assert [held.thread for held in book.expired(_after(60))] == ["writer"]
    book.observe(_lease(for_s=None, thread="one that never had any"), NOW_NS)


def test_worker_that_is_forgotten_has_no_lease_and_others_keep_theirs() -> None:
    book = _book(_lease(for_s=5), _lease(for_s=5, thread="writer"), _lease(for_s=9, worker="storage"))
    book.forget("capture.main")
    book.forget("nobody")
    assert book.of("capture.main") == {}
    assert [held.worker for held in book.expired(_after(60))] == ["storage"]


def test_worker_with_several_threads_out_of_time_hangs_once_on_the_first_of_them() -> None:
    book = _book(
        _lease(for_s=1, thread="camera"),
        _lease(for_s=9, thread="writer"),
        _lease(for_s=5, worker="storage"),
        _lease(for_s=7, worker="storage", thread="second"),
    )
    expired = [(held.worker, held.thread) for held in book.expired(_after(60))]
    assert expired == [("capture.main", "camera"), ("storage", "main")], "the longest ago comes first"


def test_next_deadline_is_the_nearest_and_none_without_a_lease() -> None:
    assert LeaseBook({}).next_deadline_ns() is None
    assert _book(_lease(for_s=8), _lease(for_s=2, worker="storage")).next_deadline_ns() == _after(2)
