"""What the supervisor tells without being asked: the tick, the whole picture, and systemd's line.

Owns: when each is due, and putting the picture together. Does not own: what is in it (`supervisor.picture`, the
workers), nor the words of the line (`supervisor.service_line`).
Invariant: a tick each second; the picture when it changes, at most once a second, and every 5 s. Nothing that a worker
has said keeps it from being told for longer than it is there.
"""

from __future__ import annotations

import os
from pathlib import Path

from shared.clock import NS_PER_S, Clock, both, by_present_clock
from shared.errors import WireError
from shared.status import SCHEMA, Status, SupervisorStatus
from shared.transport import Hub
from shared.version import VERSION
from supervisor.bus import Bus
from supervisor.crew import Crew
from supervisor.notify import Notifier
from supervisor.picture import Picture, iso
from supervisor.reloader import Reloader
from supervisor.service_line import service_line
from supervisor.standby import Standby

_TICK_NS = NS_PER_S
_STATUS_EVERY_NS = 5 * NS_PER_S
_STATUS_AT_MOST_NS = NS_PER_S


class Telling:
    """Let it have a `turn` in each of the loop's. `is_stopping` is for the loop to set. Never blocks."""

    def __init__(
        self,
        runtime_dir: Path,
        hub: Hub,
        bus: Bus,
        clock: Clock,
        *,
        crew: Crew,
        picture: Picture,
        reloader: Reloader,
        standby: Standby,
        notifier: Notifier,
    ) -> None:
        self.is_stopping = False
        self._runtime_dir = runtime_dir
        self._hub = hub
        self._bus = bus
        self._clock = clock
        self._crew = crew
        self._picture = picture
        self._reloader = reloader
        self._standby = standby
        self._notifier = notifier
        self._started = both(clock)
        self._started_ns = self._tick_due_ns = clock.mono_ns()
        self._status_sent_ns = 0
        self._states: list[tuple[str, str]] = []

    def turn(self) -> bool:
        """Tell what is due; whether a tick was."""
        now_ns = self._clock.mono_ns()
        states = [("", self._standby.state)]
        states += [(name, worker.record.state) for name, worker in self._crew.workers.items()]
        if states != self._states:
            self._states, self._picture.changed = states, True
        ticks = now_ns >= self._tick_due_ns
        if ticks:
            self._tick_due_ns = now_ns + _TICK_NS
            self._bus.tick()
        if now_ns >= self._status_due_ns():
            self._status_sent_ns = now_ns
            self._picture.changed = False
            self.tell_status()
        return ticks

    def due_ns(self) -> int:
        """When something is due."""
        return min(self._tick_due_ns, self._status_due_ns())

    def tell_status(self) -> None:
        """The picture as it is now, to all who listen."""
        status = self.status()
        try:
            self._bus.publish("status", status)
        except WireError as error:
            # Nothing that a worker says may end the supervisor, not even sums that no message can hold.
            self._hub.tally.count("status", str(error))
        if self._notifier.listens:
            self._notifier.status(service_line(status, self._clock.wall_ns()))

    def status(self) -> Status:
        """The whole picture."""
        return Status(
            schema=SCHEMA,
            written_at=iso(self._clock.wall_ns()),
            seq=self._bus.seq,
            supervisor=SupervisorStatus(
                pid=os.getpid(),
                boot=self._bus.boot,
                version=VERSION,
                started_wall_ns=by_present_clock(self._started, self._clock),
                uptime_s=round((self._clock.mono_ns() - self._started_ns) / NS_PER_S, 1),
                state="stopping" if self.is_stopping else "running",
                runtime_dir=str(self._runtime_dir),
                dropped_messages=dict(self._hub.tally.malformed),
            ),
            workers={name: worker.status() for name, worker in self._crew.workers.items()},
            cameras=dict(self._picture.cameras),
            storage=self._picture.storage,
            config=self._reloader.status(),
            standby=self._standby.status(),
            render=self._picture.render,
        )

    def _status_due_ns(self) -> int:
        return self._status_sent_ns + (_STATUS_AT_MOST_NS if self._picture.changed else _STATUS_EVERY_NS)
