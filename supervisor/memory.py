"""What outlives a supervisor, in its runtime directory: the operator's stops, and how far each camera is accounted for.

Owns: two kinds of small file in a directory that is memory on any ordinary system, and never on the output disk.
Does not own: deciding what follows from them, nor the last accounts together with their events (`last_accounts`).
Invariant: what is written survives SIGKILL of this process at any moment; a power cut takes it all, and then the tree
of frames says how far things are accounted for.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import struct
from pathlib import Path
from typing import Any

from supervisor.accounted import Accounted, after_account, moment_of, pack, unpack
from supervisor.last_accounts import LastAccounts

log = logging.getLogger(__name__)


class Memory:
    """The notes of one runtime directory, which must be locked. A note that can't be written is logged, no more."""

    def __init__(self, runtime_dir: Path) -> None:
        self._stops_path = runtime_dir / "stopped.json"
        self._accounts_dir = runtime_dir / "accounts"
        self._accounts: dict[str, Accounted] = {}
        self._last = LastAccounts(runtime_dir / "last-accounts")
        self.make_directories()

    def make_directories(self) -> None:
        """Make what the notes need, at the start and after somebody has removed it."""
        with contextlib.suppress(OSError):
            self._accounts_dir.mkdir(exist_ok=True)

    def stopped(self) -> set[str]:
        """The workers that an operator has stopped."""
        try:
            names = json.loads(self._stops_path.read_text())
        except (OSError, ValueError, RecursionError):
            return set()
        return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()

    def note_stopped(self, workers: set[str]) -> None:
        """Replace the set of `stopped`."""
        temporary = self._stops_path.with_suffix(".new")
        try:
            temporary.write_text(json.dumps(sorted(workers)))
            temporary.replace(self._stops_path)
        except OSError as error:
            log.warning("%s: can't note that a worker is stopped: %s", self._stops_path, error.strerror)

    def accounted(self, camera: str) -> Accounted | None:
        """How far a camera is accounted for, by this supervisor or by one before it; None if unknown."""
        if (accounted := self._last.accounted(camera)) is not None:
            # The file of the camera is written second, and may be one account behind.
            return accounted
        if camera not in self._accounts:
            with contextlib.suppress(OSError):
                accounted = unpack((self._accounts_dir / camera).read_bytes())
            if accounted is not None:
                self._accounts[camera] = accounted
        return self._accounts.get(camera)

    def replay(self, boot: str, after_seq: int) -> list[dict[str, Any]]:
        """The last events about slots of an earlier supervisor; see `LastAccounts.replay`."""
        return self._last.replay(boot, after_seq)

    def note_accounted(self, camera: str, first_ns: int, last_ns: int, event: bytes = b"") -> None:
        """These slots are told, by the `event` that is about to be sent and says when.

        Once in the ring, with the event; and, since the other cameras' accounts push it out of there, once in a file of
        the camera's own: one write of always the same few bytes, of which a reader never sees half, SIGKILL or not.
        """
        accounted = after_account(self.accounted(camera), first_ns, last_ns, moment_of(event))
        try:
            packed = pack(accounted)
        except struct.error:
            return
        self._last.note(camera, accounted, event)
        self._accounts[camera] = accounted
        with contextlib.suppress(OSError):
            fd = os.open(self._accounts_dir / camera, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
            try:
                os.pwrite(fd, packed, 0)
                # Something longer that was there before us would never be read again.
                os.ftruncate(fd, len(packed))
            finally:
                os.close(fd)
