"""Mistakes in the configuration: all of them at once at the start, and without any effect at a reload."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from shared.messages import Request
from tests.rig.recorder import REPOSITORY, Recorder, workers_alive

GOOD = """
cameras:
  main: {source: test, resolution: 320x240, interval: 200ms}
"""
EIGHT_MISTAKES = """
require_mont: true
location: {latitude: 99, longitude: 10}
cameras:
  main:
    source: tset
    resolution: 320
    interval: 10 parsecs
    quality: 900
storage:
  stop_above: 190%
  clean: yes
"""
PLACES = ["2:1", "3:22", "6:13", "7:17", "8:15", "9:14", "11:15", "12:10"]


def test_start_with_eight_mistakes_names_each_with_its_place_and_exits_78(tmp_path: Path) -> None:
    config = tmp_path / "bad.yml"
    config.write_text(f"output_dir: {tmp_path / 'out'}{EIGHT_MISTAKES}")
    done = subprocess.run(
        [sys.executable, "-m", "timelapse", "--config", str(config), "--runtime-dir", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert done.returncode == 78
    assert re.findall(r"bad\.yml:(\d+:\d+):", done.stderr) == PLACES
    assert not (tmp_path / "out").exists()


def test_reload_with_eight_mistakes_changes_nothing_and_says_each(tmp_path: Path) -> None:
    with Recorder(tmp_path, GOOD) as recorder:
        recorder.wait_for_frame()
        before = recorder.pid_of("capture.main")
        recorder.configure(EIGHT_MISTAKES)
        assert recorder.process is not None
        recorder.process.send_signal(signal.SIGHUP)
        rejected = recorder.log.wait_for(lambda event: event.topic == "config.rejected")
        recorder.wait_for_frame()
        assert recorder.pid_of("capture.main") == before
        by_control = recorder.ask(Request(id=os.urandom(8).hex(), verb="reload"))
        recorder.stop()
    assert [re.findall(r":(\d+:\d+):", error) for error in rejected.data["errors"]] == [[place] for place in PLACES]
    assert by_control.error is not None
    assert by_control.error.status == 78


def test_change_made_while_the_file_is_being_read_is_in_force_in_the_end(tmp_path: Path) -> None:
    """The second SIGHUP comes while the first one's read is under way, and what it is about is not lost."""
    with Recorder(tmp_path, GOOD) as recorder:
        recorder.wait_for_frame()
        assert recorder.process is not None
        for interval in ("100ms", "50ms"):
            recorder.configure(GOOD.replace("200ms", interval))
            recorder.process.send_signal(signal.SIGHUP)
        recorder.log.wait_for(lambda event: event.topic == "config.reloaded")
        answer = recorder.ask(Request(id=os.urandom(8).hex(), verb="reload"))
        status = recorder.status()
        recorder.stop()
    assert answer.ok, answer.error
    assert answer.data["applied"] == [], "the second SIGHUP, which came before, has applied it"
    assert status["cameras"]["main"]["interval_s"] == 0.05


def test_stop_while_the_file_is_being_read_is_not_held_up(tmp_path: Path) -> None:
    with Recorder(tmp_path, GOOD) as recorder:
        recorder.wait_for_frame()
        assert recorder.process is not None
        recorder.process.send_signal(signal.SIGHUP)
        assert recorder.stop() < 1.0, "half a second, on a machine that is not busy"
        assert recorder.process.returncode == 0
    assert workers_alive(recorder.runtime_dir) == []


def test_reload_applies_interval_without_a_restart_and_adds_and_removes_cameras(tmp_path: Path) -> None:
    with Recorder(tmp_path, GOOD) as recorder:
        recorder.wait_for_frame()
        before = recorder.pid_of("capture.main")
        recorder.configure(
            GOOD.replace("200ms", "50ms") + "  second: {source: test, resolution: 320x240, interval: 100ms}\n"
        )
        answer = recorder.ask(Request(id=os.urandom(8).hex(), verb="reload"))
        assert answer.ok, answer.error
        recorder.wait_for_frame("second")
        first, second = recorder.wait_for_frame(), recorder.wait_for_frame()
        assert recorder.pid_of("capture.main") == before
        recorder.configure(GOOD)
        mark = len(recorder.log.events)
        assert recorder.ask(Request(id=os.urandom(8).hex(), verb="reload")).ok
        recorder.log.wait_for(
            lambda event: event.topic == "worker.stopped" and event.data["worker"] == "capture.second", after=mark
        )
        status = recorder.ask(Request(id=os.urandom(8).hex(), verb="status")).data
        recorder.stop()
    assert (second.data["slot_ns"] - first.data["slot_ns"]) % 50_000_000 == 0
    assert second.data["slot_ns"] - first.data["slot_ns"] < 200_000_000
    assert "interval" in str(answer.data["applied"])
    assert set(status["workers"]) == {"storage", "capture.main"}


def test_reload_of_source_and_resolution_waits_for_a_restart(tmp_path: Path) -> None:
    with Recorder(tmp_path, GOOD) as recorder:
        recorder.wait_for_frame()
        recorder.configure(GOOD.replace("320x240", "640x480"))
        answer = recorder.ask(Request(id=os.urandom(8).hex(), verb="reload"))
        assert answer.data["needs_restart"] == ["cameras.main.resolution"]
        assert recorder.wait_for_frame().data["width"] == 320
        recorder.ask(Request(id=os.urandom(8).hex(), verb="restart", worker="capture.main"))
        recorder.log.wait_for(lambda event: event.topic == "frame.written" and event.data["width"] == 640)
        status = recorder.ask(Request(id=os.urandom(8).hex(), verb="status")).data
        recorder.stop()
    assert status["config"]["needs_restart"] == [], "what was restarted waits no longer"
