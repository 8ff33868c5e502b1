"""A subscriber that stalls loses events, sees that it did, gaps and tails alike, and gets them back by replay.

The subscriber is a program of its own that was written from `docs/events.md` alone; so is what the page gives in full.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from shared.messages import Request
from tests.rig.figures import say
from tests.rig.recorder import REPOSITORY, Recorder

FAST = """
cameras:
  a: {source: test, resolution: 160x120, interval: 20ms}
  b: {source: test, resolution: 160x120, interval: 20ms}
  c: {source: test, resolution: 160x120, interval: 20ms}
  d: {source: test, resolution: 160x120, interval: 20ms}
"""
SUBSCRIBER = Path(__file__).with_name("independent_subscriber.py")
STALL_S = 12
FOLLOW_AND_PRINT = """
import sys
for event in follow(sys.argv[1]):
    print(event["seq"], flush=True)
"""


def test_stalled_subscribers_notice_the_gap_and_fill_it_by_replay(tmp_path: Path) -> None:
    example = tmp_path / "example.py"
    example.write_text(_example_of_the_page() + FOLLOW_AND_PRINT)
    with Recorder(tmp_path, FAST) as recorder:
        recorder.wait_for_frame("d")
        subscribers = [_subscribe(recorder, "--stall", f"2:{STALL_S}", "--for", f"{STALL_S + 8}")]
        subscribers.append(
            _subscribe(recorder, "--stall", f"2:{STALL_S}", "--for", f"{STALL_S + 8}", "--prefix", "frame.")
        )
        with (tmp_path / "seqs").open("w") as printed:
            follower = subprocess.Popen([sys.executable, str(example), str(recorder.runtime_dir)], stdout=printed)
        try:
            recorder.wait_for_frame("d")
            follower.send_signal(signal.SIGSTOP)
            accounts = [_account(subscriber) for subscriber in subscribers]
            follower.send_signal(signal.SIGCONT)
            last = recorder.wait_for_frame("a")
            _wait_for_line(tmp_path / "seqs", str(last.seq))
        finally:
            follower.kill()
            follower.wait()
        recorder.stop()
    for account in accounts:
        say("a stalled subscriber", {key: account[key] for key in ("events", "replayed", "gaps_noticed", "missing")})
        assert account["gaps_noticed"] + account["tails_noticed"] >= 1
        assert account["missing"] == []
    seqs = [int(line) for line in (tmp_path / "seqs").read_text().splitlines()]
    assert seqs == list(range(1, len(seqs) + 1)), "the page's own example lost or repeated an event"


def test_lost_tail_is_noticed_by_the_tick_and_filled_by_replay(tmp_path: Path) -> None:
    with Recorder(tmp_path, FAST) as recorder:
        recorder.wait_for_frame("d")
        subscriber = _subscribe(
            recorder, "--stall", f"2:{STALL_S + 4}", "--for", f"{STALL_S + 10}", "--prefix", "frame."
        )
        mark = len(recorder.log.events)
        # The silence begins when the queue has long been full, while the subscriber still stalls.
        recorder.log.wait_for(
            lambda event: event.topic == "bus.tick" and event.seq > recorder.log.events[mark - 1].seq + 200 * STALL_S
        )
        for camera in "abcd":
            recorder.ask(Request(id=os.urandom(8).hex(), verb="stop", worker=f"capture.{camera}"))
        account = _account(subscriber)
        recorder.stop()
    say(
        "a subscriber that lost its tail",
        {key: account[key] for key in ("events", "replayed", "tails_noticed", "missing")},
    )
    assert account["tails_noticed"] >= 1
    assert account["missing"] == []


def _example_of_the_page() -> str:
    page = (REPOSITORY / "docs" / "events.md").read_text()
    blocks: list[str] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return next(block for block in blocks if "def follow" in block)


def _subscribe(recorder: Recorder, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(SUBSCRIBER), str(recorder.runtime_dir), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _account(subscriber: subprocess.Popen[str]) -> dict[str, Any]:
    printed, _ = subscriber.communicate(timeout=120)
    account: dict[str, Any] = json.loads(printed)
    return account


def _wait_for_line(path: Path, line: str) -> None:
    with subprocess.Popen(["tail", "-n", "+1", "-f", str(path)], stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout is not None
        for printed in tail.stdout:
            if printed.strip() == line:
                break
        tail.kill()
