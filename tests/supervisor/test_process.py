"""Worker processes: how they are started, how they are ended, and that no trace of them stays."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.process import ChildProcess, ExitStatus, spawn
from tests.rig.descriptors import open_descriptors
from tests.rig.small_workers import OBEDIENT, SmallWorkers, has_ended, wait_for_end

_GRANDCHILD = 'grandchild = subprocess.Popen(["sleep", "1000"])\nsay(grandchild.pid)\n'


@pytest.fixture(name="workers")
def _workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallWorkers]:
    workers = SmallWorkers(tmp_path, monkeypatch)
    yield workers
    workers.close()


Start = Callable[[str], ChildProcess]


@pytest.fixture(name="start")
def _start(workers: SmallWorkers, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker from its source; whatever is alive at the end of the test is killed."""
    started: list[ChildProcess] = []

    def start(source: str) -> ChildProcess:
        workers.make("small_worker", source)
        process = spawn("small_worker", "capture.main", 3, tmp_path)
        started.append(process)
        return process

    yield start
    for process in started:
        process.slay()
        _reaped(process)
        process.close()


def _reaped(process: ChildProcess) -> ExitStatus:
    wait_for_end(process.fd)
    try:
        status = process.reap()
    except ChildProcessError:
        return ExitStatus(None, None)  # the test has reaped it
    assert status is not None
    return status


def _children() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        ("sys.exit(0)", ExitStatus(0, None), "exit status 0"),
        ("sys.exit(69)", ExitStatus(69, None), "exit status 69"),
        ("raise ValueError", ExitStatus(1, None), "exit status 1"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", ExitStatus(None, 11), "ended by SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", ExitStatus(None, 9), "ended by SIGKILL"),
        ("os.kill(os.getpid(), 40)", ExitStatus(None, 40), "ended by signal 40"),
    ],
    ids=["0", "69", "trace", "sigsegv", "sigkill", "real-time"],
)
def test_end_of_a_process_tells_its_status_or_its_signal(
    start: Start, source: str, status: ExitStatus, words: str
) -> None:
    ended = _reaped(start(f"sys.stderr = open(os.devnull, 'w')\n{source}"))
    assert (ended, str(ended)) == (status, words)


def test_process_is_not_reaped_before_it_has_ended_and_proves_its_end_by_its_descriptor(
    workers: SmallWorkers, start: Start
) -> None:
    process = start(OBEDIENT)
    assert workers.hear() == "up capture.main"
    assert process.reap() is None
    assert not has_ended(process.fd)
    process.signal(signal.SIGTERM)
    assert _reaped(process) == ExitStatus(None, signal.SIGTERM)


def test_process_is_told_who_it_is_and_inherits_nothing_but_the_memory_file(
    workers: SmallWorkers, start: Start, tmp_path: Path
) -> None:
    with Path(os.devnull).open("rb") as ours, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SMALL_WORKER_TEST", "inherited")
        process = start("""
say(sorted(ARGUMENTS.items()))
say((os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid(), os.environ["SMALL_WORKER_TEST"]))
say(os.readlink("/proc/self/fd/0"))
say([fd for fd in sorted(map(int, os.listdir("/proc/self/fd"))) if fd > 2 and os.path.exists(f"/proc/self/fd/{fd}")])
""")
        evidence_fd = process.memory_fd
        # Whoever started the tests may have left some open.
        from_outside = [fd for fd in open_descriptors() if fd > 2 and os.get_inheritable(fd)]
        assert ours.fileno() not in from_outside
    assert workers.hear() == str(
        [
            ("evidence-fd", f"{evidence_fd}"),
            ("incarnation", "3"),
            ("parent-pid", f"{os.getpid()}"),
            ("runtime-dir", f"{tmp_path}"),
            ("worker", "capture.main"),
        ]
    )
    assert workers.hear() == str((True, True, "inherited"))
    assert workers.hear() == os.devnull
    assert workers.hear() == str(sorted([*from_outside, evidence_fd]))
    assert not os.get_inheritable(evidence_fd)
    assert not os.get_inheritable(process.fd)


def test_process_hears_signals_that_its_supervisor_ignores_or_blocks(workers: SmallWorkers, start: Start) -> None:
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        start("""
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status"))
say((status["SigBlk"].strip(), bool(int(status["SigIgn"], 16) & (1 << 14 | 1 << 0))))
""")
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
        for number, handler in before.items():
            signal.signal(number, handler)
    assert workers.hear() == str(("0" * 16, False))


def test_process_that_ignores_every_other_signal_is_slain_with_its_grandchildren(
    workers: SmallWorkers, start: Start
) -> None:
    process = start(f'ignore(signal.SIGTERM, signal.SIGABRT, signal.SIGHUP)\n{_GRANDCHILD}say("deaf")\nwait_for_ever()')
    grandchild = os.pidfd_open(int(workers.hear()))
    assert workers.hear() == "deaf"
    for number in (signal.SIGTERM, signal.SIGABRT, signal.SIGHUP):
        process.signal(number)
    assert not has_ended(process.fd)
    process.slay()
    assert _reaped(process) == ExitStatus(None, signal.SIGKILL)
    wait_for_end(grandchild)
    os.close(grandchild)


@pytest.mark.parametrize("own_group", [False, True])
def test_process_that_ends_by_itself_takes_its_grandchildren_along(
    workers: SmallWorkers, start: Start, own_group: bool
) -> None:
    """One with a process group of its own too, as libcamera's isolated image processing is."""
    process = start(_GRANDCHILD.replace('"1000"]', '"1000"], process_group=0') if own_group else _GRANDCHILD)
    grandchild = os.pidfd_open(int(workers.hear()))
    wait_for_end(process.fd)
    assert not has_ended(grandchild)
    assert _reaped(process) == ExitStatus(0, None)
    wait_for_end(grandchild)
    os.close(grandchild)


def test_process_that_is_aborted_leaves_the_stack_of_each_thread(workers: SmallWorkers, start: Start) -> None:
    process = start("""
import threading
faulthandler.enable(int(ARGUMENTS["evidence-fd"]), all_threads=True)
def stuck_in_the_camera():
    say("stuck")
    wait_for_ever()
def idle_elsewhere():
    threading.Event().wait()
threading.Thread(target=idle_elsewhere, daemon=True).start()
stuck_in_the_camera()
""")
    assert workers.hear() == "stuck"
    assert process.last_words() == ""
    process.signal(signal.SIGABRT)
    assert _reaped(process) == ExitStatus(None, signal.SIGABRT)
    stacks = process.last_words()
    assert "Fatal Python error: Aborted" in stacks
    assert "in stuck_in_the_camera" in stacks
    assert "in idle_elsewhere" in stacks


def test_evidence_of_megabytes_or_of_no_text_is_cut_and_read_all_the_same(workers: SmallWorkers, start: Start) -> None:
    process = start('os.write(int(ARGUMENTS["evidence-fd"]), b"\\xff" * 3_000_000)\nsay("done")')
    assert workers.hear() == "done"
    assert process.last_words() == "\ufffd" * 16_384


def test_signal_to_a_process_that_has_ended_is_nothing(start: Start) -> None:
    process = start("")
    wait_for_end(process.fd)
    process.signal(signal.SIGABRT)
    process.slay()
    assert _reaped(process) == ExitStatus(0, None)
    process.signal(signal.SIGABRT)


def test_fifty_spawns_leave_no_descriptor_and_no_process(workers: SmallWorkers, tmp_path: Path) -> None:
    workers.make("small_worker", "os._exit(0)")
    before = open_descriptors(), _children()
    for _ in range(5):
        processes = [spawn("small_worker", "capture.main", 1, tmp_path) for _ in range(10)]
        for process in processes:
            assert _reaped(process) == ExitStatus(0, None)
            process.close()
    assert (open_descriptors(), _children()) == before


def test_spawn_that_fails_leaves_no_descriptor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_descriptors()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no such interpreter"))
    with pytest.raises(FileNotFoundError):
        spawn("small_worker", "capture.main", 1, tmp_path)
    assert open_descriptors() == before


@pytest.mark.parametrize("room", [0, 1], ids=["none-for-the-memory-file", "none-for-the-pidfd"])
def test_spawn_without_room_for_its_descriptors_leaves_no_process(
    workers: SmallWorkers, tmp_path: Path, room: int
) -> None:
    workers.make("small_worker", OBEDIENT)
    before = open_descriptors(), _children()
    next_fd = os.dup(0)
    os.close(next_fd)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_fd + room, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            spawn("small_worker", "capture.main", 1, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (open_descriptors(), _children()) == before
