"""Signals as bytes to read, with nothing done in a handler."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Iterator

import pytest

from shared.signals import SignalQueue

_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def queue() -> Iterator[SignalQueue]:
    """In this process: its handlers are as they were at the end."""
    before = {number: signal.getsignal(number) for number in _HANDLED}
    wakeup_fd = signal.set_wakeup_fd(-1)
    yield SignalQueue()
    signal.set_wakeup_fd(wakeup_fd)
    for number, handler in before.items():
        signal.signal(number, handler)


def _is_readable(queue: SignalQueue) -> bool:
    return bool(select.select([queue.fd], [], [], 0)[0])


def test_taken_without_signals_is_empty_and_does_not_block(queue: SignalQueue) -> None:
    assert not _is_readable(queue)
    assert queue.taken() == []


def test_signals_are_taken_once_in_order(queue: SignalQueue) -> None:
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.raise_signal(number)
    assert _is_readable(queue)
    assert queue.taken() == [signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
    assert queue.taken() == []
    assert not _is_readable(queue)


def test_signal_ends_a_wait_at_once(queue: SignalQueue) -> None:
    """From outside, while this thread waits in the kernel: the wait ends though the handler does nothing."""
    poller = select.poll()
    poller.register(queue.fd, select.POLLIN)
    with subprocess.Popen(["sh", "-c", f"sleep 0.1; kill -TERM {os.getpid()}"]):
        assert poller.poll(5_000)
        assert queue.taken() == [signal.SIGTERM]


def test_flood_of_signals_blocks_nobody_and_the_queue_works_after_it(queue: SignalQueue) -> None:
    for _ in range(5_000):
        signal.raise_signal(signal.SIGHUP)
    seen = 0
    while taken := queue.taken():
        seen += len(taken)
    assert seen > 0
    signal.raise_signal(signal.SIGTERM)
    assert queue.taken() == [signal.SIGTERM]
