"""The capture worker as a real process, driven through its sockets as the supervisor drives it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from msgspec.structs import replace

from capture_worker.cameras.faults import FAULTS_VARIABLE
from capture_worker.cameras.scene import render
from capture_worker.check import check_jpeg
from capture_worker.encode import encode_jpeg
from shared.clock import NS_PER_MS, NS_PER_S
from shared.config.model import CameraConfig, Configuration, StorageConfig
from shared.errors import EX_CONFIG, EX_IOERR, EX_OK, EX_TEMPFAIL, EX_UNAVAILABLE
from shared.events import CameraLost, CameraOpened, DiskPressure, FrameMissed, FrameWritten
from shared.frame_name import FrameName
from tests.rig.hub_harness import HubHarness
from tests.rig.planted_frames import frames_in

_PACKAGE, _WORKER = "capture_worker", "capture.main"
_FULL = DiskPressure(level="full", used_percent=99.0, free_bytes=0, inodes_percent=None, path="/out")


class Recorder:
    """One capture worker of the camera `main`, and what it has said."""

    def __init__(self, directory: Path) -> None:
        self.output_dir = directory / "out"
        self.faults = directory / "faults"
        self.faults.mkdir()
        camera = CameraConfig("main", source="test", resolution=(160, 120), interval_ms=200)
        self.configuration = Configuration("", str(self.output_dir), {"main": camera})
        self.hub = HubHarness(directory / "run", self.configuration)

    def configure(self, *, storage: StorageConfig | None = None, require_mount: bool = False, **camera: Any) -> None:
        """What the worker is told at its next start, or by `reload`."""
        changed = replace(self.configuration.cameras["main"], **camera)
        self.configuration = self.hub.configuration = replace(
            self.configuration,
            cameras={"main": changed},
            storage=storage or self.configuration.storage,
            require_mount=require_mount,
        )

    def start(self) -> int:
        """Start it and wait until it is ready; its pid."""
        return self.hub.start_ready(_PACKAGE, _WORKER, env=self._environment()).pid

    def start_and_end(self) -> int:
        """Start it where it can't go on; its exit status."""
        return self.hub.ended(self.hub.start(_PACKAGE, _WORKER, env=self._environment()))

    def reload(self, **changed: Any) -> None:
        """Change the configuration, as `configure` does, and send it to the worker that runs."""
        self.configure(**changed)
        self.hub.reload(_WORKER, self.configuration)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop the worker that was started last; its exit status."""
        return self.hub.stop(self.hub.processes[-1], number)

    def end(self) -> int:
        """Wait until it ends by itself; its exit status."""
        return self.hub.ended(self.hub.processes[-1])

    def frames(self) -> list[FrameWritten]:
        """The frames that were told."""
        return self.hub.events("frame.written", FrameWritten)

    def misses(self) -> list[FrameMissed]:
        """The misses that were told."""
        return self.hub.events("frame.missed", FrameMissed)

    def causes(self) -> set[str]:
        """Why slots were missed."""
        return {miss.cause for miss in self.misses()}

    def wait_for_frames(self, count: int) -> list[FrameWritten]:
        """Wait until so many more have been told; those."""
        before = len(self.frames())
        self.hub.pump(lambda: len(self.frames()) >= before + count, what=f"{count} frames")
        return self.frames()[before:]

    def wait_for_miss(self, cause: str) -> FrameMissed:
        """Wait until one more is told that has this cause; it."""
        before = len(self.misses())
        found: list[FrameMissed] = []

        def came() -> bool:
            found.extend(miss for miss in self.misses()[before:] if miss.cause == cause)
            return bool(found)

        self.hub.pump(came, what=f"a miss: {cause}")
        return found[0]

    def slots(self) -> list[int]:
        """Every slot that was told, in the order of telling."""
        told: list[int] = []
        for message in self.hub.published:
            if message.topic == "frame.written":
                told.append(message.data["slot_ns"])
            elif message.topic == "frame.missed":
                data = message.data
                told += range(data["first_slot_ns"], data["last_slot_ns"] + 1, data["interval_ns"])
        return told

    def fault(self, name: str, content: str = "") -> None:
        """Have the camera suffer a fault from now on. Whole at once: the worker may look at any moment."""
        (self.faults / "new").write_text(content)
        (self.faults / "new").rename(self.faults / name)

    def heal(self, name: str) -> None:
        """End a fault."""
        (self.faults / name).unlink()

    def _environment(self) -> dict[str, str]:
        return {FAULTS_VARIABLE: str(self.faults)}


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(tmp_path)
    with recorder.hub:
        yield recorder


def _is_contiguous(slots: list[int], interval_ms: int) -> bool:
    return slots == list(range(slots[0], slots[-1] + 1, interval_ms * NS_PER_MS))


def test_worker_opens_its_camera_and_records_each_slot(recorder: Recorder) -> None:
    recorder.start()
    opened = recorder.hub.events("camera.opened", CameraOpened)
    assert [(each.camera, each.driver) for each in opened] == [("main", "test")]
    frames = recorder.wait_for_frames(4)
    for frame in frames:
        path = recorder.output_dir / frame.path
        assert frame.path == f"main/{FrameName(frame.slot_ns).path()}"
        assert check_jpeg(path.read_bytes()).size == (frame.width, frame.height) == (160, 120)
        assert path.stat().st_size == frame.bytes
        assert not frame.recovered
        assert frame.lateness_us is not None
        assert 0 <= frame.lateness_us < 200_000
    assert recorder.stop() == EX_OK
    slots = recorder.slots()
    assert _is_contiguous(slots, 200)
    assert slots[0] % (200 * NS_PER_MS) == 0
    assert {f"main/{FrameName(frame.slot_ns).path()}" for frame in recorder.frames()} == frames_in(recorder.output_dir)
    assert recorder.causes() <= {"starting"}


def test_output_directory_that_is_not_there_is_made(recorder: Recorder) -> None:
    assert not recorder.output_dir.exists()
    recorder.start()
    recorder.wait_for_frames(1)


def test_reload_takes_effect_without_opening_the_camera_again(recorder: Recorder) -> None:
    pid = recorder.start()
    before = recorder.wait_for_frames(2)
    recorder.reload(interval_ms=300, quality=5)
    recorder.hub.pump(lambda: recorder.frames()[-1].bytes < before[0].bytes * 0.7, what="a frame of lower quality")
    after = recorder.wait_for_frames(3)
    slots = [frame.slot_ns for frame in after]
    assert _is_contiguous(slots, 300)
    assert slots[0] % (300 * NS_PER_MS) == 0
    assert {frame.width for frame in after} == {160}
    assert len(recorder.hub.events("camera.opened")) == len(recorder.hub.readies) == 1
    assert recorder.stop() == EX_OK
    assert {message.pid for message in recorder.hub.published} == {pid}
    told = recorder.slots()
    assert told == sorted(set(told)), "each once, in order, over the change of the grid too"


def test_window_of_a_reload_ends_recording_and_the_next_one_begins_it_again(recorder: Recorder) -> None:
    recorder.start()
    recorder.wait_for_frames(1)
    now = time.localtime(time.time() - 3600)
    recorder.reload(window=f"{now.tm_hour:02d}:{now.tm_min // 2:02d}-{now.tm_hour:02d}:{now.tm_min // 2 + 1:02d}")
    recorder.hub.pump(lambda: _sleeps_longer_than(recorder, 30), what="a long sleep")
    recorder.hub.pump_for(0.5)  # for the frame that the writer still had
    told = len(recorder.slots())
    recorder.hub.pump_for(0.5)
    assert len(recorder.slots()) == told, "outside the window nothing is missed"
    recorder.reload(window="always")
    recorder.wait_for_frames(2)


def _has_grabbed_for(recorder: Recorder, seconds: float) -> bool:
    camera = [lease for lease in recorder.hub.leases if lease.thread == "camera"][-1]
    return camera.operation == "grab" and time.monotonic_ns() - camera.declared_mono_ns > seconds * NS_PER_S


def _sleeps_longer_than(recorder: Recorder, seconds: float) -> bool:
    main = [lease for lease in recorder.hub.leases if lease.thread == "main"][-1]
    assert main.deadline_mono_ns is not None
    return main.operation == "sleep" and main.deadline_mono_ns - main.declared_mono_ns > seconds * NS_PER_S


def test_threshold_of_a_reload_holds_slots_back_at_once(recorder: Recorder) -> None:
    recorder.start()
    recorder.wait_for_frames(1)
    recorder.reload(storage=StorageConfig(stop_above_percent=0.0))
    assert recorder.wait_for_miss("disk_full").camera == "main"
    recorder.reload(storage=StorageConfig())
    recorder.wait_for_frames(1)


def test_slots_since_the_last_account_are_told_first(recorder: Recorder) -> None:
    """What happened while nobody was there: two frames reached the disk, the other slots did not."""
    recorder.configure(interval_ms=1000)
    now_ns = time.time_ns() // NS_PER_S * NS_PER_S
    on_disk = [now_ns - 8 * NS_PER_S, now_ns - 5 * NS_PER_S]
    jpeg = encode_jpeg(render(0, 160, 120), 80)
    for slot_ns in on_disk:
        path = recorder.output_dir / "main" / FrameName(slot_ns).path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg)
    recorder.hub.accounted_until_ns = now_ns - 10 * NS_PER_S
    recorder.hub.since = "hang"
    recorder.start()
    recorder.hub.pump(lambda: any(not frame.recovered for frame in recorder.frames()), what="a new frame")
    recovered = [frame for frame in recorder.frames() if frame.recovered]
    assert [frame.slot_ns for frame in recovered] == on_disk
    assert {(frame.width, frame.height, frame.bytes, frame.lateness_us) for frame in recovered} == {
        (160, 120, len(jpeg), None)
    }
    slots = recorder.slots()
    assert slots[0] == now_ns - 9 * NS_PER_S
    assert _is_contiguous(slots, 1000)
    assert recorder.causes() == {"hang"}, "up to the first frame"


def test_stop_ends_it_at_once(recorder: Recorder) -> None:
    """In the middle of a long sleep; what is needed is the sockets' and the process's own end alone."""
    recorder.configure(interval_ms=3_600_000)
    recorder.start()
    began = time.monotonic()
    assert recorder.stop() == EX_OK
    assert time.monotonic() - began < 0.3


def test_stop_ends_it_at_once_though_the_camera_is_slow(recorder: Recorder) -> None:
    recorder.start()
    recorder.wait_for_frames(1)
    recorder.fault("slow", "20")
    recorder.hub.pump(lambda: _has_grabbed_for(recorder, 0.5), what="a long exposure")
    began = time.monotonic()
    assert recorder.stop() == EX_OK
    assert time.monotonic() - began < 0.3


def test_slow_camera_overruns_and_every_slot_is_told(recorder: Recorder) -> None:
    recorder.start()
    recorder.wait_for_frames(1)
    recorder.fault("slow", "0.7")
    recorder.wait_for_miss("overrun")
    slow = recorder.wait_for_frames(2)
    recorder.heal("slow")
    recorder.wait_for_frames(3)
    assert recorder.stop() == EX_OK
    assert _is_contiguous(recorder.slots(), 200)
    assert recorder.causes() <= {"starting", "overrun"}
    # An exposure may begin late by an interval; a picture that is later shows another slot's moment.
    assert max(frame.lateness_us or 0 for frame in slow) < 400_000


def test_damaged_pictures_are_missed_and_never_stored(recorder: Recorder) -> None:
    recorder.start()
    recorder.wait_for_frames(1)
    recorder.fault("garbage")
    recorder.wait_for_miss("damaged")
    recorder.hub.pump_for(0.5)
    recorder.heal("garbage")
    recorder.wait_for_frames(2)
    assert recorder.stop() == EX_OK
    assert _is_contiguous(recorder.slots(), 200)
    assert frames_in(recorder.output_dir) == {frame.path for frame in recorder.frames()}


@pytest.mark.parametrize("when", ["while it opens", "while it records"])
def test_lost_camera_is_told_and_ends_it_with_69(recorder: Recorder, when: str) -> None:
    if when == "while it opens":
        recorder.fault("lost")
        assert recorder.start_and_end() == EX_UNAVAILABLE
        driver = ""
    else:
        recorder.start()
        recorder.wait_for_frames(1)
        recorder.fault("lost")
        assert recorder.end() == EX_UNAVAILABLE
        driver = "test"
    lost = recorder.hub.events("camera.lost", CameraLost)
    assert [(each.camera, each.driver) for each in lost] == [("main", driver)]
    assert str(recorder.faults / "lost") in lost[0].detail, "it says what to do"
    assert lost[0].detail in recorder.hub.log_of(_WORKER)


def test_full_holds_slots_back_until_it_is_relieved_or_expires(recorder: Recorder) -> None:
    recorder.start()
    recorder.wait_for_frames(1)
    recorder.hub.publish("disk.pressure", _FULL)
    recorder.wait_for_miss("disk_full")
    recorder.hub.publish("disk.pressure", replace(_FULL, level="high"))
    recorder.wait_for_frames(1)
    recorder.hub.publish("disk.pressure", _FULL)
    recorder.wait_for_miss("disk_full")
    began = time.monotonic()
    recorder.wait_for_frames(1)
    assert 4 < time.monotonic() - began < 6, "storage has died, and nobody is held back for ever"
    assert recorder.stop() == EX_OK
    assert _is_contiguous(recorder.slots(), 200)


def test_disk_that_is_unmounted_ends_it_with_74(recorder: Recorder) -> None:
    recorder.configure(require_mount=True)
    assert recorder.start_and_end() == EX_IOERR
    assert "nothing is mounted there" in recorder.hub.log_of(_WORKER)
    assert not recorder.output_dir.exists(), "the card below was not written to"


def test_second_worker_of_a_camera_is_refused_with_75(recorder: Recorder) -> None:
    first = recorder.start()
    assert recorder.start_and_end() == EX_TEMPFAIL
    assert f"is in use by process {first}" in recorder.hub.log_of(_WORKER)
    recorder.wait_for_frames(1)


def test_source_that_this_version_has_not_ends_it_with_78(recorder: Recorder) -> None:
    recorder.configure(source="gopher://camera")
    assert recorder.start_and_end() == EX_CONFIG


def test_supervisor_that_does_not_read_slows_no_picture_down(recorder: Recorder) -> None:
    """It is stopped, or its machine is busy; the disk has every frame all the same, and nothing of it is lost."""
    recorder.start()
    recorder.wait_for_frames(1)
    before = len(frames_in(recorder.output_dir))
    time.sleep(1.5)  # nobody serves the sockets; there is nothing to wait for
    assert len(frames_in(recorder.output_dir)) - before >= 6
    recorder.wait_for_frames(5)
    assert recorder.stop() == EX_OK
    assert _is_contiguous(recorder.slots(), 200)


def test_every_wait_has_a_lease_of_its_thread(recorder: Recorder) -> None:
    recorder.start()
    recorder.wait_for_frames(2)
    caps_s = recorder.configuration.supervisor.lease_caps_s
    assert {lease.thread for lease in recorder.hub.leases} == {"main", "camera", "writer"}
    for lease in recorder.hub.leases:
        assert lease.deadline_mono_ns is not None
        assert lease.deadline_mono_ns - lease.declared_mono_ns <= caps_s[lease.operation] * NS_PER_S


def test_leftovers_of_a_killed_worker_are_removed(recorder: Recorder) -> None:
    temporary = recorder.output_dir / "main" / ".tmp" / "frame.jpg"
    temporary.parent.mkdir(parents=True)
    temporary.write_bytes(b"half a frame")
    recorder.configure(interval_ms=3_600_000)
    recorder.start()
    assert not temporary.exists()


def test_streaming_camera_gives_the_first_frame_at_or_after_the_slot(recorder: Recorder, tmp_path: Path) -> None:
    """A video of 20 frames a second, with a slot four times a second."""
    video = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (160, 120))
    for number in range(60):
        writer.write(render(number * NS_PER_S, 160, 120))
    writer.release()
    recorder.configure(source=str(video), interval_ms=250)
    recorder.start()
    frames = recorder.wait_for_frames(8)
    assert recorder.stop() == EX_OK
    for frame in frames:
        assert frame.lateness_us is not None
        assert frame.age_us is not None
        assert 0 <= frame.lateness_us <= 110_000, "two frame periods, and a little"
    assert _is_contiguous(recorder.slots(), 250)


def test_operators_files_in_the_camera_directory_are_left_alone(recorder: Recorder) -> None:
    notes = recorder.output_dir / "main" / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("the gate is open")
    recorder.start()
    recorder.wait_for_frames(1)
    assert recorder.stop() == EX_OK
    assert notes.read_text() == "the gate is open"
