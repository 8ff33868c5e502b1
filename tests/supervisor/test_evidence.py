"""Evidence: what /proc tells of a process that is stuck."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

import pytest

from supervisor import evidence

_THREADS = """
import ctypes, sys, threading
ctypes.CDLL(None).prctl(15, b"odd) S (name", 0, 0, 0)
for _ in range(COUNT):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
print("up", flush=True)
sys.stdin.read()
"""


def _begin(threads: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", _THREADS.replace("COUNT", str(threads))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    pipe: IO[bytes] | None = process.stdout
    assert pipe is not None
    assert pipe.readline() == b"up\n"
    return process


def _finish(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture(name="process")
def _process() -> Iterator[subprocess.Popen[bytes]]:
    process = _begin(threads=2)
    yield process
    _finish(process)


def test_every_thread_has_a_line_with_its_name_state_and_place(process: subprocess.Popen[bytes]) -> None:
    lines = evidence.of_process(process.pid).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(f"thread {process.pid} (odd) S (name): ")
    assert all(line.partition("): ")[2].partition(", waits in ")[2] for line in lines)


def test_stopped_process_is_told_as_stopped(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    assert all(": stopped, waits in " in line for line in evidence.of_process(process.pid).splitlines())


def test_zombie_and_a_process_that_is_gone_are_told_as_far_as_they_go(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert ": zombie, waits in " in evidence.of_process(process.pid)
    process.wait()
    assert evidence.of_process(process.pid) == ""


def test_process_of_many_threads_is_told_from_its_main_thread_on_and_cut_short() -> None:
    process = _begin(threads=60)
    try:
        lines = evidence.of_process(process.pid).splitlines()
    finally:
        _finish(process)
    assert len(lines) == 32
    assert lines[0].startswith(f"thread {process.pid} ")


def test_glance_tells_state_and_memory_whatever_it_is_called(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    state, rss_bytes = evidence.glance_at(process.pid)
    assert state == "T"
    assert 1_000_000 < rss_bytes < 100_000_000


def test_glance_at_a_process_that_is_gone_is_empty(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    assert evidence.glance_at(process.pid) == ("", 0)
