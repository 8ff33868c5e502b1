"""The sockets, both ends of each real: what gets through, what is counted and dropped, and what never blocks."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
from pathlib import Path

import msgpack
import pytest
import zmq

from shared import wire
from shared.config.model import CameraConfig, Configuration
from shared.messages import MAX_MESSAGE_BYTES, Answer, Configure, Hello, Published, Request
from shared.runtime_dir import SOCKETS
from shared.transport import Hub, WorkerLink
from tests.rig.far_ends import PATIENCE_S, Desk, event, lease, seqs_to, subscribe, until

_HELLO = Hello(worker="capture.main", incarnation=1, pid=2)
_CONFIGURE = Configure(configuration=Configuration("", "/out", {"main": CameraConfig("main")}), accounted_until_ns=7)
_REQUEST = Request(id="1", verb="ping")


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

    until(take)
    hub.send_to_worker(messages["capture.1"], _CONFIGURE)
    assert until(lambda: list(links[1].orders())) == [_CONFIGURE]
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


@pytest.mark.parametrize(
    ("kind", "name", "good"),
    [
        (zmq.DEALER, "workers", wire.pack(_HELLO)),
        (zmq.PUSH, "leases", wire.pack(lease("main", 1))),
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
    assert len(until(lambda: list(arrivals(100)))) == 1
    assert hub.tally.malformed == {name: len(bad)}
    assert hub.tally.last_reason


def test_peer_that_sends_a_megabyte_is_cut_off_and_nobody_else(hub: Hub, desk: Desk) -> None:
    desk.raw(zmq.DEALER, "workers.sock").send(b"x" * (2 << 20))
    link = desk.link()
    link.send(_HELLO)
    assert [message for _, message in until(lambda: list(hub.worker_messages(10)))] == [_HELLO]


def test_stranger_on_the_socket_does_no_harm(hub: Hub, desk: Desk, runtime_dir: Path) -> None:
    """Bytes that are no ZeroMQ at all."""
    for name in SOCKETS:
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(runtime_dir / name))
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)
    link = desk.link()
    link.send(_HELLO)
    assert [message for _, message in until(lambda: list(hub.worker_messages(10)))] == [_HELLO]


def test_what_a_subscriber_says_but_its_subscription_is_counted(hub: Hub, desk: Desk) -> None:
    raw = desk.raw(zmq.XSUB, "events.sock")
    raw.send(b"\x01topic")
    raw.send(b"hello there")

    def drained() -> dict[str, int]:
        hub.drain_subscriptions(10)
        return hub.tally.malformed

    assert until(drained) == {"events": 1}


def test_events_arrive_by_prefix_in_order(hub: Hub, desk: Desk) -> None:
    everything, some = desk.tap(), desk.tap("t")
    subscribe(hub, some)
    subscribe(hub, everything)
    for number in range(50):
        hub.publish("t", wire.pack(event(number)))
        hub.publish("u", wire.pack(event(number + 1_000)))
    assert seqs_to(everything.arrived, 1_049) == [number + offset for number in range(50) for offset in (0, 1_000)]
    assert [event.seq for event in some.arrived() if event.seq >= 0] == list(range(50))


def test_malformed_events_are_counted_and_the_next_is_heard(hub: Hub, desk: Desk) -> None:
    tap, link = desk.tap(), desk.link("t")
    subscribe(hub, tap)

    def heard() -> bool:
        hub.publish("t", wire.pack(event(0)))
        return bool(list(link.heard()))

    until(heard)
    for packed in (b"", b"\xc1", msgpack.packb([1]), msgpack.packb({"v": 1})):
        hub.publish("t", packed)
    hub.publish("t", wire.pack(event(77)))
    for arrived, tally in ((tap.arrived, tap.tally), (link.heard, link.tally)):
        seqs_to(arrived, 77)
        assert tally.malformed == {"events": 4}


def test_subscriber_that_does_not_read_slows_nobody_down(hub: Hub, desk: Desk) -> None:
    stalled = desk.raw(zmq.SUB, "events.sock", rcvhwm=10)
    stalled.subscribe(b"")
    tap = desk.tap()
    subscribe(hub, tap)
    slowest, seen = 0.0, list[int]()
    for number in range(20_000):
        began = time.monotonic()
        hub.publish("t", wire.pack(event(number, "x" * 300)))
        slowest = max(slowest, time.monotonic() - began)
        if number % 100 == 99:
            seen += seqs_to(tap.arrived, number)
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

    until(serve)
    answers = [wire.unpack(control.recv(), Answer) for _ in range(3)]
    assert answers == [Answer(id=str(number), ok=True) for number in range(3)]


def test_plain_request_socket_is_answered_too(hub: Hub, desk: Desk) -> None:
    """What a client in another language uses: it puts an empty frame before its request."""
    plain = desk.raw(zmq.REQ, "control.sock")
    plain.send(wire.pack(_REQUEST))
    route, request = until(lambda: list(hub.requests(1)))[0]
    hub.answer(route, Answer(id=request.id, ok=True))
    assert plain.poll(int(PATIENCE_S * 1000))
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
    assert until(lambda: list(second.worker_messages(1)))
    assert list(hub.worker_messages(1)) == []


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
    assert [message for _, message in until(lambda: list(hub.worker_messages(10)))] == [message]
