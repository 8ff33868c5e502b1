"""The sockets: the only module that imports zmq.

Owns: socket types and options, and one class for each end of each socket. Does not own: what the messages mean.
Invariant: nothing here ever blocks but the `poll` methods and `Control.ask`; only whole, checked messages go in or
come out, and what is malformed or too large is counted in a `Tally` and dropped. No context is made before a fork.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zmq

from shared import wire
from shared.clock import NS_PER_MS
from shared.errors import EX_SOFTWARE, WireError
from shared.messages import Answer, Event, Lease, Order, Problem, Request, WorkerMessage
from shared.runtime_dir import endpoint

_ORDER: Any = Order
_HIGH_WATER = 1000
_LEASES_HIGH_WATER = 10_000
"""At a handful of leases a second: a quarter of an hour or more in which the supervisor reads none."""
_ANSWERS_HIGH_WATER = 64
"""Answers that a client has not taken. They may hold 250 kB each: what is beyond is dropped."""
_LARGEST_BYTES = 1 << 20
"""Peers that send more in one frame are cut off by libzmq itself; between this and MAX_MESSAGE_BYTES we count."""
_HUB_FLUSH_MS = 30
_FLUSH_MS = 100
"""How long an ending process waits for its last messages to leave."""


def _socket(
    kind: int, *, linger_ms: int = 0, context: zmq.Context[zmq.Socket[bytes]] | None = None
) -> zmq.Socket[bytes]:
    socket = (context or zmq.Context.instance()).socket(kind)
    socket.linger = linger_ms
    socket.sndhwm = socket.rcvhwm = _HIGH_WATER
    socket.maxmsgsize = _LARGEST_BYTES
    return socket


_LEASE_SOCKETS: list[zmq.Socket[bytes]] = []
"""Kept from the garbage collector: it would close the socket of a thread that ends before its last lease has left."""


@functools.cache
def _lease_context() -> zmq.Context[zmq.Socket[bytes]]:
    return zmq.Context()


def _try_receive(socket: zmq.Socket[bytes]) -> list[bytes] | None:
    try:
        return socket.recv_multipart(zmq.NOBLOCK)
    except zmq.Again:
        return None


def _try_send(socket: zmq.Socket[bytes], frames: list[bytes]) -> bool:
    try:
        socket.send_multipart(frames, zmq.NOBLOCK)
    except zmq.Again:
        return False
    return True


class Tally:
    """What was dropped, for the log to name once a minute rather than once a message."""

    def __init__(self) -> None:
        self.malformed: dict[str, int] = {}
        self.last_reason = ""

    def count(self, where: str, reason: str, number: int = 1) -> None:
        """So many more bad messages at `where`."""
        self.malformed[where] = self.malformed.get(where, 0) + number
        self.last_reason = reason


class Poller:
    """Waits on sockets and plain descriptors alike."""

    def __init__(self) -> None:
        self._poller = zmq.Poller()

    def add(self, readable: zmq.Socket[bytes] | int) -> None:
        """Watch a socket or a descriptor for something to read."""
        self._poller.register(readable, zmq.POLLIN)

    def add_writable(self, fd: int) -> None:
        """Watch a descriptor for room to write (a connection that is being made)."""
        self._poller.register(fd, zmq.POLLOUT)

    def remove(self, readable: zmq.Socket[bytes] | int) -> None:
        """Watch it no longer."""
        self._poller.unregister(readable)

    def wait(self, timeout_ns: int) -> set[zmq.Socket[bytes] | int]:
        """Block for at most `timeout_ns`, rounded up to whole milliseconds; what has become ready."""
        timeout_ms = max(0, -(-timeout_ns // NS_PER_MS))
        return {ready for ready, _ in self._poller.poll(timeout_ms)}


class Hub:
    """The supervisor's end of all four sockets. The runtime directory must be locked before this is made."""

    def __init__(self, runtime_dir: Path) -> None:
        self.tally = Tally()
        self._by_name: dict[str, zmq.Socket[bytes]] = {}
        self.workers = self._made(zmq.ROUTER, "workers.sock")
        # Not CONFLATE, here or at the senders: docs/decisions/0002 says what libzmq does then.
        self.leases = self._made(zmq.PULL, "leases.sock")
        self.events = self._made(zmq.XPUB, "events.sock")
        self.control = self._made(zmq.ROUTER, "control.sock")
        for name, socket in self._by_name.items():
            _bind(socket, runtime_dir, name)

    def _made(self, kind: int, name: str) -> zmq.Socket[bytes]:
        socket = self._by_name[name] = _socket(kind, linger_ms=_HUB_FLUSH_MS)
        if name == "control.sock":
            socket.sndhwm = _ANSWERS_HIGH_WATER
        return socket

    def bind_again(self, runtime_dir: Path) -> None:
        """Where the paths were removed: those who are connected stay so. Raises OSError."""
        for name, socket in self._by_name.items():
            with contextlib.suppress(zmq.ZMQError):
                socket.unbind(endpoint(runtime_dir, name))
            _bind(socket, runtime_dir, name)

    @property
    def sockets(self) -> tuple[zmq.Socket[bytes], ...]:
        """All four, for a `Poller`."""
        return self.workers, self.leases, self.events, self.control

    def worker_messages(self, most: int) -> Iterator[tuple[bytes, WorkerMessage]]:
        """Up to `most` messages from workers that have arrived, each with the route back."""
        for frames in _arrived(self.workers, most):
            if (message := self._read(frames, "workers", WorkerMessage, 2)) is not None:
                yield frames[0], message

    def lease_messages(self, most: int) -> Iterator[Lease]:
        """Up to `most` leases that have arrived, those of one thread in order: the last one counts."""
        for frames in _arrived(self.leases, most):
            if (lease := self._read(frames, "leases", Lease, 1)) is not None:
                yield lease

    def requests(self, most: int) -> Iterator[tuple[list[bytes], Request]]:
        """Up to `most` requests that have arrived, each with the route back. REQ and DEALER clients both do."""
        for frames in _arrived(self.control, most):
            if (request := self._read(frames, "control", Request, len(frames))) is not None:
                yield frames[:-1], request

    def drain_subscriptions(self, most: int) -> None:
        """Take in what subscribers say. libzmq has acted on it already; anything else is counted."""
        for frames in _arrived(self.events, most):
            if len(frames) != 1 or frames[0][:1] not in {b"\x00", b"\x01"}:
                self.tally.count("events", "not a subscription")

    def send_to_worker(self, route: bytes, message: Order) -> None:
        """Down to one worker. One that is gone is not there to miss it."""
        _try_send(self.workers, [route, wire.pack(message)])

    def answer(self, route: list[bytes], answer: Answer) -> None:
        """Back to whoever asked. One that can't be sent is counted, and told as an error."""
        try:
            packed = wire.pack(answer)
        except WireError as error:
            self.tally.count("control", str(error))
            problem = Problem(status=EX_SOFTWARE, message=f"the answer can't be sent: {error}")
            packed = wire.pack(Answer(id=answer.id, ok=False, error=problem))
        _try_send(self.control, [*route, packed])

    def publish(self, topic: str, packed: bytes) -> None:
        """To every subscriber that reads; one that does not, loses it and slows down nobody."""
        _try_send(self.events, [topic.encode(), packed])

    def close(self) -> None:
        """Let the last messages go, for at most `_HUB_FLUSH_MS`."""
        for socket in self.sockets:
            socket.close()
        zmq.Context.instance().term()

    def _read(self, frames: list[bytes], where: str, kind: Any, parts: int) -> Any:
        try:
            if len(frames) != parts or (where == "control" and not _is_route(frames[:-1])):
                raise WireError(f"{len(frames)} frames")
            return wire.unpack(frames[-1], kind)
        except WireError as error:
            self.tally.count(where, str(error))
            return None


def _bind(socket: zmq.Socket[bytes], runtime_dir: Path, name: str) -> None:
    try:
        socket.bind(endpoint(runtime_dir, name))
    except zmq.ZMQError as error:
        raise OSError(error.errno, f"{runtime_dir / name}: can't be bound: {error.strerror}") from error
    (runtime_dir / name).chmod(0o660)


def _is_route(frames: list[bytes]) -> bool:
    return len(frames) == 1 or (len(frames) == 2 and frames[1] == b"")


def _arrived(socket: zmq.Socket[bytes], most: int) -> Iterator[list[bytes]]:
    for _ in range(most):
        frames = _try_receive(socket)
        if frames is None:
            return
        yield frames


class WorkerLink:
    """A worker's end: messages up, orders down, and the events of the others. Main thread only."""

    def __init__(self, runtime_dir: Path, topics: tuple[str, ...]) -> None:
        self.tally = Tally()
        self.dropped = 0
        self.supervisor = _socket(zmq.DEALER, linger_ms=_FLUSH_MS)
        self.supervisor.connect(endpoint(runtime_dir, "workers.sock"))
        self.events = _socket(zmq.SUB)
        for topic in topics:
            self.events.subscribe(topic.encode())
        self.events.connect(endpoint(runtime_dir, "events.sock"))

    def send(self, message: WorkerMessage) -> bool:
        """Up to the supervisor, or not at all: `dropped` counts what found no room."""
        sent = _try_send(self.supervisor, [wire.pack(message)])
        self.dropped += not sent
        return sent

    def orders(self) -> Iterator[Order]:
        """What the supervisor has said."""
        for frames in _arrived(self.supervisor, _HIGH_WATER):
            try:
                yield wire.unpack(frames[-1], _ORDER)
            except WireError as error:
                self.tally.count("orders", str(error))

    def heard(self) -> Iterator[Event]:
        """What the others have published."""
        return _events(self.events, self.tally)

    def close(self) -> None:
        """Let the last messages go, for at most `_FLUSH_MS`."""
        self.supervisor.close()
        self.events.close()
        zmq.Context.instance().term()


class LeaseSocket:
    """One thread's way of declaring leases. Made and used in that thread, and open until the process ends.

    It has a context of its own: a thread that is stuck can't close its socket, and the end of the process waits for
    the link's context alone, so that the last events leave.
    """

    def __init__(self, runtime_dir: Path) -> None:
        self._socket = _socket(zmq.PUSH, context=_lease_context())
        _LEASE_SOCKETS.append(self._socket)
        self._socket.sndhwm = _LEASES_HIGH_WATER
        self._socket.connect(endpoint(runtime_dir, "leases.sock"))

    def send(self, lease: Lease) -> None:
        """Say it; the lease that arrives last is the one in force. Never blocks.

        One that finds no room is lost, and it matters little: the supervisor has not read for so long that it allows
        everybody its own lateness, and the next one finds room as soon as it reads again.
        """
        _try_send(self._socket, [wire.pack(lease)])


class Tap:
    """A subscriber's end of the event stream."""

    def __init__(self, runtime_dir: Path, prefixes: tuple[str, ...] = ("",)) -> None:
        self.tally = Tally()
        self.socket = _socket(zmq.SUB)
        for prefix in prefixes:
            self.socket.subscribe(prefix.encode())
        self.socket.connect(endpoint(runtime_dir, "events.sock"))

    def wait(self, timeout_s: float) -> bool:
        """Block until an event has arrived, or for `timeout_s`."""
        return bool(self.socket.poll(int(timeout_s * 1000)))

    def arrived(self) -> Iterator[Event]:
        """The events that have arrived, in order."""
        return _events(self.socket, self.tally)

    def close(self) -> None:
        """Leave the stream. May be called twice."""
        self.socket.close()


class Control:
    """A client's end of control.sock."""

    def __init__(self, runtime_dir: Path) -> None:
        self._socket = _socket(zmq.DEALER)
        self._socket.connect(endpoint(runtime_dir, "control.sock"))

    @property
    def socket(self) -> zmq.Socket[bytes]:
        """For a `Poller`: readable when an answer has come."""
        return self._socket

    def send(self, request: Request) -> bool:
        """Ask, and don't wait: `arrived` has the answer when it has come. False where there is no room for it."""
        return _try_send(self._socket, [wire.pack(request)])

    def arrived(self) -> Iterator[Answer]:
        """The answers that have come. What is none is passed over."""
        for frames in _arrived(self._socket, _ANSWERS_HIGH_WATER):
            with contextlib.suppress(WireError):
                yield wire.check(wire.unpack_map(frames[-1]), Answer)

    def ask(self, request: Request, timeout_s: float) -> Answer | None:
        """Send one request and block for its answer, for at most `timeout_s`; None when none came."""
        _try_send(self._socket, [wire.pack(request)])
        while self._socket.poll(int(timeout_s * 1000)):
            answer: Answer = wire.check(wire.unpack_map(self._socket.recv_multipart()[-1]), Answer)
            if answer.id == request.id:
                return answer
        return None

    def close(self) -> None:
        """May be called twice."""
        self._socket.close()


def _events(socket: zmq.Socket[bytes], tally: Tally) -> Iterator[Event]:
    for frames in _arrived(socket, _HIGH_WATER):
        try:
            yield wire.check(wire.unpack_map(frames[-1]), Event)
        except WireError as error:
            tally.count("events", str(error))
