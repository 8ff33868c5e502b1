"""What workers say, and what it counts for.

Owns: whose word counts, for which camera, and what follows from it: configuration, accounts, events, the picture.
Does not own: the socket and the loop's turn, nor decisions about workers (`supervisor.policy`).
Invariant: nothing that a worker says ends the supervisor. What is not for it to say is counted and dropped. A slot is
noted as told, with its event, before the event is sent.
"""

from __future__ import annotations

import logging
from typing import Any

from shared import wire
from shared.about import about
from shared.errors import WireError
from shared.events import RENDER_TOPICS, WORKER_TOPICS
from shared.messages import Cancelled, Configure, Hello, Pruned, Published, Ready, Snapped, WorkerMessage
from shared.transport import Hub
from supervisor.bus import Bus
from supervisor.causes import MISS_CAUSES
from supervisor.crew import Crew
from supervisor.memory import Memory
from supervisor.picture import Picture
from supervisor.reloader import Reloader
from supervisor.roster import RENDER, camera_of
from supervisor.states import Happening
from supervisor.supervised import Supervised

log = logging.getLogger(__name__)

_WORK = frozenset({"disk.pressure", "render.waiting", "render.finished"})
"""What shows that a worker is of use, as a frame does: it has looked, and found nothing to do or done it."""


class Hearing:
    """Takes the workers' messages. Never blocks."""

    def __init__(self, hub: Hub, bus: Bus, crew: Crew, *, memory: Memory, picture: Picture, reloader: Reloader) -> None:
        self._hub = hub
        self._bus = bus
        self._crew = crew
        self._memory = memory
        self._picture = picture
        self._reloader = reloader

    def take(self, route: bytes, message: WorkerMessage) -> None:
        """One message. `route` is the way back."""
        speaker = self._crew.speaker(message)
        if speaker is None:
            return
        match message:
            case Hello():
                self._configure(speaker, route, message)
            case Ready():
                log.info("%s (pid %d) is ready", speaker.name, message.pid, extra=about(worker=speaker.name))
                self._happen_to(speaker, message, Happening.READY)
            case Published():
                self._take_event(speaker, message)
            case Snapped():
                self._crew.snapped(message)
            case Pruned():
                self._crew.pruned(message)
            case Cancelled():
                self._crew.cancelled(message)

    def _configure(self, worker: Supervised, route: bytes, message: Hello) -> None:
        if worker.process is None or message.incarnation != worker.incarnation:
            return
        worker.route = route
        worker.configured_incarnation, worker.configured_pid = message.incarnation, message.pid
        camera = camera_of(worker.name)
        self._reloader.note_restarted(camera or "")
        accounted = self._memory.accounted(camera) if camera else None
        order = Configure(
            configuration=self._reloader.configuration,
            accounted_until_ns=accounted.until_ns if accounted else None,
            accounted_wall_ns=accounted.wall_ns if accounted else 0,
            accounted_mono_ns=accounted.mono_ns if accounted else 0,
            earlier_first_ns=accounted.earlier_first_ns if accounted else 0,
            earlier_last_ns=accounted.earlier_last_ns if accounted else -1,
            since=MISS_CAUSES[worker.last_cause] if worker.last_cause else "down",
        )
        self._hub.send_to_worker(route, order)

    def _take_event(self, worker: Supervised, message: Published) -> None:
        try:
            if message.topic not in WORKER_TOPICS:
                raise WireError(f"{message.topic[:60]!r} is not for a worker to say")
            data = wire.check_event_data(message.topic, message.data)
            _check_speaks_for(worker.name, message.topic, data)
        except WireError as error:
            self._hub.tally.count("workers", str(error))
            return
        if message.dropped:
            self._hub.tally.count("workers", f"{worker.name} had to drop {message.dropped} events", message.dropped)
        packed = self._bus.number(message.topic, worker.name, data, message.wall_ns, message.mono_ns)
        self._account(message.topic, data, packed)
        self._bus.send(message.topic, packed)
        self._picture.take(message.topic, data, message.wall_ns)
        if message.topic in _WORK or (message.topic == "frame.written" and not data["recovered"]):
            self._happen_to(worker, message, Happening.WORKED)

    def _happen_to(self, worker: Supervised, message: Ready | Published, happening: Happening) -> None:
        # What the one before said last is told on the tap, but must not count as the work of its successor.
        if message.incarnation == worker.incarnation:
            self._crew.happen(worker.name, happening)

    def _account(self, topic: str, data: dict[str, Any], packed: bytes) -> None:
        # Noted first, with the message itself, and sent second: after a kill in between it is in the replay.
        if topic == "frame.written":
            self._memory.note_accounted(data["camera"], data["slot_ns"], data["slot_ns"], packed)
        elif topic == "frame.missed":
            self._memory.note_accounted(data["camera"], data["first_slot_ns"], data["last_slot_ns"], packed)


def _check_speaks_for(worker: str, topic: str, data: dict[str, Any]) -> None:
    """Raise `WireError` where it is not this worker's to say: who records tells of its own camera alone."""
    if (topic in RENDER_TOPICS) != (worker == RENDER):
        raise WireError(f"{topic} is not for {worker} to say")
    if worker != RENDER and data.get("camera", camera_of(worker)) != camera_of(worker):
        raise WireError(f"{worker} speaks for another camera")
