"""A worker whose clock only the test moves, around a real session: no process, no sockets, no threads.

Owns: what the session sees of `shared.worker.Worker`, and the far ends of its two threads. Does not own: the session's
decisions, and its disk, which is real.
Invariant: nothing happens but in `turn`; time stands still in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from capture_worker.cameras.base import Frame, Opened
from capture_worker.request import Request
from capture_worker.results import NotStored, Opening, Result, Stored, Taken
from capture_worker.session import Session
from shared import wire
from shared.causes import MissCause
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration
from shared.events import FrameMissed, FrameWritten
from shared.lease import LeaseHolder
from shared.messages import Configure, Event, Lease, Snapshot
from shared.transport import Tally
from shared.worker import Worker
from shared.worker_identity import Identity
from tests.rig.manual_clock import START_WALL_NS, ManualClock

INTERVAL_NS = 10 * NS_PER_S
FIRST_NS = START_WALL_NS // INTERVAL_NS * INTERVAL_NS + INTERVAL_NS
"""The first slot after the clock's start, which is at most ten seconds before it."""


def slot(number: int) -> int:
    """The UNIX time, ns, of a slot of the bench's camera: 0 is its first."""
    return FIRST_NS + number * INTERVAL_NS


class _Link:
    def __init__(self) -> None:
        self.tally = Tally()
        self.events: list[Event] = []
        self.configures: list[Configure | Snapshot] = []

    def heard(self) -> list[Event]:
        heard, self.events = self.events, []
        return heard

    def orders(self) -> list[Configure | Snapshot]:
        orders, self.configures = self.configures, []
        return orders


class _Signals:
    def __init__(self) -> None:
        self.numbers: list[int] = []

    def taken(self) -> list[int]:
        taken, self.numbers = self.numbers, []
        return taken


class _Poller:
    def __init__(self) -> None:
        self.added: list[object] = []

    def add(self, readable: object) -> None:
        """The bench looks by itself."""
        self.added.append(readable)

    def wait(self, timeout_ns: int) -> None:
        """Time does not pass by waiting."""


class StillWorker:
    """Fits what `Session` asks of a `Worker`."""

    def __init__(self, runtime_dir: Path, clock: ManualClock) -> None:
        self.identity = Identity("capture.main", 1, 1, runtime_dir)
        self.clock = clock
        self.link = _Link()
        self.signals = _Signals()
        self.poller = _Poller()
        self.leases: list[Lease] = []
        self.published: list[tuple[str, Struct]] = []
        self.moments: list[tuple[int, int]] = []
        self.answers: list[tuple[str, str, str]] = []
        self.has_room = True
        self.readies = 0
        self.lease = self.lease_holder("main")

    def lease_holder(self, thread: str) -> LeaseHolder:
        """See `Worker.lease_holder`."""
        return LeaseHolder(self.identity, thread, self.clock, self.leases.append)

    def publish(self, topic: str, data: Struct) -> None:
        """See `Worker.publish`."""
        wire.check_event_data(topic, data)
        self.published.append((topic, data))

    def offer(self, topic: str, data: Struct, wall_ns: int, mono_ns: int) -> bool:
        """See `Worker.offer`."""
        if self.has_room:
            self.publish(topic, data)
            self.moments.append((wall_ns, mono_ns))
        return self.has_room

    def snapped(self, operation: str, path: str, problem: str) -> None:
        """See `Worker.snapped`."""
        self.answers.append((operation, path, problem))

    def ready(self) -> None:
        """See `Worker.ready`."""
        self.readies += 1


class SessionBench:
    """A session of the camera `main` in `directory`, set up; its camera and its writer are the test."""

    def __init__(
        self,
        directory: Path,
        *,
        accounted_until_ns: int | None = None,
        accounted_at: tuple[int, int] = (0, 0),
        earlier: tuple[int, int] = (0, -1),
        since: MissCause = "down",
        clock: ManualClock | None = None,
        streams: bool = False,
        **camera: Any,
    ) -> None:
        self.clock = clock or ManualClock()
        self.output_dir = directory / "out"
        self.output_dir.mkdir(parents=True, exist_ok=True)
        self.worker = StillWorker(directory, self.clock)
        self.configuration = Configuration(
            "", str(self.output_dir), {"main": CameraConfig("main", source="test", resolution=(64, 48), **camera)}
        )
        order = Configure(
            configuration=self.configuration,
            accounted_until_ns=accounted_until_ns,
            accounted_wall_ns=accounted_at[0],
            accounted_mono_ns=accounted_at[1],
            earlier_first_ns=earlier[0],
            earlier_last_ns=earlier[1],
            since=since,
        )
        self.session = Session(cast(Worker, self.worker), order, self.configuration.cameras["main"])
        self._streams = streams
        self.session.set_up(order)
        self.session._plan_next()

    def turn(self) -> bool:
        """One turn of the session's loop; whether it has been told to stop."""
        return self.session._turn()

    def open(self) -> None:
        """The camera thread says that the camera is open."""
        self.give(Opening(Opened(driver="test", model="still", streams=self._streams)))
        self.turn()

    def give(self, *results: Result) -> None:
        """A thread's result, to be taken in the next turn."""
        for result in results:
            self.session._inbox.put(result)

    def reload(self, **camera: Any) -> None:
        """Another configuration of the camera has arrived."""
        changed = CameraConfig("main", source="test", resolution=(64, 48), **camera)
        configuration = Configuration("", str(self.output_dir), {"main": changed})
        self.worker.link.configures.append(Configure(configuration=configuration))

    def asked(self) -> Request | None:
        """The request that is open for the camera thread."""
        return self.session._place.open_request()

    def run(self) -> int:
        """The session's whole run, without its threads, until what was given ends it."""
        self.session._camera.start = self.session._writer.start = lambda: None  # type: ignore[method-assign]  # no threads
        return self.session.run()

    def take(self) -> Taken:
        """The camera thread claims the open request; the frame is the caller's to give."""
        request = self.asked()
        assert request is not None, "nothing was asked for"
        assert self.session._place.claim(request)
        return Taken(request.slot_ns, Frame(self.clock.wall, self.clock.mono, jpeg=b"jpeg"), 0, 0)

    def stored(self) -> Stored:
        """The writer thread takes the next frame and has stored it."""
        slot_ns = self.session._writer._queue.get_nowait().slot_ns
        return Stored(
            FrameWritten(camera="main", slot_ns=slot_ns, take=1, path="p", bytes=1, width=1, height=1, lateness_us=0)
        )

    def not_stored(self, cause: MissCause) -> NotStored:
        """The writer thread takes the next frame and refuses it."""
        return NotStored(self.session._writer._queue.get_nowait().slot_ns, cause, "the test says so")

    def shoot(self) -> None:
        """One slot from its request to its frame on the disk."""
        self.give(self.take())
        self.turn()
        self.give(self.stored())
        self.turn()

    def go_to(self, wall_ns: int) -> None:
        """Time passes until then, on both clocks."""
        self.clock.advance((wall_ns - self.clock.wall) / NS_PER_S)

    def shoot_slot(self, number: int) -> None:
        """Time passes until the slot, and its frame gets onto the disk."""
        self.go_to(slot(number))
        self.turn()
        self.shoot()

    def events(self, topic: str) -> list[Struct]:
        """The events of a topic so far."""
        return [data for said, data in self.worker.published if said == topic]

    def told(self) -> list[tuple[int, str]]:
        """What was told so far, slot by slot: (slot, "frame" or the cause)."""
        told: list[tuple[int, str]] = []
        for _, data in self.worker.published:
            if isinstance(data, FrameWritten):
                told.append((data.slot_ns, "frame"))
            elif isinstance(data, FrameMissed):
                slots = range(data.first_slot_ns, data.last_slot_ns + 1, data.interval_ns)
                assert len(slots) == data.count
                told += [(slot_ns, data.cause) for slot_ns in slots]
        return told

    def flushed(self) -> list[tuple[int, str]]:
        """`told`, with what a range keeps back."""
        self.session._teller.flush()
        return self.told()
