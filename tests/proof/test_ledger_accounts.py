"""A day full of faults in short: the ledger says of every slot what events and files say, counted by nobody else.

`--times N`: every trouble N times, in another order each time.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec

from shared.clock import NS_PER_MS
from shared.ledger.reading import reading
from shared.ledger.schema import cause_of
from shared.messages import Event, Request
from supervisor.last_accounts import RECORDS
from tests.rig import small_disk
from tests.rig.checks import frames_of
from tests.rig.figures import say
from tests.rig.recorder import REPOSITORY, Recorder, slot_of, slots_of

CONFIG = """
cameras:
  main: {{source: test, resolution: 640x480, interval: {interval}, window: "{window}"}}
storage: {{keep_min: 0, ledger_commit: 1s}}
supervisor:
  restart: {{base: 100ms, max: 200ms, stable: 1s}}
  lease_caps: {{grab: 1s}}
"""
RECORDED = "recorded"
FINE_MS, COARSE_MS = 100, 200
HELD_S = 0.4
AROUND_A_RELOAD_MS = 500
"""Who records and who reads the file hear of a change a moment apart."""


class Day:
    """A recorder to which things happen, and when it was told to do otherwise than each `FINE_MS`."""

    def __init__(self, recorder: Recorder, disk: Path) -> None:
        self.recorder = recorder
        self.otherwise_ms: list[tuple[int, int]] = []
        self._disk = disk

    def fault(self, name: str, until: str) -> None:
        """Have the camera suffer until an event says so, and a moment longer."""
        mark = self.recorder.log.mark()
        self.recorder.fault(name, "0.35" if name == "slow" else "")
        self.recorder.log.wait_for(lambda event: event.topic == until, after=mark)
        # The next process would hang as it opens the camera, for which it has much longer.
        threading.Event().wait(0 if name == "hang" else HELD_S)
        self.recorder.heal(name)

    def kill_worker(self, worker: str) -> None:
        """SIGKILL, at any point of its work."""
        mark = self.recorder.log.mark()
        os.kill(self.recorder.pid_of(worker), signal.SIGKILL)
        self.recorder.log.wait_for(lambda e: e.topic == "worker.ready" and e.data["worker"] == worker, after=mark)

    def supervisor_ends(self, end: Callable[[], object]) -> None:
        """It ends, nobody records for a while, and it is started again."""
        end()
        threading.Event().wait(HELD_S)
        mark = self.recorder.log.mark()
        self.recorder.start()
        self.recorder.wait_for_frame(after=mark)
        self.recorder.catch_up()

    def operator_stops(self) -> None:
        """And starts it again."""
        self.recorder.order("stop", "capture.main")
        threading.Event().wait(HELD_S)
        self.recorder.order("start", "capture.main")

    def disk_fills(self) -> None:
        """Another program's file takes what room there is, again and again against the cleaning, and goes again."""
        mark = self.recorder.log.mark()
        while not any(miss["cause"] == "disk_full" for miss in self.recorder.log.of("frame.missed", after=mark)):
            small_disk.fill(self._disk)
            threading.Event().wait(FINE_MS / 1000)
        threading.Event().wait(HELD_S)
        (self._disk / "filler").unlink()

    def reload(self, interval: str, window: str) -> None:
        """Another interval or window for a while."""
        begun_ms = _now_ms()
        self.put_in_force(interval, window)
        threading.Event().wait(3 * HELD_S)
        self.put_in_force("100ms", "always")
        self.otherwise_ms.append((begun_ms - AROUND_A_RELOAD_MS, _now_ms() + AROUND_A_RELOAD_MS))

    def put_in_force(self, interval: str, window: str) -> None:
        """By a reload."""
        self.recorder.configure(CONFIG.format(interval=interval, window=window))
        answer = self.recorder.ask(Request(id=os.urandom(8).hex(), verb="reload"))
        assert answer.ok, answer.error


def test_ledgers_row_of_every_slot_equals_an_independent_count(tmp_path: Path, undo: ExitStack, times: int) -> None:
    disk = undo.enter_context(small_disk.tmpfs(tmp_path / "disk", size="16m"))
    seed = random.randrange(2**32)
    say("seed of the order", seed)
    with Recorder(tmp_path, CONFIG.format(interval="100ms", window="always"), output_dir=disk) as recorder:
        recorder.wait_for_frame()
        day = Day(recorder, disk)
        for trouble in _order(seed, times):
            mark = recorder.log.mark()
            say("from this slot (ms)", f"{_now_ms()} {trouble}")
            _TROUBLES[trouble](day)
            recorder.wait_for_frame(after=mark)
            # What follows begins with frames, whatever came before.
            recorder.wait_for_frame()
        recorder.catch_up()
        recorder.stop()

    counted = _independent_count(recorder)
    say("slots by what became of them", dict(Counter(counted.values())))
    _check_due(counted, day.otherwise_ms)
    _check_ledger(recorder, counted)


def test_misses_that_were_told_long_before_the_supervisor_was_killed_are_in_the_ledger(tmp_path: Path) -> None:
    """Storage dies with it, and has not written them yet; more slots were told since than the next one replays."""
    config = CONFIG.format(interval="50ms", window="always").replace("ledger_commit: 1s", "ledger_commit: 1m")
    with Recorder(tmp_path, config) as recorder:
        recorder.wait_for_frame()
        day = Day(recorder, recorder.output_dir)
        day.fault("lost", "worker.exited")
        recorder.wait_for_frame()
        mark = recorder.log.mark()
        while len(recorder.log.of("frame.written", after=mark)) <= 2 * RECORDS:
            recorder.wait_for_frame()
        day.supervisor_ends(recorder.kill)
        recorder.stop()
    counted = _independent_count(recorder)
    assert "camera_lost" in counted.values()
    _check_ledger(recorder, counted)


def test_misses_that_a_short_lived_supervisor_told_are_in_the_ledger(tmp_path: Path) -> None:
    """It was killed before its storage worker had written anything, and so was the one before it."""
    with Recorder(tmp_path, CONFIG.format(interval="100ms", window="always")) as recorder:
        recorder.wait_for_frame()
        day = Day(recorder, recorder.output_dir)
        for _ in range(3):
            day.supervisor_ends(recorder.kill)
        recorder.stop()
    counted = _independent_count(recorder)
    assert "down" in counted.values()
    _check_ledger(recorder, counted)


def test_interval_changed_just_before_storage_was_killed_hides_no_miss(tmp_path: Path) -> None:
    config = CONFIG.format(interval="200ms", window="always").replace("ledger_commit: 1s", "ledger_commit: 1m")
    with Recorder(tmp_path, config) as recorder:
        recorder.wait_for_frame()
        day = Day(recorder, recorder.output_dir)
        # What the ledger knows of the camera when it is opened is what counts.
        day.kill_worker("storage")
        day.put_in_force("100ms", "always")
        for _ in range(6):
            recorder.log.wait_for(_is_coarse_frame, after=recorder.log.mark())
            os.kill(recorder.pid_of("capture.main"), signal.SIGKILL)
        os.kill(recorder.pid_of("storage"), signal.SIGKILL)
        recorder.wait_for_frame()
        recorder.catch_up()
        recorder.stop()
    counted = _independent_count(recorder)
    assert "crash" in counted.values()
    _check_ledger(recorder, counted)


_TROUBLES: dict[str, Callable[[Day], None]] = {
    "hang": lambda day: day.fault("hang", "worker.hung"),
    "crash": lambda day: day.fault("crash", "worker.exited"),
    "lost": lambda day: day.fault("lost", "worker.exited"),
    "garbage": lambda day: day.fault("garbage", "frame.missed"),
    "slow": lambda day: day.fault("slow", "frame.missed"),
    "kill capture": lambda day: day.kill_worker("capture.main"),
    "kill storage": lambda day: day.kill_worker("storage"),
    "kill supervisor": lambda day: day.supervisor_ends(day.recorder.kill),
    "stop supervisor": lambda day: day.supervisor_ends(day.recorder.stop),
    "stop by operator": Day.operator_stops,
    "full disk": Day.disk_fills,
    "interval": lambda day: day.reload("200ms", "always"),
    "window": lambda day: day.reload("100ms", _closed_now()),
}


def _order(seed: int, times: int) -> Iterator[str]:
    chance = random.Random(seed)
    for _ in range(times):
        yield from chance.sample(sorted(_TROUBLES), len(_TROUBLES))


def _closed_now() -> str:
    """A window of one hour that is far from now, in local time."""
    opens = (time.localtime().tm_hour + 12) % 24
    return f"{opens:02}:00-{(opens + 1) % 24:02}:00"


def _is_coarse_frame(event: Event) -> bool:
    return event.topic == "frame.written" and event.data["slot_ns"] // NS_PER_MS % COARSE_MS == 0


def _independent_count(recorder: Recorder) -> dict[int, str]:
    """What became of each slot (ms), from the tap; a frame that was told and not deleted is on the disk."""
    counted: dict[int, str] = {}
    twice: list[int] = []
    for event in recorder.log.events:
        if event.topic not in {"frame.written", "frame.missed"}:
            continue
        written = event.topic == "frame.written"
        for slot_ns in [event.data["slot_ns"]] if written else slots_of(event.data):
            twice += [slot_ns] if slot_ns // NS_PER_MS in counted else []
            counted[slot_ns // NS_PER_MS] = RECORDED if written else event.data["cause"]
    assert not twice, f"told twice: {twice}"
    on_disk = {slot_of(path) // NS_PER_MS for path in frames_of(recorder)}
    assert on_disk <= {slot for slot, what in counted.items() if what == RECORDED}
    gone = sum(what == RECORDED for what in counted.values()) - len(on_disk)
    # A storage worker that was killed could not tell of the last that it deleted.
    assert gone >= sum(pruned["count"] for pruned in recorder.log.of("storage.pruned"))
    return counted


def _check_due(counted: dict[int, str], otherwise_ms: list[tuple[int, int]]) -> None:
    """Every slot of the fine grid is there, but for the times in which another interval or window was in force."""
    due = set(range(min(counted), max(counted) + 1, FINE_MS))
    missing = {slot for slot in due - counted.keys() if not any(first <= slot <= end for first, end in otherwise_ms)}
    assert not missing, f"not accounted for: {sorted(missing)}"
    assert counted.keys() <= due


def _check_ledger(recorder: Recorder, counted: dict[int, str]) -> None:
    """Its rows of slots, its rows of frames, and what an operator is told are what was counted."""
    missed = {slot: what for slot, what in counted.items() if what != RECORDED}
    wrong = [
        *_differences("the ledger", counted, _of_the_ledger(recorder.output_dir)),
        *_differences("gaps", missed, _gaps(recorder)),
    ]
    assert not wrong, "\n".join(wrong)
    on_disk = sorted(slot_of(path) // NS_PER_MS for path in frames_of(recorder))
    assert _frames_of_the_ledger(recorder.output_dir) == on_disk


def _of_the_ledger(output_dir: Path) -> dict[int, str]:
    """What it says of each slot; all of it where it has more rows than one."""
    found: dict[int, str] = {}
    with reading(output_dir) as reader:
        for run in reader.runs("main", 0, 1 << 53):
            for slot_ms in range(run.first_ms, run.last_ms + 1, run.interval_ms):
                what = cause_of(run.kind) or RECORDED
                found[slot_ms] = f"{found[slot_ms]} and {what}" if slot_ms in found else what
    return found


def _frames_of_the_ledger(output_dir: Path) -> list[int]:
    with reading(output_dir) as reader:
        return [row.slot_ms for day in reader.days("main") for row in reader.frames_of_day("main", day, 0, 1 << 53)]


def _gaps(recorder: Recorder) -> dict[int, str]:
    """As an operator is told."""
    command = ["-m", "timelapse", "--config", str(recorder.config_path), "--runtime-dir", str(recorder.runtime_dir)]
    done = subprocess.run(
        [sys.executable, *command, "gaps", "--json"], capture_output=True, text=True, check=False, cwd=REPOSITORY
    )
    assert done.returncode in {0, 1}, done.stderr
    gaps = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    return {slot_ns // NS_PER_MS: gap["cause"] for gap in gaps for slot_ns in slots_of(gap)}


def _differences(where: str, counted: dict[int, str], found: dict[int, str]) -> list[str]:
    return [
        f"{slot}: counted {counted.get(slot)}, {where} has {found.get(slot)}"
        for slot in sorted(counted.keys() | found.keys())
        if counted.get(slot) != found.get(slot)
    ]


def _now_ms() -> int:
    return time.time_ns() // NS_PER_MS
