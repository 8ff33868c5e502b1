"""How far thinning has come with each camera, kept in a file so that a new worker goes on from there.

Owns: `.keeping.json` in the output directory. Does not own: what follows from it (`keeping.progress`).
Invariant: what it says was done was done under the very rules that it names; other rules begin anew. A file that is
missing or broken costs one look at each day, nothing else.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from shared.config.model import StorageConfig
from shared.durable import replace_file
from storage_worker.keeping.progress import Progress, look_again

FILE_NAME = ".keeping.json"
_SCHEMA = 1
_MOST_BYTES = 1 << 22


class _Kept(Struct, frozen=True):
    """The file."""

    schema: int
    rules: str
    cameras: dict[str, Progress]


class KeepingBook:
    """The progress of every camera, under the rules in force."""

    def __init__(self, output_dir: Path, *, keeps_file: bool = True) -> None:
        self._path = output_dir / FILE_NAME if keeps_file else None
        self._rules: str | None = None
        self._cameras: dict[str, Progress] = {}
        self._changed = False
        self._late: dict[tuple[str, str], None] = {}

    def go_by(self, storage: StorageConfig) -> None:
        """Have what was done under these rules; nothing, where others were in force. Blocks for the file at first."""
        rules = _fingerprint(storage)
        if rules == self._rules:
            return
        kept = self._read() if self._rules is None else None
        self._rules = rules
        self._cameras = kept.cameras if kept is not None and kept.rules == rules else {}
        late, self._late = self._late, {}
        for camera, day in late:
            self.look_again(camera, day)

    def of(self, camera: str) -> Progress:
        """How far it has come."""
        return self._cameras.get(camera, Progress())

    def put(self, camera: str, progress: Progress) -> None:
        """It has come so far."""
        if progress != self.of(camera):
            self._cameras[camera] = progress
            self._changed = True

    def look_again(self, camera: str, day: str) -> None:
        """Something came into a day, or stayed in it, whose time may be over."""
        if self._rules is None:
            self._late[camera, day] = None
        elif camera in self._cameras:
            self.put(camera, look_again(self._cameras[camera], day))

    def forget(self) -> None:
        """Look at every day once more: somebody may have put frames there."""
        self._cameras, self._changed = {}, True

    def save(self) -> None:
        """Write the file where there is something new. Blocks for the disk; raises OSError."""
        if self._changed and self._rules is not None and self._path is not None:
            replace_file(self._path, msgspec.json.encode(_Kept(_SCHEMA, self._rules, self._cameras)))
            self._changed = False

    def _read(self) -> _Kept | None:
        if self._path is None:
            return None
        try:
            with self._path.open("rb") as file:
                kept = msgspec.json.decode(file.read(_MOST_BYTES), type=_Kept)
        except (OSError, msgspec.DecodeError):
            return None
        return kept if kept.schema == _SCHEMA else None


def _fingerprint(storage: StorageConfig) -> str:
    """All that decides what thinning leaves. A protection that is lifted sets frames free, too."""
    rules = ", ".join(f"{name}: {kept_s}" for name, kept_s in sorted(storage.keep.items()))
    return f"{rules}; keep_min: {storage.keep_min_s}; protect: {', '.join(storage.protect)}"
