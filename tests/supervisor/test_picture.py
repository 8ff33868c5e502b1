"""The picture: kept from the events that pass, and the same from the same events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec import structs

from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration, StorageConfig
from shared.events import (
    CameraLost,
    CameraOpened,
    CameraWarning,
    ClockStepped,
    DiskPressure,
    FrameMissed,
    FrameWritten,
    StoragePruned,
)
from supervisor.picture import Picture, iso

NOW_NS = 1_795_422_930_000_000_000
SLOT_NS = 10 * NS_PER_S


def _configuration(*cameras: CameraConfig, **storage: Any) -> Configuration:
    chosen = cameras or (CameraConfig("main", source="rtsp://admin:secret@10.0.0.2/x"), CameraConfig("garden"))
    return Configuration("x.yml", "/frames", {one.name: one for one in chosen}, storage=StorageConfig(**storage))


def _picture() -> Picture:
    picture = Picture()
    picture.configure(_configuration())
    return picture


def _say(picture: Picture, topic: str, data: msgspec.Struct) -> None:
    picture.changed = False
    picture.take(topic, msgspec.to_builtins(data), NOW_NS)


def _frame(slot: int, lateness_us: int | None = 400, camera: str = "main") -> FrameWritten:
    return FrameWritten(
        camera=camera,
        slot_ns=slot * SLOT_NS,
        take=1,
        path=f"{camera}/{slot}.jpg",
        bytes=1000 + slot,
        width=1920,
        height=1080,
        lateness_us=lateness_us,
        recovered=lateness_us is None,
    )


def _miss(first: int, last: int, cause: str) -> FrameMissed:
    data = {"camera": "main", "first_slot_ns": first * SLOT_NS, "last_slot_ns": last * SLOT_NS, "cause": cause}
    return msgspec.convert(data | {"interval_ns": SLOT_NS, "count": last - first + 1}, FrameMissed)


def test_camera_before_any_event_shows_its_configuration_without_the_password() -> None:
    camera = _picture().cameras["main"]
    assert (camera.source, camera.interval_s, camera.frames, camera.last_frame_slot_ns) == (
        "rtsp://admin:***@10.0.0.2/x",
        10.0,
        0,
        None,
    )


def test_raw_files_count_as_room_that_the_frames_take() -> None:
    picture = _picture()
    _say(picture, "frame.written", msgspec.structs.replace(_frame(1), raw_path="main/1.dng", raw_bytes=20_000))
    camera = picture.cameras["main"]
    assert (camera.frames, camera.bytes, camera.last_frame_bytes) == (1, 21_001, 1001)


def test_frames_are_counted_and_the_last_is_shown() -> None:
    picture = _picture()
    for slot in (1, 2, 3):
        _say(picture, "frame.written", _frame(slot))
    camera = picture.cameras["main"]
    assert (camera.frames, camera.bytes, camera.last_frame_path, camera.last_frame_bytes) == (
        3,
        3006,
        "main/3.jpg",
        1003,
    )
    assert (camera.last_frame_slot_ns, camera.accounted_until_ns) == (3 * SLOT_NS, 3 * SLOT_NS)
    assert picture.changed
    assert picture.cameras["garden"].frames == 0


def test_recovered_frame_leaves_the_lateness_of_the_one_before() -> None:
    picture = _picture()
    _say(picture, "frame.written", _frame(1, lateness_us=123))
    _say(picture, "frame.written", _frame(2, lateness_us=None))
    assert picture.cameras["main"].last_lateness_us == 123


def test_misses_are_counted_by_cause_and_end_with_the_next_frame() -> None:
    picture = _picture()
    _say(picture, "frame.missed", _miss(1, 3, "hang"))
    _say(picture, "frame.missed", _miss(4, 4, "camera_lost"))
    _say(picture, "frame.missed", _miss(5, 6, "hang"))
    camera = picture.cameras["main"]
    assert camera.misses == {"hang": 5, "camera_lost": 1}
    assert (camera.last_miss_slot_ns, camera.last_miss_cause, camera.missing_now) == (6 * SLOT_NS, "hang", True)
    assert camera.accounted_until_ns == 6 * SLOT_NS
    _say(picture, "frame.written", _frame(7))
    assert not picture.cameras["main"].missing_now


def test_camera_that_opens_leaves_its_model_and_its_address_for_the_probe() -> None:
    picture = _picture()
    opened = CameraOpened(camera="main", driver="rtsp", model="10.0.0.2", address="10.0.0.2:554")
    _say(picture, "camera.opened", opened)
    _say(picture, "camera.lost", CameraLost(camera="main"))
    assert (picture.cameras["main"].driver, picture.cameras["main"].model) == ("rtsp", "10.0.0.2")
    assert picture.addresses == {"main": "10.0.0.2:554"}


@pytest.mark.parametrize(
    ("source", "opened", "device"),
    [
        ("/dev/video0", None, "/dev/video0"),
        ("/dev/video0", "/dev/v4l/by-id/x", "/dev/v4l/by-id/x"),
        ("auto", None, "/dev/video*"),
        ("auto", "/dev/v4l/by-id/x", "/dev/v4l/by-id/x"),
        ("auto", "", "/dev/video*"),
        ("rtsp://10.0.0.2/x", "", ""),
    ],
)
def test_device_to_look_for_is_the_one_that_was_opened_else_what_the_source_says(
    source: str, opened: str | None, device: str
) -> None:
    picture = Picture()
    picture.configure(_configuration(CameraConfig("main", source=source)))
    if opened is not None:
        _say(picture, "camera.opened", CameraOpened(camera="main", driver="x", model="", device=opened))
    assert picture.devices == {"main": device}


def test_device_that_was_opened_is_kept_over_a_reload_while_the_source_stays() -> None:
    picture = Picture()
    picture.configure(_configuration(CameraConfig("main", source="auto")))
    _say(picture, "camera.opened", CameraOpened(camera="main", driver="v4l2", model="", device="/dev/v4l/by-id/x"))
    picture.configure(_configuration(CameraConfig("main", source="auto", interval_ms=500), CameraConfig("roof")))
    assert picture.devices == {"main": "/dev/v4l/by-id/x", "roof": "/dev/video*"}
    picture.configure(_configuration(CameraConfig("main", source="/dev/video2")))
    assert picture.devices == {"main": "/dev/video2"}
    picture.configure(_configuration(CameraConfig("main", source="auto")))
    assert picture.devices == {"main": "/dev/video*"}


def test_disk_is_shown_as_storage_last_told_it() -> None:
    picture = _picture()
    pressure = DiskPressure(
        level="high", used_percent=86.5, free_bytes=7, inodes_percent=None, path="/frames", detail="no mount"
    )
    _say(picture, "disk.pressure", pressure)
    storage = picture.storage
    assert (storage.level, storage.used_percent, storage.free_bytes, storage.detail) == ("high", 86.5, 7, "no mount")
    assert storage.checked_wall_ns == NOW_NS
    for _ in range(2):
        _say(picture, "storage.pruned", StoragePruned(count=3, bytes=50, oldest="a", newest="b", rule="clean_above"))
    assert (picture.storage.pruned_frames, picture.storage.pruned_bytes) == (6, 100)
    assert picture.storage.level == "high"


def test_reload_keeps_what_is_known_and_takes_cameras_and_thresholds_over() -> None:
    picture = _picture()
    _say(picture, "frame.written", _frame(1))
    picture.configure(_configuration(CameraConfig("main", interval_ms=500), CameraConfig("roof"), clean=False))
    assert set(picture.cameras) == {"main", "roof"}
    assert (picture.cameras["main"].frames, picture.cameras["main"].interval_s) == (1, 0.5)
    assert (picture.storage.clean, picture.storage.output_dir) == (False, "/frames")


def test_event_of_a_camera_that_is_gone_and_one_of_no_camera_change_nothing() -> None:
    picture = _picture()
    before = dict(picture.cameras)
    _say(picture, "frame.written", _frame(1, camera="roof"))
    picture.take("operation.finished", {"operation": "x", "ok": True}, NOW_NS)
    assert picture.cameras == before
    assert not picture.changed


@pytest.fixture(name="_zone")
def _set_zone(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("_zone", "shown"),
    [
        ("UTC", "2026-11-23T08:35:30.007+00:00"),
        ("Asia/Kathmandu", "2026-11-23T14:20:30.007+05:45"),
        ("America/St_Johns", "2026-11-23T05:05:30.007-03:30"),
    ],
    indirect=["_zone"],
)
def test_time_is_shown_as_iso_8601_with_the_zone(shown: str) -> None:
    assert iso(NOW_NS + 7_999_999) == shown
    assert datetime.fromisoformat(shown).timestamp() == pytest.approx(NOW_NS / 1e9 + 0.007)


def _warning(warning: str, since: int, *, active: bool = True) -> CameraWarning:
    data = {"camera": "main", "warning": warning, "active": active, "since_slot_ns": since * SLOT_NS, "detail": "look"}
    return msgspec.convert(data, CameraWarning)


def test_camera_warnings_are_those_that_are_active() -> None:
    picture = _picture()
    _say(picture, "camera.warning", _warning("black", 5))
    _say(picture, "camera.warning", _warning("frozen", 6))
    assert picture.changed
    told = [(each.warning, each.since_slot_ns, each.detail) for each in picture.cameras["main"].warnings]
    assert told == [("black", 5 * SLOT_NS, "look"), ("frozen", 6 * SLOT_NS, "look")]
    assert picture.cameras["garden"].warnings == []
    _say(picture, "camera.warning", _warning("black", 5, active=False))
    assert [each.warning for each in picture.cameras["main"].warnings] == ["frozen"]
    _say(picture, "camera.warning", _warning("frozen", 7))
    assert [each.since_slot_ns for each in picture.cameras["main"].warnings] == [7 * SLOT_NS]


def test_camera_warnings_stay_while_it_is_lost_and_end_where_a_new_worker_opens_it() -> None:
    picture = _picture()
    _say(picture, "camera.warning", _warning("black", 5))
    _say(picture, "camera.lost", CameraLost(camera="main", detail="gone"))
    _say(picture, "frame.missed", _miss(6, 9, "camera_lost"))
    assert [each.warning for each in picture.cameras["main"].warnings] == ["black"]
    _say(picture, "camera.opened", CameraOpened(camera="main", driver="test", model="scene"))
    assert picture.cameras["main"].warnings == []


def test_clock_is_as_the_newest_frame_or_step_told() -> None:
    picture = _picture()
    seen = [picture.cameras["main"].synchronised]
    for topic, data in (
        ("frame.written", structs.replace(_frame(1), synchronised=False)),
        ("frame.missed", _miss(2, 2, "stale")),
        ("clock.stepped", ClockStepped(camera="main", step_ns=5, synchronised=True)),
        ("frame.written", structs.replace(_frame(3, None), synchronised=False)),
        ("frame.written", structs.replace(_frame(4), synchronised=None)),
    ):
        _say(picture, topic, data)
        assert picture.changed
        seen.append(picture.cameras["main"].synchronised)
    assert seen == [None, False, False, True, True, None], "a frame that was found again tells of another time"


def test_slots_that_a_clock_left_out_are_misses_but_not_missing_now() -> None:
    """An hourly camera would be called in trouble for an hour after each boot without a clock."""
    picture = _picture()
    seen = []
    for miss in (_miss(1, 1, "stale"), _miss(2, 9, "clock_step"), _miss(10, 10, "overrun")):
        _say(picture, "frame.missed", miss)
        seen.append(picture.cameras["main"].missing_now)
    assert seen == [True, False, True]
    assert picture.cameras["main"].misses == {"stale": 1, "clock_step": 8, "overrun": 1}
