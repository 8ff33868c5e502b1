"""One child process: starting it, signalling it, and proving that it is dead.

Owns: posix_spawn, the pidfd, the process group, reaping. Does not own: deciding any of it.
Invariant: a pid is used only while its process is not yet reaped, so that it can't have become somebody else's;
`reaped` is true only after the kernel has said so, which nothing else proves.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from shared.interpreter import command
from shared.worker_identity import Identity
from supervisor.session_leftovers import slay_session

_EVIDENCE_BYTES = 16_384


class ExitStatus(Struct, frozen=True):
    """How a process ended: its exit `code`, or the number of the `signal` that ended it."""

    code: int | None
    signal: int | None

    def __str__(self) -> str:
        if self.signal is None:
            return f"exit status {self.code}"
        try:
            return f"ended by {signal.Signals(self.signal).name}"
        except ValueError:
            # The real-time signals between the first and the last have no name.
            return f"ended by signal {self.signal}"


class ChildProcess:
    """A spawned process. `fd` becomes readable when it ends. It has a memory file to leave something in.

    `memory_fd` is that file, under the same number here and there. `stood_by` is whether it was a stand-by before.
    """

    def __init__(self, pid: int, pidfd: int, memory_fd: int) -> None:
        self.pid = pid
        self.fd = pidfd
        self.memory_fd = memory_fd
        self.stood_by = False

    def signal(self, number: int) -> None:
        """Send a signal to this process, and to nothing else. One that has ended does not mind."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.fd, number)

    def slay(self) -> None:
        """SIGKILL to its whole process group. It is the group's leader, and not reaped: the number is its own."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        # Between its start and its setsid the group does not exist yet.
        self.signal(signal.SIGKILL)

    def reap(self) -> ExitStatus | None:
        """Its exit status if it has ended, else None. Never blocks. Its children are killed with it."""
        if os.waitid(os.P_PIDFD, self.fd, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        slay_session(self.pid)
        ended = os.waitid(os.P_PIDFD, self.fd, os.WEXITED | os.WNOHANG)
        if ended is None:
            return None
        if ended.si_code == os.CLD_EXITED:
            return ExitStatus(ended.si_status, None)
        return ExitStatus(None, ended.si_status)

    def last_words(self) -> str:
        """What it left in the memory file: the stacks by `faulthandler`, or why it ended by itself; or nothing."""
        return self.left(_EVIDENCE_BYTES).decode("utf-8", "replace").strip()

    def left(self, most_bytes: int) -> bytes:
        """What it wrote into the memory file, up to so much. Never blocks: it lies in memory."""
        return os.pread(self.memory_fd, min(most_bytes, os.fstat(self.memory_fd).st_size), 0)

    def close(self) -> None:
        """Let go of the descriptors. The process must have been reaped."""
        os.close(self.fd)
        os.close(self.memory_fd)


def spawn(package: str, worker: str, incarnation: int, runtime_dir: Path) -> ChildProcess:
    """Start the worker `python -m package`, with a memory file for its evidence. As `start` does."""

    def arguments(evidence_fd: int) -> list[str]:
        return Identity(worker, incarnation, os.getpid(), runtime_dir, evidence_fd).arguments()

    return start(package, worker, arguments)


def start(
    module: str, name: str, arguments: Callable[[int], list[str]], *, stdin_fd: int | None = None
) -> ChildProcess:
    """Start `python -m module` in a session of its own, the environment inherited. Raises OSError.

    `arguments` are told the descriptor of the memory file. Blocks for the fork and exec alone, a millisecond or two.
    Descriptors of ours are not inherited, as PEP 446 has it, but for the memory file, and `stdin_fd` as its standard
    input. Where it raises, no process is left.
    """
    memory_fd = os.memfd_create(f"timelapse-{name}", os.MFD_CLOEXEC)
    words = command(module, arguments(memory_fd))
    stdin = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    os.set_inheritable(memory_fd, True)
    try:
        pid = os.posix_spawn(
            sys.executable,
            words,
            os.environ,
            file_actions=[stdin if stdin_fd is None else (os.POSIX_SPAWN_DUP2, stdin_fd, 0)],
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD),
        )
    except OSError:
        os.close(memory_fd)
        raise
    os.set_inheritable(memory_fd, False)
    try:
        return ChildProcess(pid, os.pidfd_open(pid), memory_fd)
    except OSError:
        # Nobody could see the end of a process without a pidfd, and the next one would be a second opener.
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(memory_fd)
        raise
