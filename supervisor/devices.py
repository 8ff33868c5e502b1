"""Noticing that a camera of this machine is back: udev says so, or a look below /dev does.

Owns: whose camera is looked for, what was there when its worker was started, and when to look.
Does not own: looking (`supervisor.device_nodes`), hearing (`supervisor.udev_socket`), nor what follows.
Invariant: only the edge counts. A camera is back when there is a node that was not there, or not this one, when its
worker was started; one that is there and gives no pictures meets the delays. So nothing is missed that was too quick to
be seen, or came while the worker failed once more. Where the worker has had the new one already, it is started once for
nothing, which costs less than to be wrong the other way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from shared.clock import NS_PER_MS
from shared.transport import Poller
from supervisor.device_nodes import Node, nodes_of
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


class _Known(NamedTuple):
    """What was there when process number `incarnation` was started, and has been there since."""

    incarnation: int
    nodes: frozenset[Node]


class Devices:
    """The cameras of this machine. Never blocks. A descriptor is in `poller` only while some camera is looked for."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._known: dict[str, _Known] = {}
        self._waiting: dict[str, str] = {}
        self._back: set[str] = set()
        self._udev: UdevSocket | None = None
        self._has_heard = False
        self._look_ns = self._soon_until_ns = 0

    def back(self, workers: Mapping[str, Supervised], devices: Mapping[str, str], now_ns: int) -> set[str]:
        """The workers in back-off whose camera is there again, until they are started. `devices`: paths by camera."""
        before, self._waiting = self._waiting, {}
        for name in self._known.keys() - workers.keys():
            del self._known[name]
        for name, worker in workers.items():
            if device := devices.get(camera_of(name) or ""):
                self._note(name, worker, device)
                if _waits(worker):
                    self._waiting[name] = device
        if not self._waiting:
            self._stop_listening()
            return set()
        if not before:
            self._listen()
        if self._is_told(now_ns) or self._waiting.keys() - before.keys() or now_ns >= self._look_ns:
            self._look(now_ns)
        return self._back & self._waiting.keys()

    def next_due_ns(self) -> int | None:
        """When to look next."""
        return self._look_ns if self._waiting else None

    def _note(self, name: str, worker: Supervised, device: str) -> None:
        known = self._known.get(name)
        if known is None or known.incarnation != worker.incarnation:
            self._known[name] = _Known(worker.incarnation, nodes_of(device))

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
        self._back = {name for name, device in self._waiting.items() if self._is_back(name, device)}
        every_ns = CALM_EVERY_NS if self._udev is not None and self._has_heard else LOOK_EVERY_NS
        self._look_ns = now_ns + (SOON_EVERY_NS if now_ns < self._soon_until_ns else every_ns)

    def _is_back(self, name: str, device: str) -> bool:
        known, there = self._known[name], nodes_of(device)
        # What has gone and comes back unchanged, as after a change of its mode, is back too.
        self._known[name] = known._replace(nodes=known.nodes & there)
        return not there <= known.nodes


def _waits(worker: Supervised) -> bool:
    # A crash too, unlike with a network camera: libraries do crash when a device is pulled out under them.
    return worker.record.state is State.BACKOFF and worker.last_cause in {"camera", "hang", "crash"}
