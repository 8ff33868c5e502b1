"""The last events that told of slots, kept where SIGKILL of the supervisor does not reach them.

Owns: a ring of records in one file of the runtime directory: how far a camera is accounted for, and the event that said
so. Does not own: sending events (`supervisor.bus`), nor what follows from an account.
Invariant: one write makes both halves of a record true at once, and comes before the event is sent. So a slot that was
told is never told again by the next supervisor, and one that a subscriber may have missed is in the next one's replay.

Without it a supervisor that is killed between sending and noting has its last slots told twice, and one that is killed
between noting and sending never.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from shared import wire
from shared.errors import WireError
from shared.messages import EARLIER
from supervisor.accounted import Accounted

RECORDS = 32
"""Far more than can be under way to a subscriber that reads."""
_RECORD_BYTES = 2048
"""A record never crosses a page: the kernel copies it whole or not at all."""
_HEAD_BYTES = 8


class Account(Struct, frozen=True, array_like=True):
    """`number` counts the accounts of all supervisors; `event` is the message as it went out, or empty."""

    number: int
    camera: str
    accounted: Accounted
    event: bytes


class LastAccounts:
    """The ring of one runtime directory, which must be locked. What can't be written is kept in memory alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._earlier: list[dict[str, Any]] = []
        self._accounted: dict[str, Accounted] = {}
        self._number = 0
        for account in sorted(_read(path), key=lambda account: account.number):
            self._number = account.number
            self._accounted[account.camera] = account.accounted
            with contextlib.suppress(WireError):
                self._earlier.append(wire.unpack_map(account.event))

    def accounted(self, camera: str) -> Accounted | None:
        """How far a camera is accounted for, as far as the ring knows."""
        return self._accounted.get(camera)

    def note(self, camera: str, accounted: Accounted, event: bytes) -> None:
        """`event` is about to be sent, and makes `accounted` true of `camera`."""
        self._number += 1
        self._accounted[camera] = accounted
        packed = msgspec.msgpack.encode(Account(self._number, camera, accounted, event))
        if _HEAD_BYTES + len(packed) > _RECORD_BYTES:
            packed = msgspec.msgpack.encode(Account(self._number, camera, accounted, b""))
        head = len(packed).to_bytes(4, "little") + zlib.crc32(packed).to_bytes(4, "little")
        with contextlib.suppress(OSError):
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
            try:
                os.pwrite(fd, head + packed, self._number % RECORDS * _RECORD_BYTES)
            finally:
                os.close(fd)

    def replay(self, boot: str, after_seq: int) -> list[dict[str, Any]]:
        """The events that an earlier supervisor may not have got rid of, by its `boot`; their `seq` has holes.

        With `EARLIER` those of all that are left in the ring, the oldest first.
        """
        wanted = (event for event in self._earlier if boot == EARLIER or event.get("boot") == boot)
        return [event for event in wanted if event.get("seq", 0) > after_seq]


def _read(path: Path) -> list[Account]:
    """The records that are whole."""
    try:
        data = path.read_bytes()[: RECORDS * _RECORD_BYTES]
    except OSError:
        return []
    found = []
    for begin in range(0, len(data), _RECORD_BYTES):
        length, check = (int.from_bytes(data[at : at + 4], "little") for at in (begin, begin + 4))
        packed = data[begin + _HEAD_BYTES : begin + _HEAD_BYTES + length]
        if 0 < length <= _RECORD_BYTES and len(packed) == length and zlib.crc32(packed) == check:
            with contextlib.suppress(msgspec.DecodeError):
                found.append(msgspec.msgpack.decode(packed, type=Account))
    return found
