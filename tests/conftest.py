"""What every test may use: how often to repeat a proof, and file systems of one's own.

Owns: the option `--times`, and mounting. Does not own: the recorder under test (`rig/recorder.py`).
Invariant: whatever was mounted is unmounted when the test ends, however it ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
"""So that tests find `rig`; it is no part of what is installed."""

Mount = Callable[..., Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--times`."""
    parser.addoption("--times", type=int, default=1, help="how often each proof breaks what it breaks (default: once)")


@pytest.fixture
def times(request: pytest.FixtureRequest) -> int:
    """How often to repeat."""
    return int(request.config.getoption("--times"))


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a file system: `mount("tmpfs", "size=20m")` gives its directory. Skips where that is not permitted."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    mounted: list[Path] = []

    def do_mount(kind: str, options: str, device: str = "none") -> Path:
        target = tmp_path / f"mount{len(mounted)}"
        target.mkdir()
        done = subprocess.run(
            ["mount", "-t", kind, "-o", options, device, str(target)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no {kind} can be mounted here: {done.stderr.strip()}")
        mounted.append(target)
        return target

    yield do_mount
    for target in reversed(mounted):
        subprocess.run(["umount", "--lazy", str(target)], check=True)
