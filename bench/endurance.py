"""A recorder for hours: whether anything grows in any of its processes, and whether every slot is accounted for.

    .venv/bin/python bench/endurance.py [--hours 24] [--interval 1s] [--faults 20] [--samples endurance.jsonl]

A real recorder with the built-in camera at 1280x720, and a small disk that is soon full and cleaned from then on: as
root a file system of its own, otherwise a limit on the archive (`storage.max_size`). It begins with 20 frames a second
until there are the 10,000 events that the supervisor keeps, which would otherwise be growth for hours, and goes on with
the interval that was asked for by a reload. Each minute it notes of every process memory, descriptors, threads and
processor time, a JSON object a line. With `--faults N` the capture or the storage worker is killed, or the
configuration reloaded, at a random moment of each N minutes.

In the end it prints of each process the medians of the first, middle and last third, and the slope behind the first
third with its range of 95 %; and how many slots were due and what became of them, counted from the tap and the files
alone. It judges: exit status 1 where descriptors, threads or processes are more in the last third than in the middle
one, a process has grown by more than `--growth-kb`, or a slot is not accounted for exactly once. SIGINT and SIGTERM end
it early, with all of that for the time that it had.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.endurance_faults import Faults
from bench.endurance_report import cpu_lines, growths, series_of, table
from bench.held import Held, held_by, write_down
from bench.machine import describe, parser, work_directory
from bench.slot_account import SlotAccount
from bench.small_archive import small_archive
from shared.config.units import parse_duration_ms
from supervisor.bus import RING_EVENTS
from tests.rig.recorder import Recorder

_CAMERA = "main"
_WARM_INTERVAL = "50ms"
_SECONDS_A_MINUTE = 60


class Run:
    """One run: the recorder, what was sampled of its processes, and the count of its slots."""

    def __init__(self, recorder: Recorder, faults: Faults, account: SlotAccount) -> None:
        self.samples: list[list[Held]] = []
        self.account = account
        self.faults = faults
        self._recorder = recorder

    def warm_up(self, events: int, config: str) -> None:
        """Record until there were so many events, then put `config` in force. Blocks."""
        self._recorder.wait_for_frame(after=0)
        while self.account.events < events:
            time.sleep(1)
            self._take_events()
        assert self._recorder.process is not None
        mark = self._recorder.log.mark()
        self._recorder.configure(config)
        self._recorder.process.send_signal(signal.SIGHUP)
        self._recorder.log.wait_for(lambda event: event.topic == "config.reloaded", after=mark)

    def record(self, seconds: float, every_s: float, file: TextIO) -> None:
        """Sample until so much time has passed or SIGINT comes, then stop the recorder. Blocks."""
        self._recorder.wait_for_frame()
        begun_s = next_s = time.monotonic()
        self.faults.begin()
        try:
            while (next_s := next_s + every_s) <= begun_s + seconds:
                self.faults.until(next_s)
                self._sample(time.monotonic() - begun_s, file)
            self.faults.until(begun_s + seconds)
            self._catch_up()
            # So that the last slots are told of, whatever befell a worker just now.
            self._recorder.wait_for_frame()
        except KeyboardInterrupt:
            print("ended early")
        self._recorder.stop()
        self._recorder.log.close()
        self._take_events()

    def _sample(self, at_s: float, file: TextIO) -> None:
        assert self._recorder.process is not None
        held = held_by(self._recorder.process.pid, round(at_s, 1))
        write_down(held, file)
        self.samples.append(held)
        self._catch_up()

    def _take_events(self) -> None:
        """Count what has come, and forget it: a day of events is large."""
        events = self._recorder.log.events
        taken = events[:]
        del events[: len(taken)]
        for event in taken:
            self.account.take(event)

    def _catch_up(self) -> None:
        """Have those that the tap could not give: the first ones mostly, before it was connected."""
        self._take_events()
        if self.account.lost_events:
            # It asks about the runs of which it has an event.
            self._recorder.log.wait_for(lambda event: event.topic == "bus.tick")
            self._recorder.catch_up()


def _report(run: Run, output_dir: Path, growth_kb: float) -> list[str]:
    """Print everything; what is wrong, in words."""
    account, series = run.account, series_of(run.samples)
    print(*table(series), *cpu_lines(run.samples), sep="\n")
    if run.faults.done:
        print("faults:", ", ".join(f"{name} {count}" for name, count in run.faults.done.items()))
    missed = ", ".join(f"{cause} {count}" for cause, count in account.misses.most_common()) or "none"
    print(f"slots due: {len(account.due())}; frames: {account.frames}; missed: {missed}")
    print(f"files on the disk: {account.on_disk(output_dir)}; deleted, as storage.pruned tells: {account.pruned}")
    killed = run.faults.done["kill storage"] > 0
    return [*growths(series, growth_kb), *account.contradictions(output_dir, storage_was_killed=killed)]


@contextlib.contextmanager
def _samples_file(path: Path | None, directory: Path) -> Iterator[TextIO]:
    with (path or directory / "samples.jsonl").open("w") as file:
        yield file


def _run(given: argparse.Namespace, directory: Path) -> list[str]:
    seconds = (given.hours * 60 if given.minutes is None else given.minutes) * _SECONDS_A_MINUTE
    seed = random.randrange(2**32) if given.seed is None else given.seed
    warm = given.interval if given.no_warm_up else _WARM_INTERVAL
    account = SlotAccount(_CAMERA, parse_duration_ms(given.interval), parse_duration_ms(warm))
    with small_archive(directory, given.disk_mb, mounted=not given.no_mount) as archive:
        print(f"{seconds / 3600:.2f} h, one frame each {given.interval}; on {archive.words}; seed {seed}", flush=True)
        with (
            Recorder(directory, _config(archive.storage, warm, 90), output_dir=archive.output_dir) as recorder,
            _samples_file(given.samples, directory) as file,
        ):
            every_s = None if given.faults is None else given.faults * _SECONDS_A_MINUTE
            faults = Faults(recorder, lambda quality: _config(archive.storage, given.interval, quality), every_s, seed)
            run = Run(recorder, faults, account)
            if not given.no_warm_up:
                run.warm_up(RING_EVENTS, _config(archive.storage, given.interval, 90))
            run.record(seconds, given.every, file)
            return _report(run, archive.output_dir, given.growth_kb)


def _config(storage: str, interval: str, quality: int) -> str:
    camera = f"{{source: test, resolution: 1280x720, interval: {interval}, quality: {quality}}}"
    return f"cameras:\n  {_CAMERA}: {camera}\nstorage: {storage}\n"


def main() -> int:
    """Record, print, judge."""
    made = parser(__doc__)
    made.add_argument("--hours", type=float, default=24.0)
    made.add_argument("--minutes", type=float, help="instead of --hours")
    made.add_argument("--interval", default="1s", help="as in the configuration")
    made.add_argument("--every", type=float, default=60.0, metavar="SECONDS", help="between two samples (60)")
    made.add_argument("--faults", type=float, metavar="MINUTES", help="one fault in each; none unless given")
    made.add_argument("--seed", type=int, help="of the faults, to have the same ones again")
    made.add_argument("--disk-mb", type=int, default=96, help="how large the disk is (96)")
    made.add_argument("--no-mount", action="store_true", help="limit the archive rather than the disk, as root too")
    made.add_argument("--no-warm-up", action="store_true", help="begin with the interval at once")
    made.add_argument("--growth-kb", type=float, default=1024.0, help="what a process may grow by (1024)")
    made.add_argument("--samples", type=Path, metavar="FILE", help="keep the samples in this file")
    given = made.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(describe(given.directory))
    with work_directory(given.directory) as name:
        wrong = _run(given, Path(name))
    print(*(f"WRONG {each}" for each in wrong), sep="\n", end="\n" if wrong else "")
    print("as promised" if not wrong else f"not as promised: {len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
