"""What the supervisor and its stand-by say to each other: how it is started, that it is ready, and who it is to be.

Owns: the stand-by's command line and the two messages, both directions of each. Does not own: the pipes
(`supervisor.standby`), nor what is loaded ahead (`capture_worker.standby`).
Invariant: a stand-by that has been told is a worker like any other: what it is told is the command line of one.
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from shared.worker_identity import Identity

FLAG = "--standby"
READY = b"ready"
"""Up, once: everything is loaded."""
LONGEST_ORDER_BYTES = 4096
"""What a pipe takes whole or not at all (PIPE_BUF). A runtime directory has less than 108 bytes, a name 255 at most."""


class StandbyPlace(Struct, frozen=True):
    """What a stand-by is started with.

    The descriptors are its own: for what it leaves at the end, for `READY`, and a memory file with the configuration.
    What it is told comes on its standard input.
    """

    parent_pid: int
    runtime_dir: Path
    evidence_fd: int
    ready_fd: int
    configuration_fd: int

    def arguments(self) -> list[str]:
        """What follows `python -m PACKAGE`. The runtime directory is for people: `ps` shows whose it is."""
        return [
            FLAG,
            f"--parent-pid={self.parent_pid}",
            f"--runtime-dir={self.runtime_dir}",
            f"--evidence-fd={self.evidence_fd}",
            f"--ready-fd={self.ready_fd}",
            f"--configuration-fd={self.configuration_fd}",
        ]


def parse_place(arguments: list[str]) -> StandbyPlace:
    """The place in a stand-by's arguments. Raises `ValueError` or `KeyError` where they are off."""
    given = dict(argument.split("=", 1) for argument in arguments if argument != FLAG)
    return StandbyPlace(
        parent_pid=int(given["--parent-pid"]),
        runtime_dir=Path(given["--runtime-dir"]),
        evidence_fd=int(given["--evidence-fd"]),
        ready_fd=int(given["--ready-fd"]),
        configuration_fd=int(given["--configuration-fd"]),
    )


def order_for(identity: Identity) -> bytes:
    """Down, once: who the stand-by is from now on."""
    return b"\0".join(os.fsencode(argument) for argument in identity.arguments())


def arguments_of(order: bytes) -> list[str]:
    """The worker's arguments that `order_for` was given."""
    return [os.fsdecode(argument) for argument in order.split(b"\0")]
