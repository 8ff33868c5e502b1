"""Which cameras and disks are being looked for, and whose worker is started because its own is back.

Owns: one probe for each network camera whose worker waits, and how often a return is followed at once.
Does not own: how to probe (`supervisor.presence`), nor how to look for a device (`supervisor.devices`) or a disk
(`supervisor.disks`).
Invariant: a camera is looked for only while its worker is in back-off over the camera, so that a healthy one never
sees a connection of ours.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.about import about
from shared.brake import Brake
from shared.causes import WorkerCause
from shared.clock import NS_PER_S
from shared.transport import Poller
from supervisor.devices import Devices
from supervisor.disks import Disks
from supervisor.early_starts import ONE_MORE_EACH_NS, EarlyStarts
from supervisor.picture import Picture
from supervisor.roster import camera_of
from supervisor.states import State
from supervisor.supervised import Supervised

if TYPE_CHECKING:
    from supervisor.presence import Presence

log = logging.getLogger(__name__)

_EACH_S = ONE_MORE_EACH_NS / NS_PER_S


class Probes:
    """The probes in progress. Never blocks."""

    def __init__(self, poller: Poller) -> None:
        self._probes: dict[str, Presence] = {}
        self._absent: set[str] = set()
        """Whose camera was absent when it was last looked for: it may come back while its worker fails once more."""
        self._doubted: set[str] = set()
        """Who was started because its camera answered us, and has not recorded since: the word of such a worker that
        nobody answers is not taken again, or the two would take turns for ever."""
        self._answered: set[str] = set()
        """Whose camera has answered again, and who has not been started for it yet."""
        self._devices = Devices(poller)
        self._disks = Disks()
        self._early: defaultdict[str, EarlyStarts] = defaultdict(EarlyStarts)
        self._held: set[str] = set()
        self._brakes: defaultdict[str, Brake] = defaultdict(lambda: Brake(log))

    def appeared(self, workers: Mapping[str, Supervised], picture: Picture, now_ns: int) -> list[str]:
        """The workers to start now, because the camera or the disk has come back since they failed."""
        self._look_for_addresses(workers, picture.addresses, now_ns)
        disks = self._disks.back(workers, picture.storage.output_dir, now_ns)
        back = self._answered | self._devices.back(workers, picture.devices, now_ns) | disks
        started = [name for name in sorted(back) if self._is_followed(workers[name], now_ns)]
        self._answered.difference_update(started)
        for name in (back - self._held).difference(started):
            what: WorkerCause = "disk" if name in disks else "camera"
            line = f"{name}: its {what} comes and goes without a frame; it is tried each {_EACH_S:g} s only"
            self._brakes[name].say(now_ns, logging.WARNING, line, about(worker=name, cause=what))
        self._held = back.difference(started)
        for name in self._early.keys() - workers.keys():
            del self._early[name]
        return started

    def next_due_ns(self) -> int | None:
        """When there is something to look at, or somebody to be started."""
        due_ns = [probe.due_ns for probe in self._probes.values()] + [self._early[name].due_ns for name in self._held]
        looked_ns = (self._devices.next_due_ns(), self._disks.next_due_ns())
        return min([*due_ns, *(each for each in looked_ns if each is not None)], default=None)

    def _look_for_addresses(self, workers: Mapping[str, Supervised], addresses: Mapping[str, str], now_ns: int) -> None:
        wanted = {name: target for name, worker in workers.items() if (target := _looks_for(worker, addresses))}
        for name in self._probes.keys() - wanted.keys():
            self._forget(name)
        running = {name for name, worker in workers.items() if worker.record.state is State.RUNNING}
        self._absent -= running
        self._doubted -= running
        for name in wanted.keys() - self._probes.keys():
            from supervisor.presence import Presence  # noqa: PLC0415 - half a megabyte that few ever need

            found_absent = workers[name].found_absent and name not in self._doubted
            self._probes[name] = Presence(wanted[name], now_ns, absent=name in self._absent or found_absent)
        back = [name for name, probe in self._probes.items() if probe.look(now_ns)]
        self._doubted.update(back)
        self._answered.update(back)

    def _is_followed(self, worker: Supervised, now_ns: int) -> bool:
        if worker.record.worked:
            # It has recorded since it was started last, which is all that following is for.
            self._early.pop(worker.name, None)
        return self._early[worker.name].take(now_ns)

    def _forget(self, name: str) -> None:
        probe = self._probes.pop(name)
        probe.close()
        self._answered.discard(name)
        if probe.absent:
            self._absent.add(name)
        else:
            self._absent.discard(name)


def _looks_for(worker: Supervised, addresses: Mapping[str, str]) -> tuple[str, int] | None:
    if worker.record.state is not State.BACKOFF or worker.last_cause not in {"camera", "hang"}:
        return None
    from supervisor.presence import numeric_target  # noqa: PLC0415 - as above

    return numeric_target(addresses.get(camera_of(worker.name) or "", ""))
