"""What was heard and is not in the ledger yet, kept where SIGKILL of this process does not reach it.

Owns: one file of the runtime directory, which is memory: the notes since the last commit, and up to which event they
go. Does not own: what is noted (`noting`), nor when it is written (`keeper`).
Invariant: what one turn has heard and the position behind it are one record, added by one write; a torn one is none.
The file is bounded, and nothing that becomes of it is an error: without it the frames are found in the tree, and the
last misses in the supervisor's replay.

Storage dies with its supervisor, whose replay reaches back a few events: those misses would be known to nobody.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from pathlib import Path

import msgspec
from msgspec import Struct

from storage_worker.ledger.following import Position
from storage_worker.ledger.noting import Note

FILE_NAME = "ledger-pending"
MOST_BYTES = 1 << 20
_MOST_BYTES_WITH_FRAMES = MOST_BYTES // 2
"""Beyond it misses alone are kept: frames are in the tree as well."""
_HEAD_BYTES = 8


class _Record(Struct, frozen=True, array_like=True):
    """`output_dir` is whose ledger it is: a runtime directory outlives a change of it."""

    output_dir: str
    position: Position | None
    notes: list[Note]


class Pending:
    """The file of one runtime directory. Only who has claimed `output_dir` may have it. Raises nothing."""

    def __init__(self, runtime_dir: Path, output_dir: Path) -> None:
        self._path = runtime_dir / FILE_NAME
        self._output_dir = str(output_dir)
        self._fresh: list[Note] = []
        self._whole = bytearray()
        self._written = 0
        self._is_full = False

    def load(self) -> tuple[list[Note], Position | None]:
        """What an earlier run had not committed, and how far it had heard. For once, before anything is added."""
        records, end = _read(self._path, self._output_dir)
        with contextlib.suppress(OSError):
            # What is torn or another ledger's must not lie behind what is added.
            os.truncate(self._path, len(end))
        self._whole, self._written = bytearray(end), len(end)
        positions = [record.position for record in records if record.position is not None]
        return [note for record in records for note in record.notes], positions[-1] if positions else None

    def add(self, note: Note) -> None:
        """This was heard; `save` has to follow. Touches no file."""
        self._fresh.append(note)

    def save(self, position: Position | None) -> None:
        """Keep what was added, all of which lies at or before `position`. What can't be written is tried again."""
        notes, self._fresh = self._fresh, []
        if len(self._whole) >= _MOST_BYTES_WITH_FRAMES:
            notes = [note for note in notes if note.row is None]
        if not notes or self._is_full:
            return
        record = _packed(_Record(self._output_dir, position, notes))
        # Once something is left out, no later position may be kept: what is missing has to be asked for.
        self._is_full = len(self._whole) + len(record) > MOST_BYTES
        if not self._is_full:
            self._whole += record
            with contextlib.suppress(OSError):
                self._write()

    def clear(self) -> None:
        """All of it has been committed."""
        self._fresh, self._is_full = [], False
        if self._whole:
            self._whole, self._written = bytearray(), 0
            with contextlib.suppress(OSError):
                os.truncate(self._path, 0)

    def _write(self) -> None:
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            if os.fstat(fd).st_size < self._written:
                # Somebody has removed the directory, and it was made anew.
                self._written = 0
            self._written += os.pwrite(fd, self._whole[self._written :], self._written)
        finally:
            os.close(fd)


def _packed(record: _Record) -> bytes:
    packed = msgspec.msgpack.encode(record)
    return len(packed).to_bytes(4, "little") + zlib.crc32(packed).to_bytes(4, "little") + packed


def _read(path: Path, output_dir: str) -> tuple[list[_Record], bytes]:
    """The whole records up to the first that is torn or another ledger's, and their bytes."""
    records: list[_Record] = []
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES)
    except OSError:
        return records, b""
    begin = 0
    while len(data) - begin > _HEAD_BYTES:
        length, check = (int.from_bytes(data[at : at + 4], "little") for at in (begin, begin + 4))
        end = begin + _HEAD_BYTES + length
        packed = data[begin + _HEAD_BYTES : end]
        if len(packed) != length or zlib.crc32(packed) != check:
            break
        try:
            record = msgspec.msgpack.decode(packed, type=_Record)
        except msgspec.MsgspecError:
            # Of another version.
            break
        if record.output_dir != output_dir:
            break
        records.append(record)
        begin = end
    return records, data[:begin]
