"""The rig's camera tells the truth: its pictures are what its exposure, its light and its time say.

With picamera2 and libcamera as they are, and nothing of timelapse but the reader of the mark.
"""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest

from tests.camera_rig.fixture import CameraRig
from tests.camera_rig.scene import colours, greys
from tests.camera_rig.shots import Camera, Shot, made, manual, started

CLOCK_MS = 5.0
"""How well libcamera's estimate of the wall clock agrees with the clock."""
LATE_LOOK_MS = 150.0


@pytest.mark.usefixtures("camera_rig")
def test_mark_of_each_frame_is_when_its_exposure_began() -> None:
    with started(manual(20_000)) as camera:
        camera.shot_with("ExposureTime", 20_000)
        shots = camera.shots(10)
    assert [shot.mark_ms for shot in shots] == sorted({shot.mark_ms for shot in shots})
    for shot in shots:
        assert abs(shot.mark_ms - shot.begun_ms) < CLOCK_MS


def test_brightness_of_each_frame_is_that_of_the_exposure_it_tells(camera_rig: CameraRig) -> None:
    """Exposure and gain change in mid-stream, and no picture is a frame ahead of its metadata or behind."""
    # libcamera sets the registers when a frame starts. Where it comes too late for that, its metadata are wrong.
    camera_rig.cap_rate(15)
    with started(manual(4_000)) as camera:
        camera.shot_with("ExposureTime", 4_000)
        shots: list[Shot] = []
        for exposure_us, gain in ((16_000, 1.0), (4_000, 4.0), (4_000, 1.0), (8_000, 2.0)):
            camera.set(**manual(exposure_us, gain))
            shots += camera.shots(9)
    levels: dict[tuple[int, float, float], set[int]] = {}
    for shot in shots:
        data = shot.metadata
        key = (data["ExposureTime"], round(data["AnalogueGain"], 2), round(data["DigitalGain"], 1))
        levels.setdefault(key, set()).add(round(greys(shot.image)[4]))
    assert len(levels) >= 4, levels
    assert all(max(each) - min(each) <= 1 for each in levels.values()), levels
    by_light = sorted((key[0] * key[1], min(each)) for key, each in levels.items())
    assert by_light[-1][1] > by_light[0][1] + 40


def test_exposure_control_settles_and_tells_the_light(camera_rig: CameraRig) -> None:
    with started() as camera:
        for lux in (400.0, 20.0, 5_000.0):
            camera_rig.set("lux", lux)
            shot = settled(camera)
            assert abs(shot.metadata["Lux"] / lux - 1) < 0.1
            assert 70 < shot.image.mean() < 160


def test_picture_of_the_dark_is_black_and_of_the_sun_is_white(camera_rig: CameraRig) -> None:
    camera_rig.set("mark", 0)
    with started(manual(1_000)) as camera:
        camera.shot_with("ExposureTime", 1_000)
        assert 0 < camera.shot().image.mean() < 60
        camera_rig.set("lux", 0)
        assert next_after(camera).image.max() == 0
        camera_rig.set("lux", 5e7)
        assert next_after(camera).image.min() == 255


def test_frame_whose_exposure_began_after_the_scene_changed_shows_the_new_one(camera_rig: CameraRig) -> None:
    with started(manual(5_000)) as camera:
        camera.shot_with("ExposureTime", 5_000)
        changed_ms = [0.0]
        shots = []
        for number in range(1, 6):
            camera_rig.set("scene", number)
            changed_ms.append(time.time() * 1000)
            shots += camera.shots(4)
    assert {1, 2, 3, 4, 5} <= {shot.scene for shot in shots}
    for shot in shots:
        due = max(number for number, then_ms in enumerate(changed_ms) if then_ms < shot.mark_ms)
        assert shot.scene >= due
        # Where the machine is busy the scene may be looked at a little late, and never much.
        assert shot.scene == 0 or changed_ms[shot.scene] < shot.mark_ms + LATE_LOOK_MS


def test_colours_are_those_of_the_scene_and_follow_the_light(camera_rig: CameraRig) -> None:
    with started(manual(20_000)) as camera:
        camera.shot_with("ExposureTime", 20_000)
        blue, green, red = 0, 1, 2
        patches = colours(camera.shot().image)
        for patch, strongest in ((0, red), (1, green), (2, blue)):
            others = [level for channel, level in enumerate(patches[patch]) if channel != strongest]
            assert patches[patch][strongest] > max(others) + 40
        camera_rig.set("red", 0.9)
        warmer = colours(next_after(camera).image)
        assert all(warm[red] > cold[red] for warm, cold in zip(warmer, patches, strict=True))


@pytest.mark.usefixtures("camera_rig")
def test_yuv_picture_has_the_colours_of_the_rgb_one() -> None:
    with made() as picamera:
        main = {"size": (1640, 1232), "format": "YUV420"}
        picamera.configure(picamera.create_still_configuration(main=main, raw=None, controls=manual(20_000)))
        picamera.start()
        planes = picamera.capture_array("main")
    u, v = (planes[top : top + 308].reshape(-1, planes.shape[1] // 2) for top in (1232, 1540))
    # The patches of red and of blue, at 9 % of the height, and one of grey at 32 %.
    assert v[55, 50] > 160 > u[55, 50]
    assert u[55, 250] > 150 > v[55, 250]
    assert abs(int(u[200, 250]) - 128) <= 3
    assert abs(int(v[200, 250]) - 128) <= 3


def test_noise_is_there_when_it_is_switched_on(camera_rig: CameraRig) -> None:
    with started(manual(20_000)) as camera:
        camera.shot_with("ExposureTime", 20_000)
        assert middle_patch(camera.shot()).std() == 0
        camera_rig.set("noise", 6)
        first, second = (middle_patch(next_after(camera)) for _ in range(2))
        assert 4 < first.std() < 8
        assert not np.array_equal(first, second)


@pytest.mark.usefixtures("camera_rig")
def test_flip_turns_the_picture() -> None:
    transform = __import__("libcamera").Transform(hflip=1, vflip=1)
    with started(manual(20_000)) as camera:
        upright = camera.shot_with("ExposureTime", 20_000)
    with started(manual(20_000), transform=transform) as camera:
        turned = camera.shot_with("ExposureTime", 20_000)
    # The foot is the mark's.
    for image, across, down, where in ((upright.image, 50, 20, "upper left"), (turned.image, -50, 550, "lower right")):
        _, green, red = image[down, across].astype(int)
        assert red > green + 40, f"red is not at the {where}"


@pytest.mark.usefixtures("camera_rig")
def test_long_exposure_makes_the_frames_as_long() -> None:
    with started(manual(1_000_000)) as camera:
        camera.shot_with("ExposureTime", 1_000_000)
        first = camera.shot()
        before = time.monotonic()
        second = camera.shot()
        took_s = time.monotonic() - before
    stamps = [shot.metadata["SensorTimestamp"] for shot in (first, second)]
    assert stamps[1] - stamps[0] >= 1_000_000_000
    assert took_s > 0.9
    assert abs(second.mark_ms - second.begun_ms) < CLOCK_MS


def test_raw_picture_has_the_sensor_s_levels_over_black(camera_rig: CameraRig) -> None:
    camera_rig.set("mark", 0)
    with made() as picamera:
        main, raw = {"size": (1640, 1232)}, {"size": (3280, 2464), "format": "SRGGB10"}
        picamera.configure(picamera.create_still_configuration(main=main, raw=raw, controls=manual(20_000)))
        picamera.start()
        bayer = picamera.capture_array("raw").view(np.uint16)
        camera_rig.set("lux", 0)
        for _ in range(4):
            black = picamera.capture_array("raw").view(np.uint16)
    assert (black[:2464, :3280] == 64).all()
    reds, greens = bayer[788, 0:3280:2] - 64, bayer[788, 1:3280:2] - 64
    whitest = int(greens.argmax())
    assert 0.5 < reds[whitest] / greens[whitest] < 0.65, "daylight has 59 % of green in red"


def test_imx477_gives_twelve_megapixels(camera_rig: CameraRig) -> None:
    camera_rig.use_sensors("imx477")
    with started(size=(4056, 3040), sensor=(4056, 3040)) as camera:
        shot = settled(camera)
        assert shot.image.shape == (3040, 4056, 3)
        assert abs(shot.metadata["Lux"] / 400 - 1) < 0.1
        assert camera.picamera.camera_properties["Model"] == "imx477"
        assert camera.picamera.camera_controls["ExposureTime"][1] > 200_000_000


def test_two_cameras_are_two(camera_rig: CameraRig) -> None:
    camera_rig.use_sensors("imx219", "imx477")
    camera_rig.set("scene.0", 3)
    camera_rig.set("scene.1", 7)
    with started(manual(5_000)) as first, started(manual(5_000), sensor=(2028, 1520), number=1) as second:
        assert [first.picamera.camera_properties["Model"], second.picamera.camera_properties["Model"]] == [
            "imx219",
            "imx477",
        ]
        assert [first.shot().scene, second.shot().scene] == [3, 7]


def test_rate_is_capped(camera_rig: CameraRig) -> None:
    camera_rig.cap_rate(5)
    with started(manual(5_000)) as camera:
        shots = camera.shots(4)
    stamps = [shot.metadata["SensorTimestamp"] for shot in shots]
    assert min(later - earlier for earlier, later in pairwise(stamps)) >= 199_000_000


def settled(camera: Camera) -> Shot:
    """The first frame of which the camera says that its exposure control has settled, after the scene changed."""
    camera.shots(8)
    for _ in range(100):
        shot = camera.shot()
        if shot.metadata["AeState"] == 2:
            return shot
    raise AssertionError("the exposure control never settled")


def next_after(camera: Camera) -> Shot:
    """A frame whose exposure began after now."""
    now_ms = time.time() * 1000
    while True:
        shot = camera.shot()
        if shot.begun_ms > now_ms + CLOCK_MS:
            return shot


def middle_patch(shot: Shot) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The grey of 18 %."""
    height, width = shot.image.shape[:2]
    return shot.image[round(height * 0.3) : round(height * 0.4), round(width * 0.39) : round(width * 0.48)]
