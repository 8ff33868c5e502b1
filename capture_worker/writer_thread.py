"""The thread that has the disk: it checks, looks at, completes and stores frames, one after the other.

Owns: everything between a frame taken and a frame durable. Does not own: the camera, which never waits for this.
Invariant: what is stored passed the strict check and differs from what was stored before it.
"""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from msgspec import structs

from capture_worker.cameras.base import Frame
from capture_worker.check import Checked, DamagedFrame, check_jpeg
from capture_worker.checksum import checksum_of
from capture_worker.inbox import Inbox
from capture_worker.inspection import Inspected, Inspection
from capture_worker.picture_size import PictureSize
from capture_worker.quality import Measures
from capture_worker.results import Broken, NotStored, Result, Stored, Taken
from capture_worker.store import FrameStore
from shared.brake import Brake
from shared.errors import DiskError, TimelapseError
from shared.events import FrameWritten
from shared.frame_name import raw_beside
from shared.lease import LeaseHolder

log = logging.getLogger(__name__)

WRITE_S = 30.0
_IDLE_S = 30.0
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def _nothing(_frame: Frame, _brightness_percent: float) -> None:
    """Nobody wants to know."""


def _unknown(_taken: Taken) -> None:
    """Nobody vouches for the clock."""


class WriterThread:
    """Stores the frames of one camera. `finish` makes the JPEG: encodes where needed and adds the metadata.

    `measured`, in this thread, is told of each whole frame and its brightness (percent of white) before it is stored,
    and `synchronised` asked of each whether its slot is to be believed. `checksums` is whether each is told with one.
    """

    def __init__(
        self,
        camera: str,
        store: FrameStore,
        finish: Callable[[Taken], bytes],
        inbox: Inbox[Result],
        new_lease: Callable[[str], LeaseHolder],
        measured: Callable[[Frame, float], None] = _nothing,
        synchronised: Callable[[Taken], bool | None] = _unknown,
        checksums: Callable[[], bool] = lambda: False,
    ) -> None:
        self._camera = camera
        self._store = store
        self._finish = finish
        self._inbox = inbox
        self._new_lease = new_lease
        self._queue: SimpleQueue[Taken] = SimpleQueue()
        self._last_jpeg: bytes | None = None
        self._size = PictureSize()
        self._brake = Brake(log)
        self._inspection = Inspection()
        self._measured = measured
        self._synchronised = synchronised
        self._checksums = checksums

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
        taken = structs.replace(taken, synchronised=self._synchronised(taken))
        try:
            jpeg, checked = self._finished(taken, own_jpeg)
        except DamagedFrame as error:
            return NotStored(taken.slot_ns, "damaged", error.reason)
        inspected = self._inspection.take(taken.slot_ns, own_jpeg or jpeg, checked, _exposure(taken.frame))
        self._measured(taken.frame, inspected.measures.brightness_percent)
        result = self._write(taken, jpeg, checked, inspected)
        if isinstance(result, Stored) and (change := self._size.changed(checked.size)) is not None:
            # A camera that wavers says it with every picture.
            self._brake.warn(taken.frame.own_mono_ns, f"{change}; a video made of them will need one size")
        if own_jpeg is not None:
            self._last_jpeg = own_jpeg
        return result

    def _finished(self, taken: Taken, own_jpeg: bytes | None) -> tuple[bytes, Checked]:
        """The JPEG to store, and what is known of it. The camera's own is checked before anything is put into it."""
        if own_jpeg is not None:
            checked = check_jpeg(own_jpeg)
            return self._finish(taken), checked
        jpeg = self._finish(taken)
        return jpeg, check_jpeg(jpeg)

    def _write(self, taken: Taken, jpeg: bytes, checked: Checked, inspected: Inspected) -> Result:
        try:
            name = self._store.write(taken.slot_ns, jpeg, taken.frame.raw)
        except OSError as error:
            if error.errno in _NO_ROOM:
                return NotStored(taken.slot_ns, "disk_full", error.strerror or "no room")
            raise DiskError(f"{error.filename or self._camera}: can't be written: {error.strerror}") from error
        path, raw = f"{self._camera}/{name.path()}", taken.frame.raw
        written = FrameWritten(
            camera=self._camera,
            slot_ns=taken.slot_ns,
            take=name.take,
            path=path,
            bytes=len(jpeg),
            width=checked.width,
            height=checked.height,
            lateness_us=taken.lateness_us,
            age_us=taken.age_us,
            raw_path="" if raw is None else raw_beside(path),
            raw_bytes=0 if raw is None else len(raw),
            synchronised=taken.synchronised,
            checksum=checksum_of(jpeg, raw) if self._checksums() else None,
        )
        return Stored(_with_measures(_with_metadata(written, taken.frame), inspected.measures), inspected.found)


def _with_metadata(written: FrameWritten, frame: Frame) -> FrameWritten:
    red_gain, blue_gain = frame.colour_gains or (None, None)
    return structs.replace(
        written,
        exposure_us=frame.exposure_us,
        analogue_gain=frame.analogue_gain,
        digital_gain=frame.digital_gain,
        red_gain=red_gain,
        blue_gain=blue_gain,
        colour_temperature_k=frame.colour_temperature_k,
        lux=frame.lux,
        lens_position=frame.lens_position,
    )


def _with_measures(written: FrameWritten, measures: Measures) -> FrameWritten:
    return structs.replace(
        written,
        # Finer than the others: at night, a tenth of a percent of white is a visible step.
        brightness_percent=round(measures.brightness_percent, 2),
        contrast_percent=_rounded(measures.contrast_percent),
        sharpness_percent=_rounded(measures.sharpness_percent),
        changed_percent=_rounded(measures.changed_percent),
        seam_percent=_rounded(measures.seam_percent),
    )


def _exposure(frame: Frame) -> float | None:
    """Microseconds times gain. A gain that a camera does not tell stays as it is."""
    if frame.exposure_us is None:
        return None
    return frame.exposure_us * (frame.analogue_gain or 1.0) * (frame.digital_gain or 1.0)


def _rounded(percent: float | None) -> float | None:
    return None if percent is None else round(percent, 1)
