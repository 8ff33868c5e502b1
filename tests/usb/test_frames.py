"""What comes out of a USB camera when all is well: its own bytes, each once, with the time at which it was taken."""

from __future__ import annotations

import itertools
import statistics

from tests.rig.figures import say_spread
from tests.usb.one_camera import CameraProcess
from tests.usb.webcam import Webcam

_FRAMES = 60


def test_frame_is_what_the_camera_sent_byte_for_byte_and_in_order(webcam: Webcam, sent: dict[str, int]) -> None:
    with CameraProcess(webcam.by_id) as camera:
        opened = camera.next()["opened"]
        frames = [camera.next() for _ in range(_FRAMES)]
    assert (opened["driver"], opened["model"], opened["make"]) == ("uvcvideo", "Test Camera", "vmrig")
    assert opened["device"] == webcam.by_id
    assert all(frame["is_kept"] and frame["is_new"] and frame["sha256"] in sent for frame in frames)
    places = [sent[frame["sha256"]] for frame in frames]
    # A frame that came while this process was held up is lost; none comes twice, or late.
    assert all(1 <= (after - before) % 8 <= 4 for before, after in itertools.pairwise(places))


def test_own_time_is_the_kernels_and_lies_shortly_before_the_arrival(webcam: Webcam) -> None:
    with CameraProcess(webcam.by_id) as camera:
        camera.next()
        frames = [camera.next() for _ in range(_FRAMES)]
    ages_ms = [(frame["arrived_ns"] - frame["own_ns"]) / 1e6 for frame in frames]
    apart_ms = [(after["own_ns"] - before["own_ns"]) / 1e6 for before, after in itertools.pairwise(frames)]
    say_spread("USB frame: age when it was read, ms (emulated)", ages_ms)
    say_spread("USB frame: from one to the next by the kernel's stamps at 10 fps, ms (emulated)", apart_ms)
    # An arrival would be told as it is, to the nanosecond; the kernel's stamps are whole microseconds.
    assert all(frame["own_ns"] % 1000 == 0 for frame in frames)
    assert min(ages_ms) > 0
    assert 80 < statistics.median(apart_ms) < 120


def test_one_camera_by_two_names_is_open_once(webcam: Webcam) -> None:
    with CameraProcess(webcam.by_id) as first:
        first.next()
        with CameraProcess(f"/dev/{webcam.node}") as second:
            refused = second.error()
    assert refused["status"] == 75
    assert "in use by process" in refused["error"]


def test_plain_name_is_told_by_its_lasting_one(webcam: Webcam) -> None:
    with CameraProcess(f"/dev/{webcam.node}") as camera:
        assert camera.next()["opened"]["device"] == webcam.by_id


def test_size_is_the_one_asked_for_or_a_mistake_that_names_the_nearest(webcam: Webcam) -> None:
    with CameraProcess(webcam.by_id, "1280x720") as camera:
        assert camera.next()["opened"]["detail"] == "1280x720 MJPG"
    with CameraProcess(webcam.by_id, "1280x800") as camera:
        refused = camera.error()
    assert refused["status"] == 78
    assert "did you mean 1280x720? it has 1920x1080, 1280x720, 640x480" in refused["error"]
