"""The supervisor's loop: one thread, one poller, nothing that blocks.

Owns: the turns of the loop, what arrives on the sockets, the two stages of a shutdown.
Does not own: decisions about workers (`supervisor.policy`), what they say (`supervisor.hearing`), what is told
periodically (`supervisor.telling`), answers (`supervisor.desk`), nor the words for systemd (`supervisor.notify`).
Invariant: before a lease counts as run out, every lease that has arrived was read, and time for which this process
stood still taken off.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

from shared import wire
from shared.clock import NS_PER_MS, NS_PER_S, Clock, both
from shared.config.model import Configuration
from shared.errors import EX_OK, BusyError, ConfigError, TimelapseError
from shared.events import SupervisorStarted, SupervisorStopping
from shared.messages import Configure
from shared.signals import SignalQueue
from shared.transport import Hub, Poller
from shared.version import VERSION
from supervisor.brake import Brake
from supervisor.bus import Bus
from supervisor.commands import STOPPING, Commands
from supervisor.crew import Crew
from supervisor.desk import Desk
from supervisor.gap import gaps_of
from supervisor.hearing import Hearing
from supervisor.memory import Memory
from supervisor.notify import Notifier
from supervisor.picture import Picture
from supervisor.probes import Probes
from supervisor.reading import Reading
from supervisor.rebinding import Rebinding
from supervisor.reloader import Reloader
from supervisor.roster import RENDER
from supervisor.service_line import STOPPING_LINE
from supervisor.standby import Standby
from supervisor.states import Happening
from supervisor.supervised import Supervised
from supervisor.telling import Telling

log = logging.getLogger(__name__)

_LONGEST_WAIT_NS = 60 * NS_PER_S
_STALL_ABOVE_NS = 20 * NS_PER_MS
"""Standing still for less is ordinary scheduling, which the leases' own slack covers."""
_LEASE_BATCH = 5000
"""All that can be waiting, unless somebody floods the socket."""
_BATCH = 500
"""Messages taken from one socket in one turn: a flood on one must not starve the others."""
_ANSWERING_NS = 10 * NS_PER_MS
"""Time for answers in one turn. A page of `replay` takes some milliseconds, and hangs have to be found meanwhile."""
_FIRST_TO_STOP = ("render", "capture")
_STOP_S = 0.2
_STOP_REST_S = 0.1
_SLAY_S = 0.05
"""All of it, with both kills, stays under the half second that a shutdown may take."""


class Supervisor:
    """Runs until it is told to stop. One in a process; the runtime directory must be locked.

    `notifier` is the way to systemd; without it nothing is said there.
    """

    def __init__(
        self, configuration: Configuration, runtime_dir: Path, clock: Clock, notifier: Notifier | None = None
    ) -> None:
        self.runtime_dir = runtime_dir
        self._clock = clock
        self._notifier = notifier or Notifier()
        self._signals = SignalQueue()
        self._hub = Hub(runtime_dir)
        self._bus = Bus(self._hub, clock)
        self._memory = Memory(runtime_dir)
        self._picture = Picture()
        self._reloader = Reloader(configuration, clock)
        self._poller = Poller()
        self._standby = Standby(runtime_dir, self._poller, clock)
        self._crew = Crew(runtime_dir, self._memory, clock, tell=self._tell, spawn=self._standby.spawn)
        self._rebinding = Rebinding(runtime_dir, self._hub)
        self._brake = Brake(self._hub.tally, clock.mono_ns())
        self._probes = Probes(self._poller)
        # Not the leases: they are read in every turn, and there is one each second. No lease is shorter than its slack
        # of a second, so each is known before it runs out; waking for all of them was most of what this process cost.
        for socket in (self._hub.workers, self._hub.events, self._hub.control):
            self._poller.add(socket)
        self._poller.add(self._signals.fd)
        self._reading = Reading(configuration.path, self._poller, clock)
        self._hearing = Hearing(
            self._hub, self._bus, self._crew, memory=self._memory, picture=self._picture, reloader=self._reloader
        )
        self._telling = Telling(
            runtime_dir,
            self._hub,
            self._bus,
            clock,
            crew=self._crew,
            picture=self._picture,
            reloader=self._reloader,
            standby=self._standby,
            notifier=self._notifier,
        )
        self._desk = Desk(
            Commands(
                self._hub,
                self._bus,
                self._crew,
                self._memory,
                reload=self._ask_for_reload,
                status=self._telling.status,
                is_stopping=lambda: bool(self._stage),
            )
        )
        self._ready: set[Any] = set()
        self._watched: dict[int, Supervised] = {}
        self._turned_ns = clock.mono_ns()
        self._worked_ns = time.thread_time_ns()
        self._stage = ""

    def run(self) -> int:
        """Supervise. Blocks until a shutdown is complete; the exit status."""
        configuration = self._reloader.configuration
        gaps = gaps_of(configuration.cameras, self._memory, *both(self._clock))
        for name, gap in gaps.items():
            if gap.slots:
                log.info("nobody has recorded %s for %.1f s (%d slots)", name, gap.gap_s, gap.slots)
        started = SupervisorStarted(pid=os.getpid(), version=VERSION, config=configuration.path, gaps=gaps)
        self._bus.publish("supervisor.started", started)
        self._picture.configure(configuration)
        self._standby.configure(configuration)
        self._crew.configure(configuration)
        self._notifier.ready()
        while self._stage != "ended":
            self._turn()
        self._hub.close()
        self._notifier.close()
        return EX_OK

    def _turn(self) -> None:
        self._watch_processes()
        stalled_ns = self._wait()
        # What is not ready is not asked: each needless call, with cold caches, is a part of all that a turn costs.
        if self._signals.fd in self._ready:
            self._take_signals()
        self._take_messages()
        if stalled_ns > _STALL_ABOVE_NS:
            self._crew.leases.allow(stalled_ns, self._clock.mono_ns())
        if not self._watched.keys().isdisjoint(self._ready):
            self._reap()
        self._take_configuration()
        self._crew.end_hangs(self._clock.mono_ns())
        self._crew.run_timers(self._clock.mono_ns())
        for name in self._probes.appeared(self._crew.workers, self._picture, self._clock.mono_ns()):
            self._crew.happen(name, Happening.APPEARED)
        records = {name: worker.record for name, worker in self._crew.workers.items()}
        self._standby.turn(records, self._ready)
        self._shut_down_further()
        self._tell_periodically()
        # Invariant: the last thing of a turn, and the only place. What does not come this far does not feed.
        self._notifier.turned(self._clock.mono_ns())

    def _wait(self) -> int:
        """Wait for what is due or arrives. How long this process stood still, in the wait or in the turn before it.

        What it worked is no standing still: else a client that keeps it busy would hide hangs.
        """
        began_ns, worked_ns = self._clock.mono_ns(), time.thread_time_ns()
        wait_ns = max(0, self._next_due_ns() - began_ns)
        self._ready = self._poller.wait(wait_ns)
        now_ns = self._clock.mono_ns()
        stalled_ns = max(0, began_ns - self._turned_ns - (worked_ns - self._worked_ns))
        stalled_ns += max(0, now_ns - began_ns - wait_ns)
        self._turned_ns, self._worked_ns = now_ns, time.thread_time_ns()
        return stalled_ns

    def _next_due_ns(self) -> int:
        now_ns = self._clock.mono_ns()
        due = [
            now_ns + _LONGEST_WAIT_NS,
            self._telling.due_ns(),
            self._crew.next_due_ns(),
            self._probes.next_due_ns(),
            self._reading.due_ns(),
            self._standby.due_ns(),
            self._notifier.due_ns(),
        ]
        return max(now_ns, min(due_ns for due_ns in due if due_ns is not None))

    def _watch_processes(self) -> None:
        current = {worker.process.fd: worker for worker in self._crew.workers.values() if worker.process is not None}
        for fd in current.keys() - self._watched.keys():
            self._poller.add(fd)
        self._watched = current

    def _take_signals(self) -> None:
        for number in self._signals.taken():
            if number == signal.SIGHUP:
                if not self._stage:
                    self._ask_for_reload()
            else:
                self._begin_shutdown(signal.Signals(number).name)

    def _take_messages(self) -> None:
        # Invariant: leases are read in every turn, since one is judged in every turn; the rest when it is there.
        for lease in self._hub.lease_messages(_LEASE_BATCH):
            self._crew.observe(lease)
        if self._hub.workers in self._ready:
            for route, message in self._hub.worker_messages(_BATCH):
                self._hearing.take(route, message)
        if self._hub.control in self._ready:
            self._answer_requests()
        if self._hub.events in self._ready:
            self._hub.drain_subscriptions(_BATCH)

    def _answer_requests(self) -> None:
        until_ns = self._clock.mono_ns() + _ANSWERING_NS
        for back, request in self._hub.requests(_BATCH):
            if (answer := self._desk.answer(request, back)) is not None:
                self._hub.answer(back, answer)
            if self._clock.mono_ns() > until_ns:
                break

    def _reap(self) -> None:
        for worker in self._crew.reap():
            self._picture.changed = True
            if worker.name == RENDER:
                self._picture.render_worker_ended()
            for fd in [fd for fd, watched in self._watched.items() if watched is worker]:
                # The number may be given to the next process at once.
                del self._watched[fd]
                self._poller.remove(fd)

    def _begin_shutdown(self, reason: str) -> None:
        if self._stage:
            log.warning("%s again: everything is killed now", reason)
            self._crew.slay_all()
            return
        log.info("%s: stopping", reason)
        self._bus.publish("supervisor.stopping", SupervisorStopping(reason=reason))
        self._notifier.stopping(STOPPING_LINE)
        self._stage = "capture"
        self._telling.is_stopping = True
        self._end_reading()
        self._standby.end()
        # Together: what renders leaves room to those that record while they put away their last frames.
        for kind in _FIRST_TO_STOP:
            self._crew.wind_down(kind, _STOP_S, _SLAY_S)

    def _shut_down_further(self) -> None:
        if self._stage == "capture" and not any(self._crew.alive(kind) for kind in _FIRST_TO_STOP):
            self._stage = "rest"
            self._crew.wind_down("", _STOP_REST_S, _SLAY_S)
        if self._stage == "rest" and not self._crew.alive() and self._standby.is_gone():
            self._stage = "ended"

    def _tell_periodically(self) -> None:
        if self._telling.turn():
            now_ns = self._clock.mono_ns()
            self._brake.say(now_ns)
            if self._rebinding.mend(now_ns):
                self._memory.make_directories()

    def _tell(self, topic: str, data: Any) -> None:
        self._picture.changed = True
        self._bus.publish(topic, data)

    def _ask_for_reload(self) -> int:
        self._notifier.reloading(self._clock.mono_ns())
        return self._reading.ask()

    def _take_configuration(self) -> None:
        for read, new in self._reading.outcomes():
            topic, event = self._reloader.take(new)
            self._tell(topic, event)
            if not isinstance(new, ConfigError):
                self._apply_configuration()
            self._answer_waiting(read, new if isinstance(new, ConfigError) else wire.check_event_data(topic, event))
            # Whoever asked meanwhile waits for another read, and it is not over before that one is.
            if not self._reading.is_under_way:
                self._notifier.ready()

    def _end_reading(self) -> None:
        read = self._reading.end()
        self._answer_waiting(read, BusyError(STOPPING))

    def _answer_waiting(self, read: int, outcome: dict[str, Any] | TimelapseError) -> None:
        for back, answer in self._desk.conclude(read, outcome):
            self._hub.answer(back, answer)

    def _apply_configuration(self) -> None:
        configuration = self._reloader.configuration
        self._picture.configure(configuration)
        self._standby.configure(configuration)
        for worker in self._crew.workers.values():
            if worker.process is not None and worker.configured_incarnation == worker.incarnation:
                self._hub.send_to_worker(worker.route, Configure(configuration=configuration))
        self._crew.configure(configuration)
