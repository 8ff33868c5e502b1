"""A supervisor that is stopped, kept busy or left without its directory: nobody is killed for it; hangs are found."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import zmq

from shared import wire
from shared.messages import Request
from shared.runtime_dir import endpoint
from tests.rig.recorder import REPOSITORY, Recorder

CONFIG = """
cameras:
  main: {source: test, resolution: 64x48, interval: 20ms}
supervisor:
  restart: {base: 100ms, max: 200ms, stable: 1s}
"""
STOPPED_S = 3.0
BUSY_S = 3.0


def test_supervisor_that_was_stopped_kills_nobody_for_it(tmp_path: Path, times: int) -> None:
    """Leases have run out by the time that it reads them, a hundred of them for each that still counts."""
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        assert recorder.process is not None
        for _ in range(times):
            recorder.process.send_signal(signal.SIGSTOP)
            time.sleep(STOPPED_S)
            recorder.process.send_signal(signal.SIGCONT)
            recorder.wait_for_frame()
        time.sleep(0.5)
        assert recorder.log.of("worker.hung") == []
        recorder.stop()
        recorder_slots = recorder.slots_told()
    assert max(recorder_slots.values()) == 1


def _keep_busy(runtime_dir: Path, ended: threading.Event) -> None:
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(endpoint(runtime_dir, "control.sock"))
    request = wire.pack(Request(id="busy", verb="replay", limit=10_000))
    in_flight = 0
    while not ended.is_set():
        while in_flight < 50:
            socket.send(request)
            in_flight += 1
        if socket.poll(100):
            socket.recv()
            in_flight -= 1
    socket.close()


def test_client_that_keeps_the_supervisor_busy_hides_no_hang(tmp_path: Path) -> None:
    """The time that it works for somebody is not taken off the leases."""
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        ended = threading.Event()
        client = threading.Thread(target=_keep_busy, args=(recorder.runtime_dir, ended))
        client.start()
        try:
            time.sleep(BUSY_S / 2)
            mark = recorder.log.mark()
            recorder.fault("hang")
            hung = recorder.log.wait_for(lambda event: event.topic == "worker.hung", after=mark)
        finally:
            ended.set()
            client.join()
        assert hung.data["overdue_ms"] < 500, "some turns of a very busy loop"


def test_runtime_directory_that_disappears_is_made_anew(tmp_path: Path) -> None:
    """As at a logout: /run/user/UID goes. The next worker to start must find the sockets."""
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        pid = recorder.pid_of("capture.main")
        # Gone at one stroke: emptied file by file it may be filled again meanwhile, and can't be removed.
        shutil.rmtree(recorder.runtime_dir.rename(tmp_path / "gone"))
        os.kill(pid, signal.SIGKILL)
        killed_s = time.time()
        deadline = time.monotonic() + 60
        count = 0
        while count < 5:
            assert time.monotonic() < deadline, "nobody records any more"
            time.sleep(0.05)
            count = sum(path.stat().st_mtime > killed_s + 0.2 for path in recorder.frames())
        assert recorder.status()["workers"]["capture.main"]["state"] == "running"


def test_parent_that_ignores_its_childrens_end_does_no_harm(tmp_path: Path) -> None:
    """SIGCHLD ignored is inherited, and the kernel then reaps our workers itself."""
    script = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.stop()
        command = [sys.executable, "-m", "timelapse", "--config", str(recorder.config_path)]
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
        recorder.process = subprocess.Popen(
            [sys.executable, "-c", script, *command, "--runtime-dir", str(recorder.runtime_dir)], env=environment
        )
        recorder.wait_for_frame()
        mark = recorder.log.mark()
        os.kill(recorder.pid_of("capture.main"), signal.SIGKILL)
        exited = recorder.log.wait_for(lambda event: event.topic == "worker.exited", after=mark)
        recorder.wait_for_frame()
        assert exited.data["cause"] == "crash"
        recorder.stop()
