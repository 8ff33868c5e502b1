"""The thread that has the disk: it checks, completes and stores frames, one after the other.

Owns: everything between a frame taken and a frame durable. Does not own: the camera, which never waits for this.
Invariant: what is stored passed the strict check and differs from what was stored before it.
"""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from capture_worker.check import DamagedFrame, check_jpeg
from capture_worker.inbox import Inbox
from capture_worker.picture_size import PictureSize
from capture_worker.results import Broken, NotStored, Result, Stored, Taken
from capture_worker.store import FrameStore
from shared.errors import DiskError, TimelapseError
from shared.events import FrameWritten
from shared.lease import LeaseHolder

log = logging.getLogger(__name__)

WRITE_S = 30.0
_IDLE_S = 30.0
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class WriterThread:
    """Stores the frames of one camera. `finish` makes the JPEG: encodes where needed and adds the metadata."""

    def __init__(
        self,
        camera: str,
        store: FrameStore,
        finish: Callable[[Taken], bytes],
        inbox: Inbox[Result],
        new_lease: Callable[[str], LeaseHolder],
    ) -> None:
        self._camera = camera
        self._store = store
        self._finish = finish
        self._inbox = inbox
        self._new_lease = new_lease
        self._queue: SimpleQueue[Taken] = SimpleQueue()
        self._last_jpeg: bytes | None = None
        self._size = PictureSize()

    def start(self) -> None:
        """Go on for ever. Call it once."""
        threading.Thread(target=self._run, name="writer", daemon=True).start()

    def put(self, taken: Taken) -> None:
        """Main thread: have this frame stored. Never blocks."""
        self._queue.put(taken)

    def _run(self) -> None:
        lease = self._new_lease("writer")
        try:
            while True:
                lease.sleep(_IDLE_S)
                try:
                    taken = self._queue.get(timeout=_IDLE_S)
                except Empty:
                    continue
                lease.declare("write", WRITE_S)
                self._inbox.put(self._store_frame(taken))
        except TimelapseError as error:
            lease.release()
            self._inbox.put(Broken(error, "disk"))
        except Exception as error:
            # A bug ends the process like a failure of the disk: the frame is not stored, and nobody pretends it is.
            log.exception("the writer thread ends on an error of its own")
            lease.release()
            self._inbox.put(Broken(DiskError(f"{type(error).__name__}: {error}"), "disk"))

    def _store_frame(self, taken: Taken) -> Result:
        own_jpeg = taken.frame.jpeg
        if own_jpeg is not None and own_jpeg == self._last_jpeg:
            # A sensor's noise never gives the same bytes twice: the camera repeats itself.
            return NotStored(taken.slot_ns, "stale", "the camera gave the same picture again, byte for byte")
        try:
            jpeg, size = self._finished(taken, own_jpeg)
        except DamagedFrame as error:
            return NotStored(taken.slot_ns, "damaged", error.reason)
        result = self._write(taken, jpeg, size)
        if isinstance(result, Stored) and (change := self._size.changed(size)) is not None:
            log.warning("%s; a video made of them will need one size", change)
        if own_jpeg is not None:
            self._last_jpeg = own_jpeg
        return result

    def _finished(self, taken: Taken, own_jpeg: bytes | None) -> tuple[bytes, tuple[int, int]]:
        """The JPEG to store, and its size. The camera's own is checked before anything is put into it."""
        if own_jpeg is not None:
            size = check_jpeg(own_jpeg)
            return self._finish(taken), size
        jpeg = self._finish(taken)
        return jpeg, check_jpeg(jpeg)

    def _write(self, taken: Taken, jpeg: bytes, size: tuple[int, int]) -> Result:
        try:
            name = self._store.write(taken.slot_ns, jpeg)
        except OSError as error:
            if error.errno in _NO_ROOM:
                return NotStored(taken.slot_ns, "disk_full", error.strerror or "no room")
            raise DiskError(f"{error.filename or self._camera}: can't be written: {error.strerror}") from error
        return Stored(
            FrameWritten(
                camera=self._camera,
                slot_ns=taken.slot_ns,
                take=name.take,
                path=f"{self._camera}/{name.path()}",
                bytes=len(jpeg),
                width=size[0],
                height=size[1],
                lateness_us=taken.lateness_us,
                age_us=taken.age_us,
                exposure_us=taken.frame.exposure_us,
                analogue_gain=taken.frame.analogue_gain,
            )
        )
