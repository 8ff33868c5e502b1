"""`timelapse frames` and `gaps` beside a recorder that runs: what they say is what its events said."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared.clock import NS_PER_MS
from shared.ledger.reading import reading
from shared.ledger.schema import RECORDED
from shared.messages import Request
from tests.rig.recorder import Recorder
from timelapse.cli import main

CONFIG = """
cameras:
  main: {{source: test, resolution: 320x240, interval: {interval}}}
storage: {{ledger_commit: 1s, checksums: true}}
"""
PATIENCE_S = 15.0


class Asked:
    """The verbs, of the recorder that runs."""

    def __init__(self, recorder: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
        self._runtime_dir = str(recorder.runtime_dir)
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """One command; its status and output."""
        self._capsys.readouterr()
        status = main(["--runtime-dir", self._runtime_dir, *arguments])
        return status, self._capsys.readouterr().out

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """Of a verb that prints an object a line."""
        return [json.loads(line) for line in self(*arguments, "--json")[1].splitlines()]


def slots(told: list[dict[str, Any]]) -> Counter[tuple[int, str]]:
    """Each missed slot with its cause; events and gaps have the same fields."""
    return Counter(
        (slot_ns, miss["cause"])
        for miss in told
        for slot_ns in range(miss["first_slot_ns"], miss["last_slot_ns"] + 1, miss["interval_ns"])
    )


def at_an_interval(recorder: Recorder, interval: str) -> None:
    """Record by another interval from now on."""
    recorder.configure(CONFIG.format(interval=interval))
    answer = recorder.ask(Request(id=os.urandom(8).hex(), verb="reload"))
    assert answer.ok, answer.error
    mark = recorder.log.mark()
    for _ in range(4):
        recorder.wait_for_frame(after=mark)
        mark = recorder.log.mark()


def test_verbs_beside_a_recorder_say_what_its_events_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Recorder(tmp_path, CONFIG.format(interval="100ms")) as recorder:
        ask = Asked(recorder, capsys)
        recorder.wait_for_frame()
        recorder.order("stop", "capture.main")
        recorder.order("start", "capture.main")
        recorder.wait_for_frame(after=recorder.log.mark())
        at_an_interval(recorder, "300ms")
        at_an_interval(recorder, "200ms")
        recorder.order("stop", "capture.main")
        recorder.catch_up()
        written, missed = recorder.log.of("frame.written"), recorder.log.of("frame.missed")
        frames = ask.lines("frames", "today")
        assert [frame["path"] for frame in frames] == [frame["path"] for frame in written]
        assert missed
        output_dir = recorder.output_dir
        recorded = {(frame["slot_ns"] // NS_PER_MS, frame["interval_ns"] // NS_PER_MS) for frame in written}
        until_s = time.monotonic() + PATIENCE_S
        while runs_of(output_dir) != recorded and time.monotonic() < until_s:
            time.sleep(0.2)
        assert runs_of(output_dir) == recorded
        assert slots(ask.lines("gaps", "today", "--all")) == slots(missed)
        assert {frame["interval_ns"] // NS_PER_MS for frame in written} == {100, 200, 300}
        told = {frame["path"]: frame["checksum"] for frame in written}
        assert {frame["path"]: frame["checksum"] for frame in ask.lines("frames", "today")} == told
        assert None not in told.values()
        assert ask("frames", "today", "--verify")[0] == 0
        rotten = output_dir / written[2]["path"]
        data = bytearray(rotten.read_bytes())
        data[len(data) // 2] ^= 1
        rotten.write_bytes(data)
        assert [found["path"] for found in ask.lines("frames", "today", "--verify")] == [written[2]["path"]]


def runs_of(output_dir: Path) -> set[tuple[int, int]]:
    """Each recorded slot with its interval."""
    with reading(output_dir) as reader:
        runs = [run for run in reader.runs("main", 0, 1 << 53) if run.kind == RECORDED]
    return {
        (slot_ms, run.interval_ms) for run in runs for slot_ms in range(run.first_ms, run.last_ms + 1, run.interval_ms)
    }
