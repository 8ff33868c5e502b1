"""Telling of bad pictures that last: `camera.warning`, and a line in the log.

Owns: how warnings get out. Does not own: when there is one (`warnings`).
Invariant: each that begins is told before it ends, and none is dropped: one that finds no room is sent with the next
picture.
"""

from __future__ import annotations

import logging
from collections import deque

from msgspec import Struct

from capture_worker.results import Stored
from capture_worker.warnings import Changed, Warnings
from shared.about import about
from shared.events import CameraWarning
from shared.worker import Worker

log = logging.getLogger(__name__)


class _Unsent(Struct, frozen=True):
    event: CameraWarning
    wall_ns: int
    mono_ns: int


class Warner:
    """The main thread's. Knows of no warning at first: a new worker begins anew."""

    def __init__(self, worker: Worker, camera: str) -> None:
        self._worker = worker
        self._camera = camera
        self._warnings = Warnings()
        self._unsent: deque[_Unsent] = deque()

    def take(self, stored: Stored) -> None:
        """A frame that was stored. Never blocks."""
        for changed in self._warnings.take(stored.written.slot_ns, stored.found):
            self._say(changed)
        while self._unsent:
            first = self._unsent[0]
            if not self._worker.offer("camera.warning", first.event, first.wall_ns, first.mono_ns):
                return
            self._unsent.popleft()

    def _say(self, changed: Changed) -> None:
        if changed.active:
            log.warning("the pictures are %s: %s", changed.warning, changed.detail, extra=about(cause=changed.warning))
        else:
            log.info("the pictures are no longer %s", changed.warning, extra=about(cause=changed.warning))
        event = CameraWarning(
            camera=self._camera,
            warning=changed.warning,
            active=changed.active,
            since_slot_ns=changed.since_slot_ns,
            detail=changed.detail,
        )
        self._unsent.append(_Unsent(event, self._worker.clock.wall_ns(), self._worker.clock.mono_ns()))
