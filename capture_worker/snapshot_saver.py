"""The thread that finishes and saves snapshots, where there are any.

Owns: the files in the runtime directory's `snapshots`. Does not own: when a picture is taken, who is told.
Invariant: nothing of it goes to the output disk, which may be full or hang; each camera leaves one file at most, and
that for a minute only if somebody asks again: the runtime directory is memory.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

from msgspec import structs

from capture_worker.check import check_jpeg
from capture_worker.inbox import Inbox
from capture_worker.results import Result, Saved, Taken
from shared.errors import TimelapseError
from shared.lease import LeaseHolder

log = logging.getLogger(__name__)

_SAVE_S = 30.0
_DIRECTORY_MODE = 0o770
"""Whoever may use the sockets, by the group, may take the picture away."""


class SnapshotSaver:
    """Saves what it is given. `finish` makes the JPEG, `synchronised` judges its time; `Saved` goes to `inbox`."""

    def __init__(
        self,
        directory: Path,
        camera: str,
        finish: Callable[[Taken], bytes],
        inbox: Inbox[Result],
        new_lease: Callable[[str], LeaseHolder],
        synchronised: Callable[[Taken], bool | None],
    ) -> None:
        self._directory = directory
        self._camera = camera
        self._finish = finish
        self._inbox = inbox
        self._new_lease = new_lease
        self._synchronised = synchronised
        self._queue: SimpleQueue[tuple[tuple[str, ...], Taken]] = SimpleQueue()
        self._started = False

    def save(self, operations: tuple[str, ...], taken: Taken) -> None:
        """Main thread: save this picture for those operations. Never blocks."""
        self._queue.put((operations, taken))
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="snapshot", daemon=True).start()

    def _run(self) -> None:
        lease = self._new_lease("snapshot")
        while True:
            operations, taken = self._queue.get()
            lease.declare("write", _SAVE_S)
            self._inbox.put(self._saved(operations, taken))
            # No work is left, and the next may be wanted in a year.
            lease.release()

    def _saved(self, operations: tuple[str, ...], taken: Taken) -> Saved:
        try:
            if taken.frame.jpeg is not None:
                check_jpeg(taken.frame.jpeg)
            jpeg = self._finish(structs.replace(taken, synchronised=self._synchronised(taken)))
            check_jpeg(jpeg)
            return Saved(operations, path=str(self._write(operations[0], jpeg)))
        except TimelapseError as error:
            return Saved(operations, problem=str(error))
        except OSError as error:
            return Saved(operations, problem=f"{error.filename or self._directory}: {error.strerror}")
        except Exception as error:
            # A snapshot is a favour: a bug in it must not end the recording, which has checks of its own.
            log.exception("a snapshot failed on an error of its own")
            return Saved(operations, problem=f"{type(error).__name__}: {error}")

    def _write(self, operation: str, jpeg: bytes) -> Path:
        self._directory.mkdir(exist_ok=True)
        self._directory.chmod(_DIRECTORY_MODE)
        for left in self._directory.glob(f"{self._camera}.*.jpg"):
            left.unlink(missing_ok=True)
        path = self._directory / f"{self._camera}.{operation}.jpg"
        path.write_bytes(jpeg)
        path.chmod(0o640)
        return path
