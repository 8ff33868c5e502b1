"""Whether frames come, by the status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from shared.clock import NS_PER_S
from shared.status import LedgerTrouble, RestartStatus, WarningStatus
from tests.rig.doctor_values import known, levels, only
from tests.rig.status_values import NOW_NS, camera, in_backoff, plain, status, with_camera, with_worker
from timelapse.doctor import recording
from timelapse.doctor.finding import Finding


def _of(findings: list[Finding], check: str, subject: str = "") -> Finding:
    return only([finding for finding in findings if finding.subject == subject], check)


def _judged(name: str = "main", **changed: Any) -> list[Finding]:
    return recording.judge(with_camera(status(), name, **changed), known())


def test_recorder_that_records_is_well() -> None:
    assert set(levels(recording.judge(status(), known())).values()) == {"ok"}


def test_camera_without_frames_for_long_is_a_fault() -> None:
    found = _of(_judged(last_frame_slot_ns=NOW_NS - 7200 * NS_PER_S), "recording.frames", "main")
    assert found.level == "fault"
    assert "2 h old" in found.saw


def test_camera_outside_its_window_is_well() -> None:
    long_ago = NOW_NS - 7200 * NS_PER_S
    found = _of(_judged(last_frame_slot_ns=long_ago, window="20:00-04:00"), "recording.frames", "main")
    assert found.level == "ok"
    assert "waits for its window" in found.saw


def test_frame_of_the_future_tells_of_the_clock() -> None:
    found = _of(_judged(last_frame_slot_ns=NOW_NS + 60 * NS_PER_S), "recording.frames", "main")
    assert (found.level, found.do) == ("warning", "timedatectl status")


@pytest.mark.parametrize(
    ("ago_s", "cause", "misses", "level"),
    [
        (60, "hang", {"hang": 2}, "warning"),
        (7200, "hang", {"hang": 2}, "ok"),
        (60, "stopped", {"stopped": 2, "hang": 1}, "ok"),
        (60, "starting", {"starting": 2}, "ok"),
    ],
)
def test_gap_of_the_last_hour_is_a_warning(ago_s: int, cause: str, misses: dict[str, int], level: str) -> None:
    missed: dict[str, Any] = {
        "last_miss_slot_ns": NOW_NS - ago_s * NS_PER_S,
        "last_miss_cause": cause,
        "misses": misses,
    }
    assert _of(_judged(**missed), "recording.gaps", "main").level == level


def test_camera_of_which_nothing_is_known_yet_has_no_gaps() -> None:
    fresh = status(cameras={"main": camera("main", frames=0, misses={}, last_frame_slot_ns=None)})
    assert "recording.gaps" not in levels(recording.judge(fresh, known()))


def test_bad_pictures_are_a_warning() -> None:
    black = WarningStatus(warning="black", since_slot_ns=NOW_NS - 600 * NS_PER_S, detail="take the cap off")
    found = _of(_judged(warnings=[black]), "recording.pictures", "main")
    assert (found.level, found.advice) == ("warning", "take the cap off")


def test_worker_in_back_off_is_a_fault_told_once_with_its_cause() -> None:
    found = recording.judge(in_backoff(status(), "capture.main"), known())
    assert "connection refused" in _of(found, "recording.workers", "capture.main").saw
    assert "connection refused" not in _of(found, "recording.frames", "main").saw


@pytest.mark.parametrize(
    ("changed", "level", "do"),
    [
        ({"state": "quarantined"}, "fault", "reboot"),
        ({"state": "failed", "pid": None}, "fault", "config check"),
        ({"state": "stopped", "desired": "down", "pid": None}, "warning", "start capture.main"),
        ({"state": "stopping"}, "warning", "status"),
        ({"restarts": RestartStatus(total=2, by_cause={"hang": 2}, failures=0)}, "ok", ""),
        (
            {
                "restarts": RestartStatus(total=2, by_cause={"hang": 2}, failures=0),
                "since_wall_ns": NOW_NS - 60 * NS_PER_S,
            },
            "warning",
            "events",
        ),
    ],
)
def test_worker_is_judged_by_its_state(changed: dict[str, Any], level: str, do: str) -> None:
    found = recording.judge(with_worker(status(), "capture.main", **changed), known())
    worker = _of(found, "recording.workers", "capture.main")
    assert worker.level == level
    assert do in worker.do


def test_last_words_tell_when_it_recorded_last(tmp_path: Path) -> None:
    (tmp_path / ".status.json").write_text(json.dumps(plain(status())))
    last = recording.look(str(tmp_path))
    assert sorted(last.last_frames_ns) == ["garden", "main"]
    found = recording.judge_last_words(last, known())
    assert {finding.level for finding in found} == {"warning"}
    assert "nobody records now" in found[0].saw


@pytest.mark.parametrize("text", [None, "{", "[]", '{"cameras": {"main": 1}}', '{"cameras": {"main": {}}}'])
def test_last_words_that_are_missing_or_broken_are_passed_over(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / ".status.json").write_text(text)
    assert recording.look(str(tmp_path)).problem


def test_ledger_that_can_not_be_written_is_a_warning_that_tells_since_when_and_why() -> None:
    trouble = LedgerTrouble(since_wall_ns=NOW_NS - 600 * NS_PER_S, detail="disk I/O error", waiting=12)
    whole = status()
    assert _of(recording.judge(whole, known()), "recording.ledger").level == "ok"
    bad = structs.replace(whole, storage=structs.replace(whole.storage, ledger=trouble))
    found = _of(recording.judge(bad, known()), "recording.ledger")
    assert found.level == "warning"
    assert "since 10 min: disk I/O error, 12 changes waiting" in found.saw
