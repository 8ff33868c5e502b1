"""A real capture process that waits: what it has loaded, what it holds, and what becomes of it when it is told."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.config.model import CameraConfig, Configuration, Location
from shared.standby import StandbyPlace
from shared.transport import Poller
from supervisor.evidence import glance_at
from supervisor.process import ExitStatus
from supervisor.waiting import WaitingProcess, begin
from tests.rig.descriptors import open_descriptors
from tests.rig.hub_harness import ROOT, HubHarness
from tests.rig.mjpeg_server import MjpegServer
from tests.rig.small_workers import has_ended, wait_for_end

_PATIENCE_NS = 30_000_000_000


class _Bench:
    """A hub, and stand-bys that are started as the supervisor starts them."""

    def __init__(self, directory: Path, cameras: dict[str, CameraConfig]) -> None:
        self.configuration = Configuration(
            "x.yml", str(directory / "out"), cameras, location=Location(latitude=59.9, longitude=10.7)
        )
        (directory / "out").mkdir()
        self.runtime_dir = directory / "run"
        self.hub = HubHarness(self.runtime_dir, self.configuration)
        self.poller = Poller()
        self._begun: list[WaitingProcess] = []

    def load(self) -> WaitingProcess:
        """One that is ready."""
        waiting = begin(self.configuration, self.runtime_dir, self.poller)
        self._begun.append(waiting)
        ready: set[object] = set(self.poller.wait(_PATIENCE_NS))
        assert waiting.hear(ready), waiting.process.reap()
        return waiting

    def take_over(self, waiting: WaitingProcess) -> None:
        waiting.tell("capture.main", 3, self.runtime_dir)

    def wait_for_frames(self, count: int) -> None:
        self.hub.pump(lambda: len(self.hub.events("frame.written")) >= count, timeout_s=20.0, what="frames")

    def close(self) -> None:
        for waiting in self._begun:
            if not has_ended(waiting.process.fd):
                waiting.slay()
                wait_for_end(waiting.process.fd)
            with contextlib.suppress(ChildProcessError):  # the test has reaped it
                assert (waiting.process if waiting.process.stood_by else waiting).reap() is not None
            waiting.process.close()


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, undo: ExitStack) -> Iterator[_Bench]:
    bench = _Bench(tmp_path, {"main": _camera("test"), "garden": _camera("http://127.0.0.1:9/", "garden")})
    undo.enter_context(bench.hub)
    yield bench
    bench.close()


def _camera(source: str, name: str = "main") -> CameraConfig:
    return CameraConfig(name, source, resolution=(320, 240), interval_ms=100)


def _open_files(pid: int) -> dict[int, str]:
    return {int(link.name): str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}


def _wait_until_it_waits(pid: int) -> None:
    """It says that it is ready before it waits, a moment earlier. Nothing else tells."""
    until_s = time.monotonic() + 20.0
    while glance_at(pid).state != "S":
        assert time.monotonic() < until_s, "it does not come to rest"


def _oom_score(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def test_standby_has_everything_loaded_and_holds_nothing(bench: _Bench) -> None:
    waiting = bench.load()
    _wait_until_it_waits(waiting.pid)
    proc = Path(f"/proc/{waiting.pid}")
    mapped = (proc / "maps").read_text()
    assert [name for name in ("cv2", "simplejpeg", "numpy", "zmq") if name not in mapped] == []
    assert len(list((proc / "task").iterdir())) == 1, "a thread would not be there in a worker that was just started"
    files = _open_files(waiting.pid)
    assert files.pop(0).startswith("pipe:")
    assert files.pop(waiting.process.memory_fd).startswith("/memfd:timelapse-standby")
    inherited = {fd for fd in open_descriptors() if fd <= 2 or os.get_inheritable(fd)}
    assert files.keys() - inherited == set()
    assert (proc / "comm").read_text() == "standby\n"
    assert _oom_score(waiting.pid) == 1000
    assert list((bench.runtime_dir.parent / "out").iterdir()) == [], "no camera's directory is taken"
    assert os.getsid(waiting.pid) == waiting.pid


def test_standby_that_is_told_works_as_the_worker_it_was_told_to_be(bench: _Bench) -> None:
    waiting = bench.load()
    bench.take_over(waiting)
    bench.wait_for_frames(2)
    hello = bench.hub.hellos[-1]
    assert (hello.worker, hello.incarnation, hello.pid) == ("capture.main", 3, waiting.pid)
    assert {lease.worker for lease in bench.hub.leases} == {"capture.main"}
    assert Path(f"/proc/{waiting.pid}/comm").read_text() == "capture.main\n"
    assert _oom_score(waiting.pid) == _oom_score(os.getpid())
    assert _open_files(waiting.pid)[0] == os.devnull
    waiting.process.signal(signal.SIGTERM)
    bench.hub.pump(lambda: (waiting.process.reap()) == ExitStatus(0, None), what="an orderly end")


def test_standby_that_hangs_at_work_leaves_its_stacks(bench: _Bench) -> None:
    waiting = bench.load()
    bench.take_over(waiting)
    bench.wait_for_frames(1)
    waiting.process.signal(signal.SIGABRT)
    wait_for_end(waiting.process.fd)
    assert waiting.process.reap() == ExitStatus(None, signal.SIGABRT)
    assert "Fatal Python error: Aborted" in waiting.process.last_words()


def test_standby_ends_with_its_pipe(bench: _Bench) -> None:
    waiting = bench.load()
    os.close(waiting._order_fd)
    wait_for_end(waiting.process.fd)
    assert waiting.process.reap() == ExitStatus(0, None)


def test_camera_that_can_not_be_loaded_ahead_hinders_nobody(tmp_path: Path, undo: ExitStack) -> None:
    bench = _Bench(tmp_path, {"other": _camera("gopher://x/", "other"), "main": _camera("test")})
    undo.enter_context(bench.hub)
    bench.take_over(bench.load())
    bench.wait_for_frames(1)
    bench.close()


def test_standby_of_somebody_else_ends_at_once(tmp_path: Path) -> None:
    arguments = StandbyPlace(1, tmp_path, 2, 2, 2).arguments()
    done = subprocess.run([sys.executable, "-m", "capture_worker", *arguments], check=False, cwd=ROOT)
    assert done.returncode != 0


@pytest.mark.parametrize("arguments", [["--standby"], ["--standby", "--parent-pid=x"]])
def test_standby_started_by_hand_says_who_starts_it(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "capture_worker", *arguments]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "The supervisor starts it" in done.stderr


@pytest.mark.parametrize("kind", ["test", "sun", "http"])
def test_nothing_is_loaded_any_more_once_it_is_told(
    tmp_path: Path, undo: ExitStack, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    source = undo.enter_context(MjpegServer()).url if kind == "http" else "test"
    camera = CameraConfig(
        "main", source, (320, 240), 100, window="sunrise-12h..sunset+12h" if kind == "sun" else "always"
    )
    bench = _Bench(tmp_path, {"main": camera})
    undo.enter_context(bench.hub)
    waiting = bench.load()
    assert "cv2" in capfd.readouterr().err or kind == "http"
    bench.take_over(waiting)
    bench.wait_for_frames(2)
    late = re.findall(r"^import time:.*\| +([\w.]+)$", capfd.readouterr().err, re.MULTILINE)
    bench.close()
    assert late == []
