"""Is it recording?"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.status import Status
from tests.rig.status_values import NOW_NS, in_backoff, status, with_camera, with_worker
from timelapse.show.verdict import verdict


def only_main(base: Status) -> Status:
    return replace(base, cameras={"main": base.cameras["main"]})


def test_verdict_all_running_is_well() -> None:
    found = verdict(status(), NOW_NS, 0.0)
    assert found.well
    assert found.sentence == "Recording: all 2 cameras."
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
    assert found.sentence.startswith("Recording: all 2 cameras, but storage is in back-off")


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
