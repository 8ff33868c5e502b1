"""`.status.json`: the supervisor's picture on the disk, for whoever looks without asking it.

Owns: writing what was heard, at most once a second, and the last of it always. Does not own: the content.
Invariant: the file is whole or the one before it; a disk that refuses it stops nothing, and it is tried again.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec

from shared.brake import Brake
from shared.clock import NS_PER_S
from shared.durable import replace_file
from shared.status import FILE_NAME

log = logging.getLogger(__name__)

_INTERVAL_NS = NS_PER_S


class StatusFile:
    """`output_dir/.status.json`. The time is an argument everywhere: monotonic nanoseconds."""

    def __init__(self, output_dir: Path) -> None:
        self.path = output_dir / FILE_NAME
        self._waiting: dict[str, Any] | None = None
        self._earliest_mono_ns = 0
        self._brake = Brake(log)

    @property
    def due_mono_ns(self) -> int | None:
        """When there is something to write; None while there is not."""
        return None if self._waiting is None else self._earliest_mono_ns

    def offer(self, picture: dict[str, Any]) -> None:
        """The newest picture; it replaces one that has not been written yet."""
        self._waiting = picture

    def write(self, now_mono_ns: int) -> None:
        """Write what waits, and be due again in a second at the earliest. Blocks for the disk, and never raises."""
        if self._waiting is None:
            return
        self._earliest_mono_ns = now_mono_ns + _INTERVAL_NS
        try:
            replace_file(self.path, as_json(self._waiting))
        except OSError as error:
            self._brake.warn(now_mono_ns, f"{self.path}: can't be written, trying again: {error.strerror}")
        else:
            self._waiting = None


def as_json(picture: dict[str, Any]) -> bytes:
    """The picture as it stands in the file: for people to read and programs to parse."""
    return msgspec.json.format(msgspec.json.encode(picture), indent=2) + b"\n"
