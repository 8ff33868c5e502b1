"""Noticing that a camera of this machine is back: udev says so, or a look below /dev does.

Owns: whose camera is looked for, and when to look. Does not own: looking (`supervisor.device_nodes`), hearing
(`supervisor.udev_socket`), what counts as new (`supervisor.edges`), nor what follows.
Invariant: a camera is back when there is a node that is new to its worker; one that is there and gives no pictures
meets the delays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.clock import NS_PER_MS
from shared.transport import Poller
from supervisor.device_nodes import Node, nodes_of
from supervisor.edges import Edges
from supervisor.roster import camera_of
from supervisor.states import State
from supervisor.supervised import Supervised
from supervisor.uevent import tells_of_a_camera

if TYPE_CHECKING:
    from supervisor.udev_socket import UdevSocket

LOOK_EVERY_NS = 200 * NS_PER_MS
CALM_EVERY_NS = 1000 * NS_PER_MS
"""Where udev has been heard before: it will be again."""
SOON_EVERY_NS = 50 * NS_PER_MS
_SOON_FOR_NS = 1000 * NS_PER_MS
"""After a word of udev's: the link or the mode may come a moment later, from another rule or daemon."""


class Devices:
    """The cameras of this machine. Never blocks. A descriptor is in `poller` only while some camera is looked for."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._edges = Edges[Node]()
        self._waiting: dict[str, str] = {}
        self._failed: set[tuple[str, int]] = set()
        """Whose process waits, and which it was: one that was started and has failed again since is looked for anew."""
        self._back: set[str] = set()
        self._udev: UdevSocket | None = None
        self._has_heard = False
        self._look_ns = self._soon_until_ns = 0

    def back(self, workers: Mapping[str, Supervised], devices: Mapping[str, str], now_ns: int) -> set[str]:
        """The workers in back-off whose camera is there again, until they are started. `devices`: paths by camera."""
        before, self._waiting = self._waiting, {}
        self._edges.keep(workers)
        for name, worker in workers.items():
            if device := devices.get(camera_of(name) or ""):
                if not self._edges.knows(worker):
                    self._edges.note(worker, nodes_of(device))
                if _waits(worker):
                    self._waiting[name] = device
        if not self._waiting:
            self._stop_listening()
            self._failed = set()
            return set()
        if not before:
            self._listen()
        failed_before, self._failed = self._failed, {(name, workers[name].incarnation) for name in self._waiting}
        if self._is_told(now_ns) or self._failed - failed_before or now_ns >= self._look_ns:
            self._look(now_ns)
        return self._back & self._waiting.keys()

    def next_due_ns(self) -> int | None:
        """When to look next."""
        return self._look_ns if self._waiting else None

    def _listen(self) -> None:
        try:
            from supervisor.udev_socket import UdevSocket  # noqa: PLC0415 - half a megabyte that few ever need

            self._udev = UdevSocket()
        except OSError:
            # Denied by the unit or the container, or no descriptor is left: looking does without.
            return
        self._poller.add(self._udev.fd)

    def _stop_listening(self) -> None:
        if self._udev is not None:
            self._poller.remove(self._udev.fd)
            self._udev.close()
            self._udev = None

    def _is_told(self, now_ns: int) -> bool:
        if self._udev is None:
            return False
        heard = self._udev.heard()
        self._has_heard = self._has_heard or bool(heard.messages)
        is_told = heard.is_lossy or any(tells_of_a_camera(message) for message in heard.messages)
        if is_told:
            self._soon_until_ns = now_ns + _SOON_FOR_NS
        return is_told

    def _look(self, now_ns: int) -> None:
        self._back = {name for name, device in self._waiting.items() if self._edges.is_new(name, nodes_of(device))}
        every_ns = CALM_EVERY_NS if self._udev is not None and self._has_heard else LOOK_EVERY_NS
        self._look_ns = now_ns + (SOON_EVERY_NS if now_ns < self._soon_until_ns else every_ns)


def _waits(worker: Supervised) -> bool:
    # A crash too, unlike with a network camera: libraries do crash when a device is pulled out under them.
    return worker.record.state is State.BACKOFF and worker.last_cause in {"camera", "hang", "crash"}
