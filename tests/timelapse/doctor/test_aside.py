"""Looking in a process of its own: what comes back, and what is given up."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from tests.rig import small_disk
from tests.rig.scripted_supervisor import ROOT
from timelapse.doctor.aside import Aside, GivenUp
from timelapse.doctor.who import Who


def _hang() -> str:
    time.sleep(60)
    return ""


def _fail() -> NoReturn:
    raise RuntimeError("broken")


def test_look_gives_what_was_seen_however_large() -> None:
    seen = [Who("x" * 100_000, 1, 2, (3, 4))]
    assert Aside(lambda: seen, list[Who], 10.0).result() == seen


def test_look_that_fails_says_why_and_costs_nothing_else() -> None:
    assert Aside[str](_fail, str, 10.0).result() == GivenUp("RuntimeError: broken", is_stuck=False)


def test_look_that_dies_is_told() -> None:
    def die() -> str:
        os.kill(os.getpid(), signal.SIGSEGV)
        return ""

    assert Aside(die, str, 10.0).result() == GivenUp("the process that looked died", is_stuck=False)


def test_look_that_hangs_is_given_up_and_gone() -> None:
    began_s = time.monotonic()
    hanging = Aside(_hang, str, 0.1)
    assert hanging.result() == GivenUp("no answer within 0.1 s", is_stuck=True)
    assert time.monotonic() - began_s < 10
    with contextlib.suppress(ChildProcessError):
        os.waitpid(hanging._pid, 0)  # on a busy machine it may take its time to die
    with pytest.raises(ProcessLookupError):
        os.kill(hanging._pid, 0)


def test_look_does_not_write_to_the_output() -> None:
    program = (
        "from timelapse.doctor.aside import Aside\nprint('begun')\n"
        "print(Aside(lambda: print('from the look') or 'seen', str, 10.0).result())"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["begun", "seen"]


def test_look_that_nothing_can_end_holds_up_neither_the_end_nor_the_output(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from timelapse.doctor.aside import Aside\n"
        "print(Aside(lambda: str(Path(sys.argv[1]).write_text('x')), str, 0.3).result().is_stuck)"
    )
    with (
        small_disk.ext4(tmp_path / "disk", tmp_path / "image") as disk,
        small_disk.frozen(disk),
        subprocess.Popen([sys.executable, "-c", program, str(disk / "x")], cwd=ROOT, stdout=subprocess.PIPE) as process,
    ):
        # The writer is in uninterruptible sleep by now; whoever reads our output must not wait for it.
        said, _ = process.communicate(timeout=20)
    assert (said, process.returncode) == (b"True\n", 0)
