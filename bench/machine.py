"""What every bench says and asks alike: the machine, the file system, the directory to work in.

Owns: describing them, and the command line's common part. Does not own: anything that is measured.
Invariant: what is printed is what this run was made on.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]


def parser(document: str | None) -> argparse.ArgumentParser:
    """A command line with `--directory`; `document` is the bench's own description."""
    made = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument(
        "--directory", type=Path, metavar="DIR", help="where everything is written, such as on a real disk"
    )
    return made


def work_directory(where: Path | None) -> tempfile.TemporaryDirectory[str]:
    """A new directory for one run, which ends with it."""
    return tempfile.TemporaryDirectory(prefix="timelapse-bench", dir=where)


def describe(where: Path | None = None) -> str:
    """The machine, and the file system that `work_directory(where)` is on."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6
    return (
        f"{platform.platform()}, {_processor()}, {os.cpu_count()} cores, {memory_mb:.0f} MB, "
        f"Python {platform.python_version()}\n"
        f"writing to {file_system(where or Path(tempfile.gettempdir()))}; load before: {os.getloadavg()[0]:.2f}"
    )


def file_system(path: Path) -> str:
    """The mount that a path is on, as /proc/mounts has it."""
    resolved = path.resolve()
    best = ("?", "?", "")
    for line in Path("/proc/mounts").read_text().splitlines():
        device, point, kind = line.split()[:3]
        if resolved.is_relative_to(point) and len(point) >= len(best[2]):
            best = (device, kind, point)
    return f"{resolved}: {best[1]} on {best[0]}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"model name", "Model"}:
            return value.strip()
    return platform.machine()
