"""Which cameras are being looked for, and which have come back.

Owns: one probe for each network camera whose worker waits. Does not own: how to probe (`supervisor.presence`).
Invariant: a camera is looked for only while its worker is in back-off over the camera, so that a healthy one never
sees a connection of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from supervisor.roster import camera_of
from supervisor.states import State
from supervisor.supervised import Supervised

if TYPE_CHECKING:
    from supervisor.presence import Presence


class Probes:
    """The probes in progress. Never blocks."""

    def __init__(self) -> None:
        self._probes: dict[str, Presence] = {}
        self._absent: set[str] = set()
        """Whose camera was absent when it was last looked for: it may come back while its worker fails once more."""
        self._doubted: set[str] = set()
        """Who was started because its camera answered us, and has not recorded since: the word of such a worker that
        nobody answers is not taken again, or the two would take turns for ever."""

    def appeared(self, workers: Mapping[str, Supervised], addresses: Mapping[str, str], now_ns: int) -> list[str]:
        """The workers whose camera has come back. `addresses`: "host:port" of the last success, by camera."""
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
        return back

    def next_due_ns(self) -> int | None:
        """When there is something to look at."""
        return min((probe.due_ns for probe in self._probes.values()), default=None)

    def _forget(self, name: str) -> None:
        probe = self._probes.pop(name)
        probe.close()
        if probe.absent:
            self._absent.add(name)
        else:
            self._absent.discard(name)


def _looks_for(worker: Supervised, addresses: Mapping[str, str]) -> tuple[str, int] | None:
    if worker.record.state is not State.BACKOFF or worker.last_cause not in {"camera", "hang"}:
        return None
    from supervisor.presence import numeric_target  # noqa: PLC0415 - as above

    return numeric_target(addresses.get(camera_of(worker.name) or "", ""))
