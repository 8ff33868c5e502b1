"""QEMU's control channel (QMP) over its standard input and output.

Owns: one command, one answer. Does not own: the process.
Invariant: an answer is waited for no longer than was said; QEMU's own events are passed over.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from typing import Any


class MonitorError(Exception):
    """QEMU refused a command, or is gone."""


class Monitor:
    """Blocks in each call. Not for several threads."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin, process.stdout.fileno()
        self._unread = b""
        self._ready = False

    def run(self, command: str, patience_s: float = 60.0, **arguments: Any) -> Any:
        """What a command returns. Raises MonitorError."""
        if not self._ready:
            self._next_line(time.monotonic() + patience_s)  # the greeting
            self._ready = True
            self.run("qmp_capabilities")
        try:
            self._to.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
            self._to.flush()
        except OSError as error:
            raise MonitorError(f"QEMU is gone: {error}") from error
        deadline = time.monotonic() + patience_s
        while True:
            answer = json.loads(self._next_line(deadline))
            if "error" in answer:
                raise MonitorError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def save_ram(self, uri: str, patience_s: float = 300.0) -> None:
        """Write the paused machine's memory and state out. Raises MonitorError."""
        self.run("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
        self.run("migrate", uri=uri)
        self.wait_migrated(patience_s)

    def wait_migrated(self, patience_s: float) -> None:
        """Until all is written, or read. Raises MonitorError."""
        deadline = time.monotonic() + patience_s
        while (status := self.run("query-migrate").get("status")) != "completed":
            if status in {"failed", "cancelled"} or time.monotonic() > deadline:
                raise MonitorError(f"the machine's state was not passed on: {status}")
            time.sleep(0.05)

    def _next_line(self, deadline: float) -> bytes:
        while b"\n" not in self._unread:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not select.select([self._from], [], [], left_s)[0]:
                raise MonitorError("QEMU does not answer")
            part = os.read(self._from, 65536)
            if not part:
                raise MonitorError("QEMU is gone; its last words are in qemu.log")
            self._unread += part
        line, _, self._unread = self._unread.partition(b"\n")
        return line
