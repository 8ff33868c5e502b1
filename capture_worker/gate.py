"""Whether a frame may be written now.

Owns: capture's own look at the disk before each frame, and what storage's events say. Does not own: freeing space.
Invariant: above `stop_above` nothing is written, whoever says otherwise; a `full` that was not repeated for 5 s has
expired, so that a dead storage worker holds nobody back.
"""

from __future__ import annotations

import logging
from pathlib import Path

from shared.brake import Brake
from shared.causes import MissCause
from shared.clock import NS_PER_S
from shared.disk import is_mount_point, usage_of
from shared.errors import DiskError
from shared.events import DiskPressure

log = logging.getLogger(__name__)

EXPIRES_NS = 5 * NS_PER_S


class DiskGate:
    """The gate of one camera. Asks the file system each time: 2 us on a healthy disk, and a hang on a hung one."""

    def __init__(self, output_dir: Path, *, require_mount: bool, stop_above_percent: float) -> None:
        self.stop_above_percent = stop_above_percent
        self._output_dir = output_dir
        self._require_mount = require_mount
        self._full_until_ns: int | None = None
        self._was_closed = False
        self._brake = Brake(log)

    def hear(self, pressure: DiskPressure, now_ns: int) -> None:
        """Storage has said how full the disk is (`now_ns` is monotonic)."""
        self._full_until_ns = now_ns + EXPIRES_NS if pressure.level == "full" else None

    def check_mounted(self) -> None:
        """Raise `DiskError` where the configuration wants a file system mounted and there is none."""
        if self._require_mount and not is_mount_point(self._output_dir):
            raise DiskError(
                f"{self._output_dir}: nothing is mounted there, and require_mount is true: "
                "mount the disk, or set require_mount to false to record on the disk below"
            )

    def refuses(self, now_ns: int) -> MissCause | None:
        """Why nothing may be written now, or None. Raises `DiskError` where the disk is not there or broken."""
        cause = self._full(now_ns)
        # That it is closed is said with the slots that it costs.
        if self._was_closed and cause is None:
            self._brake.say(now_ns, logging.INFO, f"{self._output_dir}: there is room on the disk: recording goes on")
        self._was_closed = cause is not None
        return cause

    def _full(self, now_ns: int) -> MissCause | None:
        self.check_mounted()
        try:
            usage = usage_of(self._output_dir)
        except OSError as error:
            raise DiskError(f"{self._output_dir}: the disk does not answer: {error.strerror}") from error
        if usage.worst_percent > self.stop_above_percent:
            return "disk_full"
        told_full = self._full_until_ns is not None and now_ns < self._full_until_ns
        return "disk_full" if told_full else None
