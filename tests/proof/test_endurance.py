"""`bench/endurance.py` for some seconds: the archive is cleaned, and every slot is accounted for exactly once.

Hours are its own command's business; what it says of growth in seconds means nothing, and is not looked at.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench.held import Held
from tests.rig.figures import say
from tests.rig.recorder import REPOSITORY

SHORT = ["--minutes", "0.12", "--every", "0.5", "--interval", "100ms", "--no-warm-up", "--no-mount", "--disk-mb", "3"]


@pytest.mark.parametrize("faults", [[], ["--faults", "0.05"]], ids=["none", "faults"])
def test_recorder_for_some_seconds_accounts_for_every_slot_and_cleans(
    tmp_path: Path, times: int, faults: list[str]
) -> None:
    samples = tmp_path / "samples.jsonl"
    for _ in range(times):
        done = subprocess.run(
            [sys.executable, "bench/endurance.py", *SHORT, *faults, "--samples", samples, "--directory", tmp_path],
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
        )
        assert done.returncode in {0, 1}, done.stderr
        lines = done.stdout.splitlines()
        wrong = [line for line in lines if line.startswith("WRONG") and " grew from " not in line]
        assert not wrong, done.stdout
        assert "as promised" in lines[-1]
        told = next(line for line in lines if line.startswith("slots due: "))
        say("endurance", told)
        assert int(told.split()[2].rstrip(";")) > 50
        held = [msgspec.json.decode(line, type=Held) for line in samples.read_text().splitlines()]
        assert {"supervisor", "storage", "capture.main"} <= {each.name for each in held}
        if not faults:
            assert not any(line.endswith("tells: 0") for line in lines), "nothing was deleted"
