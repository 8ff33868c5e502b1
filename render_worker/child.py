"""One render as a child process, as both of its drivers see it: the command line, and the render worker.

Owns: starting the process, what it says, pausing and ending it, and what its end means. Does not own: the render
(`render_worker.job`), nor deciding to pause or to cancel.
Invariant: nothing here blocks but `wait` and `close`, and `lines` for the moments from a last word to a death. When
`wait` has returned, neither the process nor a child of it is left. A driver that dies takes the render with it: it ends
where its standard input does.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Sequence

import msgspec

from render_worker.course import CancelledError
from render_worker.request import RenderRequest
from render_worker.telling import Failed, Finished, Order, Progress, Told, told_by
from shared.errors import EX_SOFTWARE
from shared.interpreter import command

_READ_BYTES = 65_536
_DIES_WITHIN_S = 5.0
"""From SIGKILL to the end of a process that is not stuck in the kernel."""


class Child:
    """A process that renders, started at once. For one thread; close it when done.

    `fd` becomes readable when it has said something or has ended: then call `lines`. `outcome` is how it ended, None
    until then. Raises OSError where no process can be started.
    """

    def __init__(self, request: RenderRequest, words: Sequence[str] | None = None) -> None:
        self.outcome: Finished | Failed | None = None
        self.ended = False
        self._rest = b""
        self._was_cancelled = False
        self._process = subprocess.Popen(
            words or command("render_worker.job", ["--parent", str(os.getpid())]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for the driver, which cancels; and its end can take all of the group with it.
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self.fd = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._pidfd = os.pidfd_open(self.pid)
        self._order(request)
        os.set_blocking(self._orders, False)
        os.set_blocking(self.fd, False)

    @property
    def pid(self) -> int:
        """The process's."""
        return self._process.pid

    def lines(self) -> list[Told]:
        """What it has said since the last call. Never blocks. When it has ended, the last is `Finished` or `Failed`."""
        told: list[Told] = []
        while not self.ended and (data := self._read()) is not None:
            *whole, self._rest = (self._rest + data).split(b"\n")
            told += [said for line in whole if (said := told_by(line)) is not None]
            self.outcome = next((said for said in reversed(told) if not isinstance(said, Progress)), self.outcome)
            if not data:
                self.ended = True
                if self.outcome is None:
                    self.outcome = _unsaid(self.wait(_DIES_WITHIN_S), was_cancelled=self._was_cancelled)
                    told.append(self.outcome)
        return told

    def pause(self, reason: str) -> None:
        """Have it stand still, for a reason that it says with its progress. May be called again with another one."""
        self._order(Order(pause=reason))

    def resume(self) -> None:
        """Have it go on. Does nothing where it is not paused."""
        self._order(Order())

    def cancel(self) -> None:
        """Ask it to end and to leave nothing behind. May be called again."""
        self._was_cancelled = True
        self._signal(signal.SIGTERM)
        # It can't act on that while somebody has stopped it.
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it and its children at once, whatever they do; an unfinished file stays."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._signal(signal.SIGKILL)

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Its exit status when it has ended; None where it has not within `timeout_s`. May be called again."""
        if self._process.returncode is None:
            if not _readable(self._pidfd, timeout_s):
                return None
            # Not reaped yet, so the number of the group is still its own: what it left behind goes with it.
            self.kill()
            self._process.wait()
        status = self._process.returncode
        return status if status >= 0 else 128 - status

    def close(self) -> None:
        """Kill it where it still runs, and let go of it. May be called twice. Blocks for its death."""
        self.kill()
        # One that a dead disk holds in the kernel is left to it.
        ended = self.wait(_DIES_WITHIN_S) is not None
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        if not ended:
            self._process.returncode = -signal.SIGKILL  # nobody waits for it any more, not even at our end
        self.ended = True

    def _read(self) -> bytes | None:
        try:
            return os.read(self.fd, _READ_BYTES)
        except BlockingIOError:
            return None

    def _order(self, order: RenderRequest | Order) -> None:
        # One that has ended hears nothing; one that reads nothing any more can still be cancelled.
        if not self.ended:
            with contextlib.suppress(BrokenPipeError, BlockingIOError):
                os.write(self._orders, msgspec.json.encode(order) + b"\n")

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)


def _readable(fd: int, timeout_s: float | None) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(None if timeout_s is None else max(0, round(timeout_s * 1000))))


def _unsaid(status: int | None, *, was_cancelled: bool) -> Failed:
    if was_cancelled and status is not None:
        # Before it could hear the signal, or killed where that took too long.
        return Failed("the render was cancelled", CancelledError.status)
    if status == 128 + signal.SIGKILL:
        return Failed(
            "the process that renders was killed; where memory is short, try a smaller --size, or --small", EX_SOFTWARE
        )
    if status is None:
        return Failed("the process that renders does not end: it is stuck in the kernel", EX_SOFTWARE)
    return Failed(f"the process that renders ended without a word (status {status})", EX_SOFTWARE)
