"""Coming last."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from render_worker.encoding import priority

ROOT = Path(__file__).parents[3]


def test_process_and_its_children_come_last() -> None:
    program = (
        "import subprocess, sys\nfrom render_worker.encoding.priority import come_last\ncome_last(); come_last()\n"
        "look = 'import os; print(os.sched_getscheduler(0), open(\"/proc/self/oom_score_adj\").read().strip())'\n"
        "subprocess.run([sys.executable, '-c', look], check=True)\n"
        "import ctypes; print(ctypes.CDLL(None).syscall(252, 1, 0) >> 13)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    said = done.stdout.split()
    assert said[:2] == [str(os.SCHED_IDLE), "1000"]
    if os.uname().machine == "x86_64":
        assert said[2] == "3"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel shares by processes alone")
@pytest.mark.parametrize("leads", [True, False])
def test_session_comes_last_too_where_it_is_ours(leads: bool) -> None:
    """Among sessions SCHED_IDLE says nothing: it would have as much of a busy processor as anybody."""
    program = (
        "from render_worker.encoding.priority import come_last\ncome_last()\nprint(open('/proc/self/autogroup').read())"
    )
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}], check=True)"
    command = [sys.executable, "-c", program if leads else outer]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, start_new_session=True)
    assert done.stdout.split()[1:] == ["nice", "19" if leads else "0"]


def test_what_is_refused_is_no_error(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    for name in ("_processor", "_session", "_disk", "_memory"):
        monkeypatch.setattr(priority, name, refuse)
    with caplog.at_level(logging.DEBUG):
        priority.come_last()
    assert caplog.text.count("Operation not permitted") == 4
