"""Is it recording?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from shared.causes import PictureFault
from shared.clock import NS_PER_S
from shared.status import Status, WarningStatus
from tests.rig.status_values import NOW_NS, in_backoff, status, with_camera, with_worker
from tests.rig.zone import zone
from timelapse.show.verdict import verdict

HOUR_NS = 3600 * NS_PER_S
AT_0815_NS = NOW_NS - 34_500_000_000


def only_main(base: Status) -> Status:
    return replace(base, cameras={"main": base.cameras["main"]})


def test_verdict_all_running_is_well() -> None:
    found = verdict(status(), NOW_NS, 0.0)
    assert found.well
    assert found.sentence == "Recording: both cameras."
    assert verdict(only_main(status()), NOW_NS, 0.0).sentence == "Recording: camera main."


def test_verdict_only_camera_in_backoff_says_cause_countdown_and_detail() -> None:
    found = verdict(only_main(in_backoff(status(), "capture.main")), NOW_NS, 0.0)
    assert not found.well
    assert found.sentence == (
        "NOT recording: capture.main is in back-off (camera), next try in 12 s: connection refused by 192.168.1.20:554"
    )


def test_verdict_countdown_goes_on_with_the_age_of_the_status() -> None:
    waiting = only_main(in_backoff(status(), "capture.main"))
    assert "next try in 7 s" in verdict(waiting, NOW_NS, 5.0).sentence
    assert "next try now" in verdict(waiting, NOW_NS, 60.0).sentence


def test_verdict_one_of_two_in_backoff_names_the_one() -> None:
    found = verdict(in_backoff(status(), "capture.garden"), NOW_NS, 0.0)
    assert not found.well
    assert found.recording == 1
    assert found.sentence.startswith("Recording 1 of 2 cameras: capture.garden is in back-off (camera)")


def test_verdict_both_bad_counts_the_other() -> None:
    both = in_backoff(in_backoff(status(), "capture.garden"), "capture.main")
    assert verdict(both, NOW_NS, 0.0).sentence.startswith("NOT recording: capture.main is in back-off")
    assert verdict(both, NOW_NS, 0.0).sentence.endswith("(and 1 more)")


@pytest.mark.parametrize(
    "state", ["stopped", "starting", "stopping", "killing", "quarantined", "backoff", "failed", "new"]
)
def test_verdict_any_state_but_running_is_not_recording(state: str) -> None:
    found = verdict(only_main(with_worker(status(), "capture.main", state=state)), NOW_NS, 0.0)
    assert not found.well
    assert found.sentence.startswith("NOT recording: capture.main ")


@pytest.mark.parametrize(
    ("state", "remedy"), [("stopped", "timelapse start capture.main"), ("failed", "timelapse reload")]
)
def test_verdict_state_that_waits_for_a_person_says_what_to_do(state: str, remedy: str) -> None:
    assert remedy in verdict(with_worker(status(), "capture.main", state=state), NOW_NS, 0.0).sentence


def test_verdict_slot_missed_just_now_is_not_recording() -> None:
    missing = with_camera(
        status(), "main", missing_now=True, last_miss_slot_ns=NOW_NS - NS_PER_S, last_miss_cause="disk_full"
    )
    found = verdict(missing, NOW_NS, 0.0)
    assert not found.well
    assert "capture.main runs, but missed its last slot (disk_full)" in found.sentence


def test_verdict_slot_missed_before_the_worker_was_ready_does_not_count() -> None:
    back = with_worker(status(), "capture.main", since_wall_ns=NOW_NS - NS_PER_S)
    back = with_camera(back, "main", missing_now=True, last_miss_slot_ns=NOW_NS - 5 * NS_PER_S, last_miss_cause="hang")
    assert verdict(back, NOW_NS, 0.0).well


def test_verdict_storage_in_backoff_records_but_is_not_well() -> None:
    found = verdict(in_backoff(status(), "storage"), NOW_NS, 0.0)
    assert not found.well
    assert found.sentence.startswith("Recording: both cameras, but storage is in back-off")


def bad_pictures(warning: PictureFault, minutes: int = 12) -> dict[str, Any]:
    since_ns = NOW_NS - minutes * 60 * NS_PER_S
    return {"warnings": [WarningStatus(warning=warning, since_slot_ns=since_ns, detail="look at it")]}


def test_verdict_bad_pictures_are_recorded_but_said() -> None:
    black = with_camera(only_main(status()), "main", **bad_pictures("black"))
    found = verdict(black, NOW_NS, 0.0)
    assert (found.well, found.warned, found.recording) == (True, True, 1)
    assert found.sentence == "Recording: camera main, but its pictures have been black for 12 min"
    assert not verdict(status(), NOW_NS, 0.0).warned


def test_verdict_bad_pictures_of_two_cameras_names_the_first() -> None:
    both = with_camera(with_camera(status(), "main", **bad_pictures("torn")), "garden", **bad_pictures("black"))
    found = verdict(both, NOW_NS, 0.0)
    assert found.sentence == "Recording: both cameras, but the pictures of main have been torn for 12 min (and 1 more)"


def test_verdict_bad_pictures_are_old_news_of_a_camera_that_does_not_record_or_waits() -> None:
    black = with_camera(status(), "garden", **bad_pictures("black"))
    stopped = verdict(in_backoff(black, "capture.garden"), NOW_NS, 0.0)
    assert not stopped.warned
    assert "black" not in stopped.sentence
    with zone("UTC"):
        waiting = verdict(with_camera(black, "garden", window="20:00-06:00"), NOW_NS, 0.0)
    assert not waiting.warned
    assert waiting.sentence == "Recording 1 of 2 cameras; garden waits for its window (20:00-06:00)."


def test_verdict_worker_in_trouble_comes_before_bad_pictures() -> None:
    found = verdict(with_camera(in_backoff(status(), "storage"), "main", **bad_pictures("black")), NOW_NS, 0.0)
    assert (found.well, found.warned) == (False, False)
    assert "but storage is in back-off" in found.sentence


def test_verdict_camera_without_worker_is_not_recording() -> None:
    missing = replace(status(), workers={})
    assert verdict(missing, NOW_NS, 0.0).sentence.startswith("NOT recording: capture.main is not there yet")


def test_verdict_supervisor_stopping_is_not_recording() -> None:
    stopping = replace(status(), supervisor=replace(status().supervisor, state="stopping"))
    assert not verdict(stopping, NOW_NS, 0.0).well


def test_verdict_no_frame_for_long_is_not_recording_whatever_the_worker_says() -> None:
    silent = with_camera(status(), "main", last_frame_slot_ns=NOW_NS - 600 * NS_PER_S)
    assert "capture.main runs, but has taken no frame for 10 min" in verdict(silent, NOW_NS, 0.0).sentence
    fresh = with_worker(silent, "capture.main", since_wall_ns=NOW_NS - 60 * NS_PER_S)
    assert verdict(fresh, NOW_NS, 0.0).well
    by_day = with_camera(silent, "main", window="06:00-20:00")
    assert verdict(by_day, NOW_NS, 0.0).well


@pytest.fixture(name="_utc")
def _in_utc() -> Iterator[None]:
    with zone("UTC"):
        yield


def full(base: Status, **storage: Any) -> Status:
    given = {"level": "full", "used_percent": 95.04, "checked_wall_ns": NOW_NS, **storage}
    return replace(base, storage=replace(base.storage, **given))


def test_verdict_clock_that_was_put_forward_by_fifty_years_is_no_silence_of_fifty_years() -> None:
    """The last frame is of 1970; what was left out since then was told as missed."""
    left_out = with_camera(status(), "main", last_frame_slot_ns=10**15, accounted_until_ns=NOW_NS - 5 * NS_PER_S)
    assert verdict(left_out, NOW_NS, 0.0).well


def test_verdict_full_disk_is_not_recording_long_before_a_slot_is_missed() -> None:
    hourly = with_camera(only_main(status()), "main", interval_s=3600.0)
    found = verdict(full(hourly), NOW_NS, 0.0)
    assert (found.well, found.recording) == (False, 0)
    assert found.sentence == (
        "NOT recording: capture.main may not write: the disk is 95.0% full, the limit is 90%; "
        "make room there, or raise storage.stop_above"
    )


def test_verdict_disk_full_of_inodes_says_so_and_what_storage_does_about_it() -> None:
    found = verdict(full(status(), used_percent=12.0, inodes_percent=97.0, detail="nothing can go"), NOW_NS, 0.0)
    assert "the disk is full (97.0% of its inodes are used), the limit is 90% (nothing can go); " in found.sentence
    assert found.sentence.endswith("(and 1 more)")


def test_verdict_frame_since_the_disk_was_full_has_the_last_word() -> None:
    assert verdict(full(status(), checked_wall_ns=NOW_NS - 10 * NS_PER_S), NOW_NS, 0.0).well


def test_verdict_high_disk_records() -> None:
    assert verdict(full(status(), level="high"), NOW_NS, 0.0).well


def test_verdict_of_three_cameras_says_how_many() -> None:
    three = status()
    three = replace(
        three,
        cameras={**three.cameras, "roof": three.cameras["main"]},
        workers={**three.workers, "capture.roof": three.workers["capture.main"]},
    )
    assert verdict(three, NOW_NS, 0.0).sentence == "Recording: all 3 cameras."


@pytest.mark.usefixtures("_utc")
@pytest.mark.parametrize(
    ("window", "hours", "waits"),
    [
        ("06:00-20:00", 0, False),
        ("06:00-08:15", 0, True),
        ("08:15-20:00", 0, False),
        ("08:16-20:00", 0, True),
        ("06:00-20:00", 12, True),
        ("20:00-06:00", 0, True),
        ("20:00-06:00", 13, False),
        ("20:00-06:00", -4, False),
        ("06:00..24:00", 15, False),
        ("by the tide", 0, False),
    ],
)
def test_verdict_outside_fixed_hours_waits_and_is_well(window: str, hours: int, waits: bool) -> None:
    at_ns = AT_0815_NS + hours * HOUR_NS
    found = verdict(with_camera(only_main(status()), "main", window=window), at_ns, 0.0)
    assert (found.well, found.recording) == (True, 0 if waits else 1)
    waiting = f"Waiting: camera main is outside its window ({window})."
    assert found.sentence == (waiting if waits else "Recording: camera main.")


@pytest.mark.usefixtures("_utc")
def test_verdict_one_of_two_outside_its_window_names_it() -> None:
    one = with_camera(status(), "garden", window="20:00-06:00")
    assert verdict(one, NOW_NS, 0.0).sentence == "Recording 1 of 2 cameras; garden waits for its window (20:00-06:00)."
    both = with_camera(one, "main", window="20:00-06:00")
    assert verdict(both, NOW_NS, 0.0).sentence == "Waiting: both cameras are outside their windows."
    failing = in_backoff(one, "capture.main")
    assert verdict(failing, NOW_NS, 0.0).sentence.startswith("NOT recording: capture.main is in back-off")


def test_verdict_window_by_the_sun_waits_when_nothing_has_come_for_long() -> None:
    by_the_sun = with_camera(only_main(status()), "main", window="sunrise..sunset")
    assert verdict(by_the_sun, NOW_NS, 0.0).sentence == "Recording: camera main."
    later = verdict(by_the_sun, NOW_NS + HOUR_NS, 0.0)
    assert later.sentence == "Waiting: camera main is outside its window (sunrise..sunset)."
    assert later.well
