"""The way from the threads to the main thread: everything once, in order, and a descriptor that wakes it."""

from __future__ import annotations

import os
import select
import threading

import pytest

from capture_worker.inbox import Inbox


def _is_readable(inbox: Inbox[int], timeout_s: float = 0.0) -> bool:
    return bool(select.select([inbox.fd], [], [], timeout_s)[0])


def test_inbox_without_items_is_not_readable_and_does_not_block() -> None:
    inbox: Inbox[int] = Inbox()
    assert not _is_readable(inbox)
    assert inbox.taken() == []


def test_descriptor_lasts_as_long_as_the_inbox() -> None:
    inbox: Inbox[int] = Inbox()
    fd = inbox.fd
    os.fstat(fd)
    del inbox
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(fd)


def test_items_are_taken_once_in_order() -> None:
    inbox: Inbox[int] = Inbox()
    for item in range(5):
        inbox.put(item)
    assert _is_readable(inbox)
    assert inbox.taken() == [0, 1, 2, 3, 4]
    assert not _is_readable(inbox)
    assert inbox.taken() == []


def test_put_wakes_the_one_who_waits() -> None:
    inbox: Inbox[int] = Inbox()
    threading.Timer(0.05, inbox.put, [7]).start()
    assert _is_readable(inbox, timeout_s=5)
    assert inbox.taken() == [7]


def test_items_of_many_threads_all_arrive_each_threads_in_order() -> None:
    """Nobody polls: what is put when the descriptor was just read must make it readable again."""
    inbox: Inbox[tuple[int, int]] = Inbox()

    def put_all(number: int) -> None:
        for item in range(2_000):
            inbox.put((number, item))

    threads = [threading.Thread(target=put_all, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    seen: list[tuple[int, int]] = []
    while len(seen) < 8_000:
        assert select.select([inbox.fd], [], [], 10)[0], f"only {len(seen)} arrived"
        seen += inbox.taken()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert [item for owner, item in seen if owner == number] == list(range(2_000))
    assert inbox.taken() == []
