"""What is said between the command line, which knows what a frame should be, and the process that looks at frames.

Owns: the two lines, one JSON object each. Does not own: looking (`capture_worker.verify`), nor asking
(`timelapse.verifying`).
Invariant: each line is answered by one, in order.
"""

from __future__ import annotations

from msgspec import Struct


class ToVerify(Struct, frozen=True):
    """A frame to look at, by its absolute path, and what the ledger says of it: -1 and None where it does not."""

    path: str
    bytes: int = -1
    raw_bytes: int = -1
    checksum: int | None = None


class Verified(Struct, frozen=True):
    """What was found. `problem` is empty where the frame is whole; `gone` where it has been deleted meanwhile."""

    problem: str = ""
    gone: bool = False
