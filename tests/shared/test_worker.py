"""The life of a worker, each one a real process: how it starts, and every way in which it ends."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import SystemClock
from shared.config.model import CameraConfig, Configuration
from shared.errors import (
    EX_CONFIG,
    EX_IOERR,
    EX_OK,
    EX_SOFTWARE,
    EX_TEMPFAIL,
    EX_UNAVAILABLE,
    EX_USAGE,
)
from shared.events import CameraLost
from shared.worker import Worker
from shared.worker_identity import Identity
from tests.rig.hub_harness import HubHarness
from tests.rig.scripted_worker import EVENTS, ORDER

ROOT = Path(__file__).resolve().parents[2]
_PACKAGE = "tests.rig.scripted_worker"
_WORKER = "capture.main"
_PARENT = """
import subprocess, sys, os
command = [sys.executable, "-m", "tests.rig.scripted_worker", "--worker=capture.main", "--incarnation=1",
    f"--parent-pid={os.getpid()}", f"--runtime-dir={sys.argv[1]}"]
worker = subprocess.Popen(command, start_new_session=True)
print(worker.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubHarness]:
    with HubHarness(tmp_path / "run", Configuration("", str(tmp_path), {"main": CameraConfig("main")})) as hub:
        yield hub


def _start(hub: HubHarness, order: str = "wait", *, evidence_fd: int = -1) -> subprocess.Popen[bytes]:
    return hub.start(_PACKAGE, _WORKER, env={ORDER: order}, evidence_fd=evidence_fd)


def _start_ready(hub: HubHarness, order: str = "wait", *, evidence_fd: int = -1) -> subprocess.Popen[bytes]:
    process = _start(hub, order, evidence_fd=evidence_fd)
    hub.pump(lambda: bool(hub.readies), what="it to be ready")
    return process


def _ends_within(pid: int, seconds: float) -> bool:
    """For a process that is not our child."""
    pidfd = os.pidfd_open(pid)
    try:
        return bool(select.select([pidfd], [], [], seconds)[0])
    finally:
        os.close(pidfd)


def test_worker_says_hello_and_ready_with_its_name(hub: HubHarness) -> None:
    process = _start_ready(hub)
    for message in (hub.hellos[0], hub.readies[0]):
        assert (message.worker, message.incarnation, message.pid) == (_WORKER, 1, process.pid)
    assert hub.leases[0].operation == "sleep"
    assert hub.leases[0].pid == process.pid


def test_worker_dies_with_its_parent_within_a_second(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as parent:
        assert parent.stdout is not None
        worker_pid = int(parent.stdout.readline())
        assert not _ends_within(worker_pid, 0.5), "it waits for its configuration"
        parent.kill()
        assert _ends_within(worker_pid, 1)


def test_worker_whose_parent_is_another_ends_at_once(hub: HubHarness, tmp_path: Path) -> None:
    """The parent may have died, and its pid been given away, before the worker could ask to die with it."""
    arguments = [f"--worker={_WORKER}", "--incarnation=1", "--parent-pid=1", f"--runtime-dir={tmp_path / 'run'}"]
    done = subprocess.run([sys.executable, "-m", _PACKAGE, *arguments], cwd=ROOT, timeout=10, check=False)
    assert done.returncode == EX_SOFTWARE
    hub.drain()
    assert hub.hellos == []


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ("return 0", EX_OK),
        ("return 3", 3),
        ("raise TimelapseError", EX_SOFTWARE),
        ("raise UsageError", EX_USAGE),
        ("raise NotRunningError", EX_UNAVAILABLE),
        ("raise CameraError", EX_UNAVAILABLE),
        ("raise DiskError", EX_IOERR),
        ("raise BusyError", EX_TEMPFAIL),
        ("raise ConfigError", EX_CONFIG),
        ("raise WireError", EX_SOFTWARE),
        ("raise a bug of ours", EX_SOFTWARE),
    ],
)
def test_exit_status_is_the_error_s(hub: HubHarness, order: str, status: int) -> None:
    process = _start(hub, order)
    assert hub.ended(process) == status
    log, what = hub.log_of(_WORKER), order.partition(" ")[2]
    if order.startswith("raise a bug"):
        assert "Traceback" in log
        assert f"ValueError: {what}" in log
    elif order.startswith("raise"):
        assert f"{_WORKER} INFO: this is {what}\n" in log, "the supervisor says how bad it is"
        assert "Traceback" not in log, "a person reads this"


def test_last_messages_before_the_end_arrive(hub: HubHarness) -> None:
    process = _start(hub, "talk")
    assert hub.ended(process) == EX_OK
    hub.pump(lambda: len(hub.published) == EVENTS, timeout_s=2, what="the last message")
    assert [data["detail"].split()[0] for data in hub.events("camera.lost")] == [
        str(number) for number in range(EVENTS)
    ]
    assert [message.dropped for message in hub.published] == [0] * EVENTS


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[Worker]:
    """A worker in this very process, whose supervisor is not there."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    worker = Worker(Identity(_WORKER, 1, 1, tmp_path), (), SystemClock())
    yield worker
    worker.link.supervisor.close(linger=0)
    worker.link.events.close(linger=0)
    signal.set_wakeup_fd(-1)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_offer_that_finds_no_room_is_the_caller_s_and_not_counted_as_dropped(lonely: Worker) -> None:
    """Nobody has bound the socket: it is full after a while. Events that are published then are lost, and counted."""
    lost = CameraLost(camera="main")
    for _ in range(3_000):
        if not lonely.offer("camera.lost", lost, 1, 2):
            break
    assert not lonely.offer("camera.lost", lost, 1, 2)
    assert lonely.link.dropped == 0
    lonely.publish("camera.lost", lost)
    assert not lonely.offer("camera.lost", lost, 1, 2)
    assert lonely.link.dropped == 1


def test_worker_that_nobody_reads_ends_within_its_flush(hub: HubHarness) -> None:
    """A supervisor that hangs must not keep a worker from its end."""
    process = _start_ready(hub)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_while_waiting_for_the_configuration_ends_it_at_once(tmp_path: Path, number: signal.Signals) -> None:
    """Nobody is there to answer: the sockets are not even bound."""
    arguments = [f"--worker={_WORKER}", "--incarnation=1", f"--parent-pid={os.getpid()}", f"--runtime-dir={tmp_path}"]
    with subprocess.Popen([sys.executable, "-m", _PACKAGE, *arguments], cwd=ROOT) as process:
        _until_it_handles_signals(process.pid)
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(5) == EX_OK
        assert time.monotonic() - began < 1


def test_hangup_while_waiting_for_the_configuration_is_no_stop(tmp_path: Path) -> None:
    arguments = [f"--worker={_WORKER}", "--incarnation=1", f"--parent-pid={os.getpid()}", f"--runtime-dir={tmp_path}"]
    with subprocess.Popen([sys.executable, "-m", _PACKAGE, *arguments], cwd=ROOT) as process:
        _until_it_handles_signals(process.pid)
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == EX_OK


def test_hung_worker_leaves_a_stack_on_abort(hub: HubHarness) -> None:
    """Both threads stuck, and none of Python's signal handlers would ever run."""
    evidence_fd = os.memfd_create("evidence")
    process = _start_ready(hub, "lock", evidence_fd=evidence_fd)
    hub.pump(lambda: {lease.operation for lease in hub.leases} >= {"lock", "grab"}, what="both to be stuck")
    process.send_signal(signal.SIGABRT)
    assert process.wait(5) == -signal.SIGABRT
    stacks = os.pread(evidence_fd, 16_384, 0).decode()
    os.close(evidence_fd)
    assert stacks.startswith("Fatal Python error: Aborted")
    assert "in _stuck_here" in stacks
    assert "in _stuck_in_a_thread" in stacks


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV])
def test_crash_writes_no_core(hub: HubHarness, number: signal.Signals) -> None:
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limits[1], limits[1]))
    try:
        process = _start_ready(hub)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limits)
    process.send_signal(number)
    ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert ended is not None
    assert (ended.si_code, ended.si_status) == (os.CLD_KILLED, number), "CLD_DUMPED would be a core"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not raise the limit again")
def test_worker_starts_where_cores_are_forbidden_altogether() -> None:
    """LimitCORE=0 of a unit, or `docker run --ulimit core=0`: the limit may not be raised to 1."""
    code = (
        "import os, resource; from shared.stack import leave_a_stack\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.setuid(65534)\n"
        "leave_a_stack(-1); print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("(0, 0)\n", "")


def _until_it_handles_signals(pid: int) -> None:
    """Wait until a process catches SIGHUP, the last of those that it does, as the kernel tells."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/status").read_text()
        caught = int(status.partition("SigCgt:\t")[2].partition("\n")[0], 16)
        if caught & 1 << (signal.SIGHUP - 1):
            return
        time.sleep(0.002)
    raise AssertionError("SIGHUP is never caught")
