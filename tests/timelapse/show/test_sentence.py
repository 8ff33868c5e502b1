"""Events as lines: each topic has its sentence, and none is ever refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.events import DATA_TYPES
from shared.messages import Event
from tests.rig.status_values import NOW_NS, plain, status
from timelapse.show.ink import Ink
from timelapse.show.sentence import line, sentence

WORKER = {
    "worker": "capture.main",
    "incarnation": 3,
    "pid": 1234,
    "state": "backoff",
    "cause": "camera",
    "delay_s": 5.4,
}
RENDER = {"camera": "main", "day": "2026-06-01", "kind": "video"}
DATA: dict[str, tuple[dict[str, Any], str]] = {
    "frame.written": (
        {
            "camera": "main",
            "slot_ns": NOW_NS,
            "take": 1,
            "path": "main/2026/11/23/x.jpg",
            "bytes": 301_000,
            "width": 1920,
            "height": 1080,
            "lateness_us": 412,
        },
        "34.500: 301 kB, 0.4 ms late, main/2026/11/23/x.jpg",
    ),
    "frame.missed": (
        {
            "camera": "main",
            "first_slot_ns": NOW_NS,
            "last_slot_ns": NOW_NS + 20_000_000_000,
            "interval_ns": 10_000_000_000,
            "count": 3,
            "cause": "hang",
        },
        "3 slots missed (hang)",
    ),
    "camera.opened": ({"camera": "main", "driver": "opencv", "model": "FFMPEG"}, "main: open, opencv, FFMPEG"),
    "camera.warning": (
        {"camera": "main", "warning": "black", "active": True, "since_slot_ns": NOW_NS, "detail": "look for a cover"},
        "34.500: look for a cover",
    ),
    "camera.lost": ({"camera": "main", "detail": "connection refused"}, "main: lost, connection refused"),
    "disk.pressure": (
        {"level": "full", "used_percent": 95.04, "free_bytes": 5_000_000, "inodes_percent": None, "path": "/srv"},
        "full: 95.0% used, 5.0 MB free, /srv",
    ),
    "storage.pruned": (
        {"count": 2, "bytes": 600_000, "oldest": "main/a.jpg", "newest": "main/b.jpg", "rule": "clean_above"},
        "2 frames deleted (600 kB, clean_above): main/a.jpg to main/b.jpg",
    ),
    "config.reloaded": (
        {"applied": ["storage.clean"], "needs_restart": ["output_dir"]},
        "changes in force: storage.clean; needs a restart: output_dir",
    ),
    "config.rejected": ({"errors": ["f:1:2: x"]}, "1 mistake, nothing changed: f:1:2: x"),
    "render.started": (
        {"camera": "main", "day": "2026-06-01", "kind": "video", "output": "main/videos/2026-06-01.mp4", "tries": 2},
        "main/videos/2026-06-01.mp4, try 2",
    ),
    "render.progress": (
        {**RENDER, "stage": "rendering", "done": 420, "total": 1000, "left_s": 65.0, "paused": ""},
        "main 2026-06-01 video: rendering, 42% of 1,000 pictures, 1 min 5 s left",
    ),
    "render.finished": (
        {
            **RENDER,
            "output": "main/videos/2026-06-01.mp4",
            "pictures": 1500,
            "frames": 1400,
            "damaged": 1,
            "gaps": 2,
            "bytes": 20_000_000,
            "width": 1920,
            "height": 1080,
            "duration_s": 60.0,
            "took_s": 125.0,
        },
        "main/videos/2026-06-01.mp4: 20.0 MB, 60.0 s long, 1 damaged frame left out, took 2 min 5 s",
    ),
    "render.failed": (
        {**RENDER, "message": "no ffmpeg", "tries": 2, "next_try_s": 600.0},
        "main 2026-06-01 video: no ffmpeg (try 2, next try in 10 min)",
    ),
    "render.waiting": ({"due": 2, "detail": "the disk is full"}, "2 results due, the disk is full"),
    "clock.stepped": ({"camera": "main", "step_ns": -1_500_000_000}, "main: the clock jumped by -1.500 s"),
    "operation.finished": ({"operation": "ab", "ok": False, "worker": "storage", "detail": "no"}, "storage FAILED, no"),
    "bus.tick": ({"seq": 12, "tseq": {}}, "last event 12"),
    "supervisor.started": ({"pid": 1, "version": "0.1.0", "config": "/c.yml"}, "version 0.1.0, pid 1, /c.yml"),
    "supervisor.stopping": ({"reason": "SIGTERM"}, "SIGTERM"),
    "status": (plain(status()), "Recording: both cameras."),
    **{
        topic: (WORKER, "capture.main: cause camera, next try in 5 s, pid 1234")
        for topic in DATA_TYPES
        if topic.startswith("worker.")
    },
    # Why the one before has ended is not why this one starts.
    "worker.starting": (WORKER, "capture.main: next try in 5 s, pid 1234"),
    "worker.ready": (WORKER, "capture.main: next try in 5 s, pid 1234"),
}


def event(topic: str, data: dict[str, Any]) -> Event:
    return Event(v=1, topic=topic, source="s", boot="b", seq=1, tseq=1, wall_ns=NOW_NS, mono_ns=1, data=data)


@pytest.mark.parametrize("topic", DATA_TYPES)
def test_sentence_of_each_topic_says_what_happened(topic: str) -> None:
    data, said = DATA[topic]
    assert said in sentence(event(topic, data))
    assert not sentence(event(topic, data)).startswith("{")


@pytest.mark.parametrize("topic", ["frame.written", "something.new"])
def test_sentence_of_data_that_is_not_known_is_the_data(topic: str) -> None:
    data = {"camera": "main", "colour": "mauve"}
    assert json.loads(sentence(event(topic, data))) == data


def test_sentence_of_a_warning_that_has_ended_says_since_when_it_was() -> None:
    data = {"camera": "main", "warning": "torn", "active": False, "since_slot_ns": NOW_NS, "detail": "good again"}
    said = sentence(event("camera.warning", data))
    assert said.startswith("main: the pictures are no longer torn, as they were since ")
    assert said.endswith("34.500")


def test_line_foreign_control_characters_do_not_reach_the_terminal() -> None:
    shown = line(event("camera.lost", {"camera": "main", "detail": "bad\x1b[2J\r\nworse"}), Ink())
    assert shown.isprintable()


def test_line_holds_time_topic_and_sentence() -> None:
    shown = line(event("supervisor.stopping", {"reason": "SIGTERM"}), Ink())
    assert shown.split() == [shown.split()[0], "supervisor.stopping", "SIGTERM"]
    assert shown.split()[0].endswith("34.500")


def test_sentence_of_a_worker_that_has_failed_says_failed() -> None:
    assert sentence(event("worker.stopped", {**WORKER, "state": "failed"})).startswith("capture.main: failed, ")


def test_sentence_of_a_frame_with_a_raw_file_tells_how_large_both_are() -> None:
    data, _ = DATA["frame.written"]
    told = sentence(event("frame.written", data | {"raw_path": "main/2026/11/23/x.dng", "raw_bytes": 18_200_000}))
    assert ": 301 kB, 18.2 MB raw, 0.4 ms late," in told


def test_sentence_of_a_frame_whose_clock_was_not_synchronised_says_so() -> None:
    data, _ = DATA["frame.written"]
    assert "clock not synchronised" in sentence(event("frame.written", data | {"synchronised": False}))
    assert "synchronised" not in sentence(event("frame.written", data | {"synchronised": True}))


def test_sentence_of_a_start_tells_for_how_long_nobody_recorded_where_that_is_known() -> None:
    data, said = DATA["supervisor.started"]
    gaps = {
        "main": {"accounted_until_ns": NOW_NS, "gap_s": 200.5, "slots": 20},
        "garden": {"accounted_until_ns": NOW_NS, "gap_s": 61.0, "slots": 1},
        "slow": {"accounted_until_ns": NOW_NS, "gap_s": 61.0, "slots": 0},
        "new": {"accounted_until_ns": None, "gap_s": None, "slots": None},
    }
    told = sentence(event("supervisor.started", data | {"gaps": gaps}))
    assert told == f"{said}, nobody recorded main for 3 min 20 s (20 slots), garden for 1 min 1 s (1 slot)"
