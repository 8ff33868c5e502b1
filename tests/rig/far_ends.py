"""The far ends of the supervisor's sockets, as a test needs them.

Owns: workers' links, subscribers, clients and raw sockets, and waiting for what arrives. Does not own: the near end.
Invariant: whatever was made here is closed when the test ends.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import zmq

from shared import wire
from shared.messages import Event, Lease
from shared.runtime_dir import endpoint
from shared.transport import Control, Hub, Tap, WorkerLink

T = TypeVar("T")
PATIENCE_S = 10.0


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


def until(poll: Callable[[], T]) -> T:
    """What `poll` gives once it gives something."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := poll():
            return found
        time.sleep(0.001)
    raise AssertionError("it never came")


def lease(thread: str, number: int) -> Lease:
    return Lease(
        worker="w", incarnation=1, pid=2, thread=thread, operation="x", declared_mono_ns=number, deadline_mono_ns=None
    )


def event(number: int, padding: str = "") -> Event:
    numbers = {"v": 1, "boot": "b", "seq": number, "tseq": number, "wall_ns": 0, "mono_ns": 0}
    return wire.check({**numbers, "topic": "t", "source": "s", "data": {"padding": padding}}, Event)


def subscribe(hub: Hub, tap: Tap) -> None:
    """Publish until the subscriber hears it, since a subscription takes its time to arrive; then read all of that."""

    def heard() -> bool:
        hub.drain_subscriptions(100)
        hub.publish("t", wire.pack(event(-1)))
        return tap.wait(0.01)

    until(heard)
    hub.publish("t", wire.pack(event(-2)))
    until(lambda: -2 in [event.seq for event in tap.arrived()])


def seqs_to(arrived: Callable[[], Iterator[Event]], last: int) -> list[int]:
    """The numbers of the events that arrive, up to one; without those by which `subscribe` feels its way."""
    seen: list[int] = []

    def take() -> bool:
        seen.extend(event.seq for event in arrived() if event.seq >= 0)
        return last in seen

    until(take)
    return seen
