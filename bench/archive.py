"""What an archive costs by its size: per new frame, per deleted one, per question, per start.

    python bench/archive.py DIRECTORY 10000 300000

Makes an archive of each size below DIRECTORY, one frame each five seconds up to yesterday, measures, prints one table
with the ratio of the last size to the first, and removes it (`--keep` leaves it). The frames are hard links: 60,000 to
each file of one byte, since ext4 allows 65,000, so that ten million of them take 170 inodes and what their names take
in the directories, some 400 MB. Where there are no hard links they are empty files. What is measured looks at names,
directories and sizes, and never into a frame, but for one that is deleted for its age.

    python bench/archive.py --tmpfs DIRECTORY 10000 300000 10000000

makes them in memory (root): a tmpfs of 2 GB with 10,300,000 inodes (there a name counts as one) is mounted at DIRECTORY
for each size and unmounted after it. Ten million frames, 579 days, take some 3 GB of the kernel's memory (dentries) and
a minute or two to be made; a disk's own slowness is left out: what is measured is our part.

Owns: the archive and the figures. Does not own: what is measured.
Invariant: nothing outside DIRECTORY is written.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import msgspec

from shared.clock import NS_PER_MS, NS_PER_S, SystemClock
from shared.config.model import CameraConfig, Configuration, StorageConfig
from shared.disk import DiskUsage
from shared.events import FrameWritten
from shared.frame_name import parse, path_in_zone
from shared.ledger.schema import FILE_NAME
from shared.messages import Event
from storage_worker.cleaner import Cleaner
from storage_worker.ledger.following import Following
from storage_worker.ledger.keeper import Keeper

INTERVAL_MS = 5_000
DAY_S = 86_400
LINKS = 60_000
FRAMES_TOLD = 600
"""In less than an hour of the clock, after which days are compared again."""
DELETED = 500
Figures = dict[str, float]


class AheadClock(SystemClock):
    """The machine's clocks, so far ahead: an hour has to pass before anything is deleted for its age."""

    ahead_ns = 0

    def mono_ns(self) -> int:
        """See `Clock.mono_ns`."""
        return super().mono_ns() + self.ahead_ns


def make(output_dir: Path, count: int) -> float:
    """The archive, in UTC; how many seconds it took."""
    began_s = time.monotonic()
    times = [
        f"T{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}.000+0000.jpg"
        for second in range(0, DAY_S, INTERVAL_MS // 1000)
    ]
    days = -(-count // len(times))
    made, first = 0, count - (days - 1) * len(times)
    for back in range(days, 0, -1):
        day = time.strftime("%Y/%m/%d", time.gmtime((time.time() // DAY_S - back) * DAY_S))
        # The first day is cut off at its beginning.
        made = fill(output_dir, day, times[-first:] if back == days else times, made)
    assert made == count
    return time.monotonic() - began_s


def fill(output_dir: Path, day: str, times: list[str], made: int) -> int:
    """One day's frames; how many there are now."""
    directory = output_dir / "main" / day
    directory.mkdir(parents=True)
    date = day.replace("/", "")
    into = os.open(directory, os.O_DIRECTORY)
    source = output_dir / f".source-{made // LINKS}"
    for each in times:
        if made % LINKS == 0:
            source = output_dir / f".source-{made // LINKS}"
            source.write_bytes(b"\0")
        try:
            os.link(source, f"{date}{each}", dst_dir_fd=into)
        except OSError:
            (directory / f"{date}{each}").touch()
        made += 1
    os.close(into)
    return made


def configuration(output_dir: Path) -> Configuration:
    """Of one camera, with everything as it comes but the interval."""
    cameras = {"main": CameraConfig("main", source="test", interval_ms=INTERVAL_MS)}
    return Configuration(path="", output_dir=str(output_dir), cameras=cameras, storage=StorageConfig(clean=False))


def compared(output_dir: Path) -> tuple[float, float]:
    """A start: how long all days took to be compared, and the longest single step; seconds."""
    clock = AheadClock()
    keeper = Keeper(output_dir, configuration(output_dir), clock, None)
    began_s, longest_s = time.monotonic(), 0.0
    while keeper.comparing:
        # It rests after each turn, which is not what is measured.
        clock.ahead_ns += NS_PER_S
        step_s = time.monotonic()
        keeper.work(clock.mono_ns() + 1)
        longest_s = max(longest_s, time.monotonic() - step_s)
    took_s = time.monotonic() - began_s
    keeper.close()
    return took_s, longest_s


def told(output_dir: Path) -> Figures:
    """Frames that are told, two to a commit as at 5 s and 10 s: seconds for each, without the commits and with them."""
    clock = AheadClock()
    keeper = Keeper(output_dir, configuration(output_dir), clock, Following(output_dir))
    while keeper.comparing:
        clock.ahead_ns += NS_PER_S
        keeper.work(clock.mono_ns() + NS_PER_S)
    noting_s = committing_s = 0.0
    first_ms = time.time_ns() // NS_PER_MS // INTERVAL_MS * INTERVAL_MS
    for number in range(FRAMES_TOLD):
        slot_ms = first_ms + number * INTERVAL_MS
        inner = path_in_zone(slot_ms, 1, 0)
        file = output_dir / "main" / inner
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        event = event_of(number + 1, slot_ms, f"main/{inner}")
        began_s = time.perf_counter()
        keeper.take_in(event)
        noting_s += time.perf_counter() - began_s
        if number % 2:
            clock.ahead_ns += 11 * NS_PER_S
            began_s = time.perf_counter()
            keeper.work(clock.mono_ns() + 1)
            committing_s += time.perf_counter() - began_s
    assert keeper.waiting == 0
    keeper.close()
    return {"noting a frame, us": noting_s / FRAMES_TOLD * 1e6, "a commit of two, us": committing_s / FRAMES_TOLD * 2e6}


def event_of(number: int, slot_ms: int, path: str) -> Event:
    """A frame's event, as the tap has it."""
    frame = FrameWritten(
        camera="main", slot_ns=slot_ms * NS_PER_MS, take=1, path=path, bytes=1, width=1, height=1, exposure_us=10_000
    )
    data = msgspec.to_builtins(frame)
    return Event(
        v=1, topic="frame.written", source="", boot="b", seq=number, tseq=number, wall_ns=0, mono_ns=0, data=data
    )


def deleted(output_dir: Path) -> Figures:
    """The oldest frames deleted for their age: milliseconds until the first, microseconds for each that follows."""
    oldest = min((output_dir / "main").glob("*/*/*"))
    first = min(os.scandir(oldest), key=lambda entry: entry.name).name
    name = parse(first)
    assert name is not None
    age_days = (time.time_ns() - name.slot_ns - DELETED * INTERVAL_MS * NS_PER_MS) / NS_PER_S / 86_400
    clock = AheadClock()
    storage = StorageConfig(keep_days=age_days, stop_above_percent=100, clean_above_percent=99, clean_to_percent=98)
    cleaner = Cleaner(output_dir, storage, clock, lambda: True)
    clock.ahead_ns = 3_700 * NS_PER_S
    began_s = time.perf_counter()
    cleaner.consider(DiskUsage(used_percent=10, free_bytes=1, usable_bytes=2, inodes_percent=None))
    count, first_s = 0, 0.0
    while cleaner.active:
        cleaner.work(clock.mono_ns() + 1_000_000)
        count += sum(event.count for event in cleaner.take_pruned())
        clock.ahead_ns += 2 * NS_PER_S
        if count and not first_s:
            first_s = time.perf_counter() - began_s
    each_s = (time.perf_counter() - began_s - first_s) / max(1, count - 1)
    assert count >= DELETED - 2, count
    return {"clean-up until the first, ms": first_s * 1e3, "clean-up for each more, us": each_s * 1e6}


def asked(config: Path, arguments: list[str]) -> tuple[float, float]:
    """A question on the command line: seconds, and the process's largest size in MB."""
    # The kernel's own figure for a child has the parent's size in it.
    program = (
        "import sys; from timelapse.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: sys.stderr.write([l for l in open('/proc/self/status') if 'VmHWM' in l][0].split()[1])"
    )
    command = [sys.executable, "-c", program, *arguments]
    command += [] if "--help" in arguments else ["--config", str(config)]
    best_s, peak_mb = 1e9, 0.0
    for _ in range(3):
        began_s = time.perf_counter()
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True
        )
        best_s = min(best_s, time.perf_counter() - began_s)
        peak_mb = int(done.stderr.split()[-1]) / 1024
    return best_s, peak_mb


def measured(output_dir: Path, config: Path, count: int) -> Figures:
    """All figures of an archive that was just made."""
    figures: Figures = {}
    figures["first comparison, s"], figures["  its longest step, ms"] = compared(output_dir)
    figures["  for each frame, us"] = figures["first comparison, s"] / count * 1e6
    # A day that has just been made may change within the same tick of the file system's clock: it is not settled yet.
    time.sleep(3.2)
    compared(output_dir)
    figures["start, nothing changed, ms"], figures["  its longest step, ms "] = compared(output_dir)
    day = sorted((output_dir / "main").glob("*/*/*"))[-2 if count > 20_000 else -1]
    (day / "touched").touch()
    figures["start, one day changed, ms"], _ = compared(output_dir)
    figures["ledger, bytes a frame"] = (output_dir / FILE_NAME).stat().st_size / count
    for name, arguments in questions(day).items():
        figures[f"{name}, ms"], figures[f"{name}, MB"] = asked(config, arguments)
    figures.update(told(output_dir))
    figures.update(deleted(output_dir))
    for name in figures:
        if name.strip().endswith(", ms") and "clean-up" not in name:
            figures[name] *= 1e3
    figures["this process at most, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def questions(day: Path) -> dict[str, list[str]]:
    """What is asked, by name."""
    name = "-".join(day.parts[-3:])
    return {
        "frames, a day": ["frames", name],
        "frames, a day, --count": ["frames", name, "--count"],
        "frames, all, --count": ["frames", "--count"],
        "frames, --nearest": ["frames", "--nearest", f"{name} 12:00"],
        "gaps, a day": ["gaps", name],
        "gaps, a year": ["gaps", "last", "365", "days"],
        "nothing (cameras --help)": ["cameras", "--help"],
    }


def table(found: dict[int, Figures]) -> None:
    """Print all figures, and the ratio of the last to the first."""
    sizes = list(found)
    print(f"{'':32}" + "".join(f"{size:>14,}" for size in sizes) + f"{'ratio':>8}")
    for name in found[sizes[0]]:
        values = [found[size][name] for size in sizes]
        ratio = f"{values[-1] / values[0]:8.2f}" if values[0] else ""
        print(f"{name:32}" + "".join(f"{value:14.2f}" for value in values) + ratio)


@contextlib.contextmanager
def in_memory(directory: Path, count: int) -> Iterator[None]:
    """A file system in memory at `directory` that so many names fit into."""
    directory.mkdir(parents=True, exist_ok=True)
    options = f"size=2g,nr_inodes={count + 300_000}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "timelapse-bench", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def run(directory: Path, sizes: list[int], *, keep: bool, tmpfs: bool) -> None:
    """Make, measure and remove each."""
    found: dict[int, Figures] = {}
    for size in sizes:
        with in_memory(directory, size) if tmpfs else contextlib.nullcontext():
            found[size] = one(directory, size, keep=keep or tmpfs)
        print(f"{size:,}: done, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    table(found)


def one(directory: Path, size: int, *, keep: bool) -> Figures:
    """Make, measure and remove one."""
    output_dir = directory / f"archive-{size}"
    output_dir.mkdir(parents=True)
    config = directory / f"archive-{size}.yml"
    config.write_text(f"output_dir: {output_dir}\ncameras: {{main: {{source: test, interval: 5s}}}}\n")
    try:
        figures = {"making it, s": make(output_dir, size)}
        return {**figures, **measured(output_dir, config, size)}
    finally:
        if not keep:
            config.unlink()
            shutil.rmtree(output_dir)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--keep", action="store_true", help="leave the archives there")
    parser.add_argument("--tmpfs", action="store_true", help="make them in memory, as told above")
    chosen = parser.parse_args()
    os.environ["TZ"] = "UTC"
    time.tzset()
    run(chosen.directory, chosen.sizes, keep=chosen.keep, tmpfs=chosen.tmpfs)


if __name__ == "__main__":
    main()
