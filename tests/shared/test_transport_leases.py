"""The leases' socket: however late somebody looks, what is read last is what holds."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration
from shared.messages import Configure, Hello, Lease, Request
from shared.transport import Hub, LeaseSocket, Poller
from tests.rig.far_ends import lease, until

_HELLO = Hello(worker="capture.main", incarnation=1, pid=2)
_CONFIGURE = Configure(configuration=Configuration("", "/out", {"main": CameraConfig("main")}), accounted_until_ns=7)
_REQUEST = Request(id="1", verb="ping")


def test_lease_of_each_thread_that_arrives_last_is_its_newest(hub: Hub, runtime_dir: Path) -> None:
    """However long the supervisor did not look: what it reads then ends with what holds now."""
    threads = {name: LeaseSocket(runtime_dir) for name in ("main", "camera", "writer")}
    began = time.monotonic()
    for number in range(5_000):
        for name, leases in threads.items():
            leases.send(lease(name, number))
    assert time.monotonic() - began < 5, "a sender waited"
    newest: dict[str, int] = {}

    def take() -> bool:
        newest.update({lease.thread: lease.declared_mono_ns for lease in hub.lease_messages(1_000)})
        return newest == dict.fromkeys(threads, 4_999)

    until(take)


def test_leases_that_were_declared_before_the_supervisor_came_end_with_the_newest(
    runtime_dir: Path, closing: contextlib.ExitStack
) -> None:
    leases = LeaseSocket(runtime_dir)
    for number in range(100):
        leases.send(lease("main", number))
    hub = Hub(runtime_dir)
    closing.callback(hub.close)
    seen: list[Lease] = []

    def take() -> bool:
        seen.extend(hub.lease_messages(1_000))
        return len(seen) >= 100

    until(take)
    assert seen == [lease("main", number) for number in range(100)]


def test_last_lease_of_a_thread_that_has_ended_arrives(hub: Hub, runtime_dir: Path) -> None:
    """Nothing refers to the socket any more, and what the thread said last is that it has nothing more to do."""
    threads = [f"thread{number}" for number in range(20)]
    for thread in threads:
        LeaseSocket(runtime_dir).send(lease(thread, 1))
    seen: set[str] = set()

    def take() -> bool:
        seen.update(lease.thread for lease in hub.lease_messages(100))
        return len(seen) == len(threads)

    until(take)


def test_lease_that_follows_another_at_once_arrives_too(hub: Hub, runtime_dir: Path) -> None:
    """With CONFLATE at the sender one in some thousands stayed behind, until a third came: docs/decisions/0002."""
    leases = LeaseSocket(runtime_dir)
    poller = Poller()
    poller.add(hub.leases)
    for number in range(0, 6_000, 2):
        leases.send(lease("main", number))
        leases.send(lease("main", number + 1))
        newest = -1
        while newest != number + 1:
            assert poller.wait(10 * NS_PER_S), f"lease {number + 1} stayed behind"
            newest = max(newest, *(arrived.declared_mono_ns for arrived in hub.lease_messages(10)))


def test_sender_whose_supervisor_does_not_read_is_heard_again_as_soon_as_it_does(hub: Hub, runtime_dir: Path) -> None:
    leases = LeaseSocket(runtime_dir)
    began = time.monotonic()
    for number in range(50_000):
        leases.send(lease("main", number))
    assert time.monotonic() - began < 20, "the sender waited"
    seen: list[int] = []

    def take() -> bool:
        seen.extend(arrived.declared_mono_ns for arrived in hub.lease_messages(5_000))
        leases.send(lease("main", 50_000))
        return 50_000 in seen

    until(take)
    assert len(seen) < 50_000, "some found no room"
    assert seen == sorted(seen)
