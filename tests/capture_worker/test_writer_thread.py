"""The thread that has the disk: what is stored, what is refused and why, and what ends it."""

from __future__ import annotations

import errno
import os
import select
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from capture_worker import store as store_module
from capture_worker.cameras.base import Frame
from capture_worker.cameras.scene import render
from capture_worker.check import DamagedFrame
from capture_worker.encode import encode_jpeg
from capture_worker.inbox import Inbox
from capture_worker.results import Broken, NotStored, Result, Stored, Taken
from capture_worker.store import FrameStore
from capture_worker.writer_thread import WRITE_S, WriterThread
from shared.clock import NS_PER_S
from shared.errors import CameraError, DiskError
from shared.frame_name import FrameName
from shared.lease import LeaseHolder
from shared.messages import Lease
from shared.worker_identity import Identity
from tests.rig import small_disk
from tests.rig.bad_pictures import blacked, renewed
from tests.rig.manual_clock import ManualClock

T = TypeVar("T")
_SLOT_NS = 1_795_422_930 * NS_PER_S
_PATIENCE_S = 10.0
JPEGS = [encode_jpeg(render(number * NS_PER_S, 64, 48), 80) for number in range(3)]
IMAGE = render(0, 64, 48)


def _as_it_came(taken: Taken) -> bytes:
    """The simplest of finishers."""
    if taken.frame.image is not None:
        return encode_jpeg(taken.frame.image, 80)
    assert taken.frame.jpeg is not None
    return taken.frame.jpeg


class Bench:
    """One writer thread on a directory of its own, with its far ends at hand."""

    def __init__(self, directory: Path, finish: Callable[[Taken], bytes] = _as_it_came) -> None:
        self.directory = directory
        self.leases: list[Lease] = []
        self.measured: list[tuple[Frame, float]] = []
        self.synchronised: bool | None = None
        self.asked_in: set[str] = set()
        self.inbox: Inbox[Result] = Inbox()
        store = FrameStore(directory / "main")
        store.prepare()
        identity, clock = Identity("capture.main", 1, 1, Path("/run")), ManualClock()
        self.writer = WriterThread(
            "main",
            store,
            finish,
            self.inbox,
            lambda name: LeaseHolder(identity, name, clock, self.leases.append),
            lambda frame, brightness_percent: self.measured.append((frame, brightness_percent)),
            self._synchronised,
        )
        self.writer.start()

    def _synchronised(self, taken: Taken) -> bool | None:
        assert taken.synchronised is None
        self.asked_in.add(threading.current_thread().name)
        return self.synchronised

    def store(self, kind: type[T], frame: Frame, slot_ns: int = _SLOT_NS) -> T:
        """Hand one frame in; its result, which is of this kind."""
        self.writer.put(Taken(slot_ns, frame, lateness_us=1500, age_us=2500))
        return self.result(kind)

    def result(self, kind: type[T]) -> T:
        """The next result alone."""
        assert select.select([self.inbox.fd], [], [], _PATIENCE_S)[0], "no result came"
        found = self.inbox.taken()
        assert len(found) == 1
        assert isinstance(found[0], kind), found[0]
        return found[0]

    def files(self) -> set[str]:
        """All that lies on the disk."""
        return {str(path.relative_to(self.directory)) for path in self.directory.rglob("*") if path.is_file()}


def _jpeg(data: bytes) -> Frame:
    return Frame(own_wall_ns=0, own_mono_ns=0, jpeg=data)


def test_frame_of_the_cameras_own_is_stored_byte_for_byte(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    written = bench.store(Stored, Frame(0, 0, jpeg=JPEGS[0], exposure_us=4990, analogue_gain=1.5)).written
    assert written.path == f"main/{FrameName(_SLOT_NS).path()}"
    assert (tmp_path / written.path).read_bytes() == JPEGS[0]
    assert bench.files() == {written.path}
    assert (written.camera, written.slot_ns, written.take, written.bytes) == ("main", _SLOT_NS, 1, len(JPEGS[0]))
    assert (written.width, written.height) == (64, 48)
    assert (written.lateness_us, written.age_us) == (1500, 2500)
    assert (written.exposure_us, written.analogue_gain, written.recovered) == (4990, 1.5, False)


def test_what_the_camera_tells_of_a_frame_is_told(tmp_path: Path) -> None:
    frame = Frame(
        0,
        0,
        jpeg=JPEGS[0],
        digital_gain=1.25,
        colour_gains=(1.5, 2.5),
        colour_temperature_k=5200,
        lux=400.5,
        lens_position=0.5,
    )
    written = Bench(tmp_path).store(Stored, frame).written
    assert (written.digital_gain, written.red_gain, written.blue_gain) == (1.25, 1.5, 2.5)
    assert (written.colour_temperature_k, written.lux, written.lens_position) == (5200, 400.5, 0.5)
    assert (written.exposure_us, written.raw_path, written.raw_bytes) == (None, "", 0)


def test_raw_file_of_a_frame_is_stored_beside_it_and_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    written = bench.store(Stored, Frame(0, 0, jpeg=JPEGS[0], raw=b"raw" * 1000)).written
    assert written.raw_path == f"{written.path[:-4]}.dng"
    assert (tmp_path / written.raw_path).read_bytes() == b"raw" * 1000
    assert (written.bytes, written.raw_bytes) == (len(JPEGS[0]), 3000)
    refused = bench.store(NotStored, Frame(0, 0, jpeg=JPEGS[1][:-30], raw=b"raw"), _SLOT_NS + 1)
    assert refused.cause == "damaged"
    assert bench.files() == {written.path, written.raw_path}


def test_image_is_stored_as_what_the_finisher_made_of_it(tmp_path: Path) -> None:
    written = Bench(tmp_path).store(Stored, Frame(0, 0, image=IMAGE)).written
    assert (tmp_path / written.path).read_bytes() == encode_jpeg(IMAGE, 80)


def test_frame_is_told_with_its_measures_and_what_was_found_of_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    first = bench.store(Stored, _jpeg(JPEGS[0]))
    assert first.found == {"black": "", "white": ""}
    written = first.written
    assert written.brightness_percent is not None
    assert 5 < written.brightness_percent < 95
    assert written.brightness_percent == round(written.brightness_percent, 2)
    assert (written.changed_percent, written.seam_percent) == (None, None)
    assert written.sharpness_percent is not None
    again = bench.store(Stored, _jpeg(renewed(JPEGS[0], 1)), _SLOT_NS + NS_PER_S)
    assert again.written.changed_percent == 0.0
    assert again.found["frozen"]
    black = bench.store(Stored, _jpeg(blacked(JPEGS[0], 2)), _SLOT_NS + 2 * NS_PER_S)
    assert black.found["black"]


def test_brightness_of_each_whole_frame_is_told_whether_it_is_stored_or_not(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", size="1m") as disk:
        bench = Bench(disk)
        bench.store(Stored, Frame(0, 0, jpeg=JPEGS[0], exposure_us=4990))
        bench.store(NotStored, _jpeg(JPEGS[1][:-30]))
        small_disk.fill(disk)
        bench.store(NotStored, _jpeg(blacked(JPEGS[1], 1)))
    (first, brightness), (_, dark) = bench.measured
    assert first.exposure_us == 4990
    assert dark < 2 < brightness


def test_pictures_whose_size_changes_are_stored_with_their_own_and_it_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path)
    small = [encode_jpeg(render(number * NS_PER_S, 32, 48), 80) for number in range(2)]
    frames = [_jpeg(jpeg) for jpeg in (JPEGS[0], JPEGS[0][:-30], small[0], small[1])]
    results = [
        bench.store(NotStored if each is frames[1] else Stored, each, _SLOT_NS + n) for n, each in enumerate(frames)
    ]
    sizes = [(each.written.width, each.written.height) for each in results if isinstance(each, Stored)]
    assert sizes == [(64, 48), (32, 48), (32, 48)]
    assert [line for line in caplog.messages if "size" in line] == [
        "the pictures' size changed from 64x48 to 32x48; a video made of them will need one size"
    ]


@pytest.mark.parametrize("damage", [b"", JPEGS[0][:-30], JPEGS[0][:400] + b"\xff\xd0" * 200 + JPEGS[0][800:]])
def test_damaged_frame_is_not_stored_and_the_next_one_is(tmp_path: Path, damage: bytes) -> None:
    bench = Bench(tmp_path)
    refused = bench.store(NotStored, _jpeg(damage))
    assert (refused.slot_ns, refused.cause) == (_SLOT_NS, "damaged")
    assert refused.reason
    assert bench.files() == set()
    bench.store(Stored, _jpeg(JPEGS[0]))


def test_jpeg_that_the_finisher_damages_is_not_stored(tmp_path: Path) -> None:
    """An encoder's output is checked too: whatever reaches the disk was decoded once."""
    bench = Bench(tmp_path, finish=lambda taken: _as_it_came(taken)[:-2])
    assert bench.store(NotStored, Frame(0, 0, image=IMAGE)).cause == "damaged"
    assert bench.files() == set()


def test_jpeg_whose_head_can_not_be_followed_is_damaged(tmp_path: Path) -> None:
    def finish(_taken: Taken) -> bytes:
        raise DamagedFrame("its head is broken")

    assert Bench(tmp_path, finish).store(NotStored, _jpeg(JPEGS[0])).reason == "its head is broken"


def test_same_picture_again_is_stale(tmp_path: Path) -> None:
    """A camera that repeats itself byte for byte; the scene of a builtin one may stand still all it likes."""
    bench = Bench(tmp_path)
    bench.store(Stored, _jpeg(JPEGS[0]))
    for seconds in (1, 2):
        again = bench.store(NotStored, _jpeg(JPEGS[0]), _SLOT_NS + seconds * NS_PER_S)
        assert again.cause == "stale"
    bench.store(Stored, _jpeg(JPEGS[1]), _SLOT_NS + 3 * NS_PER_S)
    bench.store(Stored, _jpeg(JPEGS[0]), _SLOT_NS + 4 * NS_PER_S)
    for seconds in (5, 6):
        bench.store(Stored, Frame(0, 0, image=IMAGE), _SLOT_NS + seconds * NS_PER_S)


def test_damaged_frame_again_is_damaged_and_not_stale(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    causes = [bench.store(NotStored, _jpeg(JPEGS[0][:-30]), _SLOT_NS + number).cause for number in range(2)]
    assert causes == ["damaged", "damaged"]


def test_full_disk_is_a_miss_and_it_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", size="1m") as disk:
        bench = Bench(disk)
        small_disk.fill(disk)
        refused = bench.store(NotStored, _jpeg(JPEGS[0]))
        assert (refused.cause, refused.slot_ns) == ("disk_full", _SLOT_NS)
        assert bench.files() == {"filler"}
        (disk / "filler").unlink()
        bench.store(Stored, _jpeg(JPEGS[1]))


def test_disk_that_turned_read_only_ends_it_with_a_disk_error(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk") as disk:
        bench = Bench(disk)
        bench.store(Stored, _jpeg(JPEGS[0]))
        small_disk.remount(disk, "ro")
        broken = bench.store(Broken, _jpeg(JPEGS[1]))
    assert broken.where == "disk"
    assert isinstance(broken.error, DiskError)
    assert "Read-only file system" in str(broken.error)
    assert bench.leases[-1].deadline_mono_ns is None, "an ended thread must not seem to hang"


@pytest.mark.parametrize(
    ("code", "kind"),
    [(errno.ENOSPC, NotStored), (errno.EDQUOT, NotStored), (errno.EIO, Broken), (errno.ENODEV, Broken)],
)
def test_error_of_the_disk_is_a_miss_only_where_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[NotStored | Broken]
) -> None:
    bench = Bench(tmp_path)

    def fail(_path: Path, _data: bytes) -> None:
        raise OSError(code, os.strerror(code), "frame.jpg")

    monkeypatch.setattr(store_module, "write_synced", fail)
    result = bench.store(kind, _jpeg(JPEGS[0]))
    assert not isinstance(result, NotStored) or result.cause == "disk_full"
    assert not isinstance(result, Broken) or str(result.error) == f"frame.jpg: can't be written: {os.strerror(code)}"


def test_camera_whose_pictures_can_not_be_encoded_breaks_with_the_cameras_error(tmp_path: Path) -> None:
    def finish(_taken: Taken) -> bytes:
        raise CameraError("a picture of 0x0 can't be encoded")

    broken = Bench(tmp_path, finish).store(Broken, Frame(0, 0, image=IMAGE))
    assert isinstance(broken.error, CameraError)
    assert broken.where == "disk", "it is this thread that has ended"


def test_bug_in_the_thread_breaks_and_stores_nothing(tmp_path: Path) -> None:
    def finish(_taken: Taken) -> bytes:
        raise ZeroDivisionError("by zero")

    bench = Bench(tmp_path, finish)
    broken = bench.store(Broken, _jpeg(JPEGS[0]))
    assert str(broken.error) == "ZeroDivisionError: by zero"
    assert bench.files() == set()


def test_frames_are_stored_in_the_order_that_they_came_in(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for number in range(6):
        bench.writer.put(Taken(_SLOT_NS + number, _jpeg(JPEGS[number % 3]), 0, 0))
    slots: list[int] = []
    while len(slots) < 6:
        assert select.select([bench.inbox.fd], [], [], _PATIENCE_S)[0]
        slots += [result.written.slot_ns for result in bench.inbox.taken() if isinstance(result, Stored)]
    assert slots == [_SLOT_NS + number for number in range(6)]


def test_leases_cover_the_wait_and_the_write(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.store(Stored, _jpeg(JPEGS[0]))
    first, second = bench.leases[:2]
    assert (first.operation, first.thread) == ("sleep", "writer")
    assert second.operation == "write"
    assert second.deadline_mono_ns == second.declared_mono_ns + WRITE_S * NS_PER_S


@pytest.mark.parametrize("synchronised", [True, False, None])
def test_clock_that_is_asked_for_in_this_thread_is_told_and_known_to_the_finisher(
    tmp_path: Path, synchronised: bool | None
) -> None:
    finished: list[Taken] = []

    def finish(taken: Taken) -> bytes:
        finished.append(taken)
        return _as_it_came(taken)

    bench = Bench(tmp_path, finish)
    bench.synchronised = synchronised
    assert bench.store(Stored, _jpeg(JPEGS[0])).written.synchronised is synchronised
    assert [taken.synchronised for taken in finished] == [synchronised]
    assert bench.asked_in == {"writer"}
