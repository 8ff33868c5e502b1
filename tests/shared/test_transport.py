"""The sockets, both ends of each real: what gets through, what is counted and dropped, and what never blocks."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgpack
import pytest
import zmq

from shared import wire
from shared.config.model import CameraConfig, Configuration
from shared.messages import MAX_MESSAGE_BYTES, Answer, Configure, Event, Hello, Lease, Published, Request
from shared.runtime_dir import SOCKETS, endpoint
from shared.transport import Control, Hub, LeaseSocket, Poller, Tap, WorkerLink

T = TypeVar("T")
_PATIENCE_S = 10.0
_HELLO = Hello(worker="capture.main", incarnation=1, pid=2)
_CONFIGURE = Configure(configuration=Configuration("", "/out", {"main": CameraConfig("main")}), accounted_until_ns=7)
_REQUEST = Request(id="1", verb="ping")


@pytest.fixture
def closing() -> Iterator[contextlib.ExitStack]:
    """Closes what is entered in it, the last first: a hub waits for everybody else in this process."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def runtime_dir(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def hub(runtime_dir: Path, closing: contextlib.ExitStack) -> Hub:
    hub = Hub(runtime_dir)
    closing.callback(hub.close)
    return hub


class Desk:
    """The far ends of the hub's sockets, made as they are needed."""

    def __init__(self, runtime_dir: Path, closing: contextlib.ExitStack) -> None:
        self._runtime_dir = runtime_dir
        self._closing = closing

    def link(self, *topics: str) -> WorkerLink:
        """A worker that hears these topics."""
        link = WorkerLink(self._runtime_dir, topics)
        self._closing.callback(link.supervisor.close)
        self._closing.callback(link.events.close)
        return link

    def tap(self, *prefixes: str) -> Tap:
        """A subscriber."""
        tap = Tap(self._runtime_dir, prefixes or ("",))
        self._closing.callback(tap.close)
        return tap

    def control(self) -> Control:
        """A client."""
        control = Control(self._runtime_dir)
        self._closing.callback(control.close)
        return control

    def raw(self, kind: int, name: str, **options: int) -> zmq.Socket[bytes]:
        """A socket that says whatever the test wants."""
        raw: zmq.Socket[bytes] = zmq.Context.instance().socket(kind)
        raw.linger = 0
        for option, value in options.items():
            setattr(raw, option, value)
        raw.connect(endpoint(self._runtime_dir, name))
        self._closing.callback(raw.close)
        return raw


@pytest.fixture
def desk(runtime_dir: Path, closing: contextlib.ExitStack) -> Desk:
    return Desk(runtime_dir, closing)


def _until(poll: Callable[[], T]) -> T:
    """What `poll` gives once it gives something."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if found := poll():
            return found
        time.sleep(0.001)
    raise AssertionError("it never came")


def _lease(thread: str, number: int) -> Lease:
    return Lease(
        worker="w", incarnation=1, pid=2, thread=thread, operation="x", declared_mono_ns=number, deadline_mono_ns=None
    )


def _event(number: int, padding: str = "") -> Event:
    numbers = {"v": 1, "boot": "b", "seq": number, "tseq": number, "wall_ns": 0, "mono_ns": 0}
    return wire.check({**numbers, "topic": "t", "source": "s", "data": {"padding": padding}}, Event)


def _subscribe(hub: Hub, tap: Tap) -> None:
    """Publish until the subscriber hears it, since a subscription takes its time to arrive; then read all of that."""

    def heard() -> bool:
        hub.drain_subscriptions(100)
        hub.publish("t", wire.pack(_event(-1)))
        return tap.wait(0.01)

    _until(heard)
    hub.publish("t", wire.pack(_event(-2)))
    _until(lambda: -2 in [event.seq for event in tap.arrived()])


def _seqs_to(arrived: Callable[[], Iterator[Event]], last: int) -> list[int]:
    """The numbers of the events that arrive, up to one."""
    seen: list[int] = []

    def take() -> bool:
        seen.extend(event.seq for event in arrived())
        return last in seen

    _until(take)
    return seen


@pytest.mark.usefixtures("hub")
def test_sockets_are_for_their_owner_and_group(runtime_dir: Path) -> None:
    modes = {name: stat.S_IMODE((runtime_dir / name).stat().st_mode) for name in SOCKETS}
    assert modes == dict.fromkeys(SOCKETS, 0o660)


def test_worker_is_answered_by_the_route_that_it_came_from(hub: Hub, desk: Desk) -> None:
    links = [desk.link() for _ in range(3)]
    for number, link in enumerate(links):
        assert link.send(Hello(worker=f"capture.{number}", incarnation=1, pid=number))
    messages: dict[str, bytes] = {}

    def take() -> bool:
        messages.update({message.worker: route for route, message in hub.worker_messages(10)})
        return len(messages) == len(links)

    _until(take)
    hub.send_to_worker(messages["capture.1"], _CONFIGURE)
    assert _until(lambda: list(links[1].orders())) == [_CONFIGURE]
    assert [list(link.orders()) for link in links] == [[], [], []]


def test_worker_without_a_supervisor_drops_and_counts_what_finds_no_room(desk: Desk) -> None:
    link = desk.link()
    began = time.monotonic()
    sent = [link.send(_HELLO) for _ in range(3_000)]
    assert time.monotonic() - began < 2
    assert sent.index(False) == sum(sent), "once full, it stays full"
    assert 0 < link.dropped == sent.count(False)


def test_orders_and_answers_to_those_who_are_gone_do_no_harm(hub: Hub) -> None:
    hub.send_to_worker(b"nobody", _CONFIGURE)
    hub.answer([b"nobody"], Answer(id="1", ok=True))


def test_lease_of_each_thread_that_arrives_last_is_its_newest(hub: Hub, runtime_dir: Path) -> None:
    """However long the supervisor did not look: what it reads then ends with what holds now."""
    threads = {name: LeaseSocket(runtime_dir) for name in ("main", "camera", "writer")}
    began = time.monotonic()
    for number in range(5_000):
        for name, leases in threads.items():
            leases.send(_lease(name, number))
    assert time.monotonic() - began < 5, "a sender waited"
    newest: dict[str, int] = {}

    def take() -> bool:
        newest.update({lease.thread: lease.declared_mono_ns for lease in hub.lease_messages(1_000)})
        return newest == dict.fromkeys(threads, 4_999)

    _until(take)


def test_lease_that_was_declared_before_the_supervisor_came_is_the_newest_alone(
    runtime_dir: Path, closing: contextlib.ExitStack
) -> None:
    leases = LeaseSocket(runtime_dir)
    for number in range(100):
        leases.send(_lease("main", number))
    hub = Hub(runtime_dir)
    closing.callback(hub.close)
    assert _until(lambda: list(hub.lease_messages(1_000))) == [_lease("main", 99)]


@pytest.mark.parametrize(
    ("kind", "name", "good"),
    [
        (zmq.DEALER, "workers", wire.pack(_HELLO)),
        (zmq.PUSH, "leases", wire.pack(_lease("main", 1))),
        (zmq.DEALER, "control", wire.pack(_REQUEST)),
    ],
)
def test_malformed_messages_are_counted_and_dropped(hub: Hub, desk: Desk, kind: int, name: str, good: bytes) -> None:
    bad = [
        [b""],
        [b"not msgpack"],
        [wire.pack({"type": "hello"})],
        [good, good],
        [good, b"", good],
        [os.urandom(2_000)],
        [good + b"\x00" * MAX_MESSAGE_BYTES],
    ]
    raw = desk.raw(kind, f"{name}.sock")
    for frames in bad:
        raw.send_multipart(frames)
    raw.send(good)
    arrivals = {"workers": hub.worker_messages, "leases": hub.lease_messages, "control": hub.requests}[name]
    assert len(_until(lambda: list(arrivals(100)))) == 1
    assert hub.tally.malformed == {name: len(bad)}
    assert hub.tally.last_reason


def test_peer_that_sends_a_megabyte_is_cut_off_and_nobody_else(hub: Hub, desk: Desk) -> None:
    desk.raw(zmq.DEALER, "workers.sock").send(b"x" * (2 << 20))
    link = desk.link()
    link.send(_HELLO)
    assert [message for _, message in _until(lambda: list(hub.worker_messages(10)))] == [_HELLO]


def test_stranger_on_the_socket_does_no_harm(hub: Hub, desk: Desk, runtime_dir: Path) -> None:
    """Bytes that are no ZeroMQ at all."""
    for name in SOCKETS:
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(runtime_dir / name))
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)
    link = desk.link()
    link.send(_HELLO)
    assert [message for _, message in _until(lambda: list(hub.worker_messages(10)))] == [_HELLO]


def test_what_a_subscriber_says_but_its_subscription_is_counted(hub: Hub, desk: Desk) -> None:
    raw = desk.raw(zmq.XSUB, "events.sock")
    raw.send(b"\x01topic")
    raw.send(b"hello there")

    def drained() -> dict[str, int]:
        hub.drain_subscriptions(10)
        return hub.tally.malformed

    assert _until(drained) == {"events": 1}


def test_events_arrive_by_prefix_in_order(hub: Hub, desk: Desk) -> None:
    everything, some = desk.tap(), desk.tap("t")
    _subscribe(hub, some)
    _subscribe(hub, everything)
    for number in range(50):
        hub.publish("t", wire.pack(_event(number)))
        hub.publish("u", wire.pack(_event(number + 1_000)))
    assert _seqs_to(everything.arrived, 1_049) == [number + offset for number in range(50) for offset in (0, 1_000)]
    assert [event.seq for event in some.arrived() if event.seq >= 0] == list(range(50))


def test_malformed_events_are_counted_and_the_next_is_heard(hub: Hub, desk: Desk) -> None:
    tap, link = desk.tap(), desk.link("t")
    _subscribe(hub, tap)

    def heard() -> bool:
        hub.publish("t", wire.pack(_event(0)))
        return bool(list(link.heard()))

    _until(heard)
    for packed in (b"", b"\xc1", msgpack.packb([1]), msgpack.packb({"v": 1})):
        hub.publish("t", packed)
    hub.publish("t", wire.pack(_event(77)))
    for arrived, tally in ((tap.arrived, tap.tally), (link.heard, link.tally)):
        _seqs_to(arrived, 77)
        assert tally.malformed == {"events": 4}


def test_subscriber_that_does_not_read_slows_nobody_down(hub: Hub, desk: Desk) -> None:
    stalled = desk.raw(zmq.SUB, "events.sock", rcvhwm=10)
    stalled.subscribe(b"")
    tap = desk.tap()
    _subscribe(hub, tap)
    slowest, seen = 0.0, list[int]()
    for number in range(20_000):
        began = time.monotonic()
        hub.publish("t", wire.pack(_event(number, "x" * 300)))
        slowest = max(slowest, time.monotonic() - began)
        if number % 100 == 99:
            seen += _seqs_to(tap.arrived, number)
    assert seen == list(range(20_000))
    assert slowest < 0.5


def test_request_is_answered_once_each(hub: Hub, desk: Desk) -> None:
    control = desk.raw(zmq.DEALER, "control.sock")
    for number in range(3):
        control.send(wire.pack(Request(id=str(number), verb="ping")))
    seen: list[str] = []

    def serve() -> bool:
        for route, request in hub.requests(2):
            seen.append(request.id)
            hub.answer(route, Answer(id=request.id, ok=True))
        return len(seen) == 3

    _until(serve)
    answers = [wire.unpack(control.recv(), Answer) for _ in range(3)]
    assert answers == [Answer(id=str(number), ok=True) for number in range(3)]


def test_plain_request_socket_is_answered_too(hub: Hub, desk: Desk) -> None:
    """What a client in another language uses: it puts an empty frame before its request."""
    plain = desk.raw(zmq.REQ, "control.sock")
    plain.send(wire.pack(_REQUEST))
    route, request = _until(lambda: list(hub.requests(1)))[0]
    hub.answer(route, Answer(id=request.id, ok=True))
    assert plain.poll(int(_PATIENCE_S * 1000))
    assert wire.unpack(plain.recv(), Answer).id == "1"


@pytest.mark.usefixtures("hub")
def test_ask_without_an_answer_gives_none_in_time(desk: Desk) -> None:
    began = time.monotonic()
    assert desk.control().ask(_REQUEST, 0.1) is None
    assert 0.1 <= time.monotonic() - began < 1


def test_ask_without_a_supervisor_gives_none_in_time(desk: Desk) -> None:
    began = time.monotonic()
    assert desk.control().ask(_REQUEST, 0.1) is None
    assert time.monotonic() - began < 1


def test_second_bind_steals_the_path_in_silence(hub: Hub, runtime_dir: Path, closing: contextlib.ExitStack) -> None:
    """Why a runtime directory is locked before anything is bound: nothing here would ever say so."""
    second = Hub(runtime_dir)
    for each in second.sockets:
        closing.callback(each.close)
    link = WorkerLink(runtime_dir, ())
    closing.callback(link.supervisor.close)
    closing.callback(link.events.close)
    link.send(_HELLO)
    assert _until(lambda: list(second.worker_messages(1)))
    assert list(hub.worker_messages(1)) == []


def test_poller_wakes_on_a_descriptor_and_names_it() -> None:
    reader, writer = os.pipe()
    poller = Poller()
    poller.add(reader)
    assert poller.wait(0) == set()
    os.write(writer, b"x")
    assert poller.wait(5 * 10**9) == {reader}
    poller.remove(reader)
    assert poller.wait(0) == set()
    os.close(reader)
    os.close(writer)


def test_poller_wakes_on_a_socket(hub: Hub, desk: Desk) -> None:
    poller = Poller()
    poller.add(hub.workers)
    desk.link().send(_HELLO)
    assert poller.wait(5 * 10**9) == {hub.workers}


def test_poller_wakes_on_room_to_write() -> None:
    reader, writer = os.pipe()
    poller = Poller()
    poller.add_writable(writer)
    assert poller.wait(0) == {writer}
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("timeout_ns", [1, 999_999, 20_000_001])
def test_poller_waits_no_less_than_it_was_told(timeout_ns: int) -> None:
    reader, writer = os.pipe()
    poller = Poller()
    poller.add(reader)
    began_ns = time.monotonic_ns()
    assert poller.wait(timeout_ns) == set()
    assert time.monotonic_ns() - began_ns >= timeout_ns
    os.close(reader)
    os.close(writer)


def test_poller_with_a_time_that_has_passed_does_not_wait() -> None:
    began = time.monotonic()
    assert Poller().wait(-(10**12)) == set()
    assert time.monotonic() - began < 1


def test_published_is_read_as_it_was_sent(hub: Hub, desk: Desk) -> None:
    message = Published(
        worker="w",
        incarnation=1,
        pid=1,
        topic="camera.opened",
        wall_ns=1,
        mono_ns=2,
        data={"camera": "main"},
        dropped=3,
    )
    desk.link().send(message)
    assert [message for _, message in _until(lambda: list(hub.worker_messages(10)))] == [message]
