"""The render of a worker that died: ended, and nobody else with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from render_worker.notebook import Begun
from render_worker.orphan import end_orphan
from render_worker.results import Result

RESULT = Result("2026-06-01", "main", "video")
SLEEPS = "import signal; print('up', flush=True); signal.pause()"
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(name="start")
def _start() -> Iterator[Start]:
    processes = []

    def started(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", SLEEPS, *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        return process

    yield started
    for process in processes:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_render_of_that_worker_is_ended(start: Start) -> None:
    process = start("render_worker.job", "--parent", "4711")
    assert end_orphan(Begun(RESULT, 4711, process.pid), 10.0)
    assert process.wait(0) == -9


@pytest.mark.parametrize("words", [("render_worker.job", "--parent", "4712"), ("other", "--parent", "4711"), ()])
def test_process_that_got_its_number_is_left_alone(start: Start, words: tuple[str, ...]) -> None:
    process = start(*words)
    assert end_orphan(Begun(RESULT, 4711, process.pid), 10.0)
    assert process.poll() is None


def test_number_that_nobody_has_is_no_orphan(start: Start) -> None:
    process = start("render_worker.job", "--parent", "4711")
    process.kill()
    process.wait()
    assert end_orphan(Begun(RESULT, 4711, process.pid), 10.0)
