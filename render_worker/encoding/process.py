"""One ffmpeg at work: started, fed, paused, ended.

Owns: the process, its pipes, judging that it stands still, what it made of what it was given.
Does not own: its arguments (`command`), what is fed, the name of the result (`output`).
Invariant: it never outlives this process, whatever ends that; nobody waits for ever, whatever ffmpeg reads or does not
read; a pause is never taken for standing still. All but `pause`, `resume` and `kill` are for one thread.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import Self

from msgspec import Struct

from render_worker.encoding import jpeg_stream
from render_worker.encoding.command import Pipes, arguments
from render_worker.encoding.encoders import check_encoder, find_ffmpeg, is_small
from render_worker.encoding.outlet import Outlet
from render_worker.encoding.plan import Plan
from render_worker.encoding.progress import LastWords, ProgressReader
from render_worker.encoding.standstill import Standstill, seen
from shared.errors import EX_SOFTWARE, DiskError, TimelapseError
from shared.interpreter import command as interpreter

STALL_S = 60.0
_BUSY_STALL_S = 900.0
"""How long it may compute without taking a picture or getting one done: one of 60 MP takes a small board a minute."""
_LOOK_MS = 250
_AHEAD_MS = 50
_MOST_AHEAD_BYTES = 64_000_000
_MOST_UNDER_WAY_BYTES = 12_500_000
_LEAST_UNDER_WAY = 4
"""The encoder and the filters hold three before the first is done: with fewer, it waits for us at each one."""
_SURE_LOOKS = 2
_NO_WORK_S = 0.015
"""Less than two ticks of the kernel."""
_SPARING = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""What has the C library give pictures back at once that are done with: 10 MB of ffmpeg's at 1080p, at no cost."""
_REAP_S = 1.0
_READ_BYTES = 65_536

_Process = subprocess.Popen[bytes]


class EncodingFailed(TimelapseError):  # noqa: N818 - what happened, as the other types of this package are called
    """ffmpeg ended before it was done; its own last words are in the message."""

    status = EX_SOFTWARE


class EncodingStalled(EncodingFailed):
    """ffmpeg takes no more pictures, and does nothing."""


class Encoded(Struct, frozen=True):
    """What came out: pictures in the file, its bytes, its size in pixels.

    `undecodable` is how many of those that were fed ffmpeg could not decode; the one before stands in each one's place,
    but for the last ones of the video, which are missing.
    """

    pictures: int
    bytes: int
    width: int
    height: int
    undecodable: int


class Encoder:
    """One video. `start`, then `feed` for each picture, then `finish`; and `cancel` at the end, whatever came of it.

    A context manager does the last by itself. `stall_s` is how long ffmpeg may do nothing while there is work for it.
    """

    def __init__(self, plan: Plan, *, stall_s: float = STALL_S) -> None:
        self._plan = plan
        self._stall_s = stall_s
        self._process: _Process | None = None
        self._outlets: list[Outlet] = []
        self._ears: dict[int, ProgressReader | LastWords] = {}
        self._progress = ProgressReader()
        self._words = LastWords()
        self._poll = select.poll()
        self._fed = 0
        self._most_under_way = 0
        self._paused = False
        self._is_bound = False
        self._killed = False
        self._cancelled = False
        self._standstill = Standstill(time.monotonic())

    def start(self) -> None:
        """Start ffmpeg, once only. Raises `UsageError`, `NoEncoderError`, `EncodingStalled`. Blocks for it, 0.1 s.

        For a thread that lives as long as it: its end is ffmpeg's.
        """
        ffmpeg = find_ffmpeg()
        if not self._plan.encoder:
            check_encoder(ffmpeg, self._plan.encoding)
        small = is_small(self._plan.encoding, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        if small and self._plan.encoding.codec != "copy":
            self._most_under_way = most_under_way(self._plan.source)
        with contextlib.ExitStack() as theirs:
            try:
                self._spawn(ffmpeg.path, theirs, small=small)
            except BaseException:
                self.cancel()
                raise
        self._outlets[0].put(jpeg_stream.head(self._plan.source, self._plan.rate))
        self._alive()
        # Asked for while it was started, when there was nothing to stop.
        if self._paused:
            self.pause()
        if self._killed:
            self.kill()

    def feed(self, jpeg: bytes, strips: Sequence[bytes] = ()) -> None:
        """The next picture, and what is drawn over it. Blocks until ffmpeg has taken it, or waits for the next one.

        Raises `EncodingFailed` with ffmpeg's own last words, `EncodingStalled`, and `DiskError` for a full disk.
        """
        self._begin_waiting()
        self._wait_for_room()
        self._outlets[0].put(jpeg_stream.before(jpeg, self._fed))
        self._outlets[0].put(jpeg)
        for outlet, strip in zip(self._outlets[1:], strips, strict=True):
            outlet.put(strip)
        self._fed += 1
        while any(outlet.waiting for outlet in self._outlets):
            moved = self._turn(_AHEAD_MS)
            # Of several inputs it may want more of one before it takes the rest of another: that comes with the next.
            wants_another = any(not outlet.waiting for outlet in self._outlets)
            if not moved and wants_another and sum(outlet.waiting for outlet in self._outlets) < _MOST_AHEAD_BYTES:
                break

    def finish(self) -> Encoded:
        """End the file. Blocks until ffmpeg has; raises as `feed` does."""
        self._begin_waiting()
        while self._ears:
            for outlet in self._outlets:
                if not outlet.waiting:
                    self._close(outlet)
            self._turn(_LOOK_MS)
        process = self._running()
        while process.poll() is None:
            self._judge()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_MS / 1000)
        if process.returncode != 0 or self._words.unwritten:
            raise self._failure()
        if not self.encoded:
            raise EncodingFailed(self._explained("ffmpeg could not decode a single one of the pictures"))
        width, height = self._plan.size
        undecodable = max(self._words.undecodable, self._fed - self.encoded)
        return Encoded(self.encoded, self._plan.output.stat().st_size, width, height, undecodable)

    @property
    def encoded(self) -> int:
        """How many pictures are in the file, as far as ffmpeg has said; it does each half second."""
        said = self._progress.said
        # 7.0 does not count what it copies.
        return said.pictures or round(said.seconds * self._plan.rate)

    @property
    def bytes(self) -> int:
        """How large the file is, as far as ffmpeg has said."""
        return self._progress.said.bytes

    def pause(self) -> None:
        """Have it stand still. From any thread; may be called again."""
        self._paused = True
        if self._is_bound:
            self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Have it go on. From any thread; may be called again."""
        self._signal(signal.SIGCONT)
        self._paused = False

    def kill(self) -> None:
        """End it at once, from any thread: whoever feeds it gets `EncodingFailed`, and calls `cancel`."""
        self._killed = True
        self._signal(signal.SIGKILL)

    def cancel(self) -> None:
        """End it at once, reap it, and close everything. May be called again, and after `finish`. Within a second."""
        self._cancelled = True
        for outlet in self._outlets:
            outlet.close()
        self._outlets.clear()
        if self._process is not None:
            self.kill()
            # In uninterruptible sleep, on a disk that hangs, nothing ends it; the kernel will, when the disk answers.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_REAP_S)
        for fd in self._ears:
            os.close(fd)
        self._ears.clear()
        self._poll = select.poll()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    def _spawn(self, ffmpeg: str, theirs: contextlib.ExitStack, *, small: bool) -> None:
        inputs = []
        for _ in range(1 + len(self._plan.strips)):
            reader, writer = os.pipe2(os.O_CLOEXEC)
            theirs.callback(os.close, reader)
            inputs.append(reader)
            self._outlets.append(Outlet(writer))
            self._poll.register(writer, 0)
        progress, errors = self._ear(self._progress, theirs), self._ear(self._words, theirs)
        words = arguments(self._plan, Pipes(inputs[0], tuple(inputs[1:]), progress), ffmpeg, small=small)
        bound, binds = os.pipe2(os.O_CLOEXEC)
        theirs.callback(os.close, bound)
        ours = theirs.enter_context(os.fdopen(binds, "wb"))
        self._process = subprocess.Popen(
            interpreter("render_worker.encoding.launch", [str(os.getpid()), str(binds), *words]),
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            pass_fds=(*inputs, progress, binds),
            env=os.environ | (_SPARING if small else {}),
            # A Ctrl-C at the terminal is for us alone, who end it in order.
            process_group=0,
        )
        ours.close()
        # Until its end is bound to ours nobody may stop it: who dies then would leave it behind, stopped for ever.
        self._alive()
        while not _becomes_readable(bound, _LOOK_MS):
            self._standstill.look(seen(self._process.pid), time.monotonic())
            if self._standstill.still_s >= self._stall_s:
                raise EncodingStalled(f"ffmpeg has not started within {self._stall_s:g} s; it is given up")
        self._is_bound = True

    def _ear(self, listener: ProgressReader | LastWords, theirs: contextlib.ExitStack) -> int:
        """Something that it can write to; the end for ffmpeg."""
        reader, writer = os.pipe2(os.O_CLOEXEC)
        theirs.callback(os.close, writer)
        os.set_blocking(reader, False)
        self._ears[reader] = listener
        self._poll.register(reader, select.POLLIN)
        return writer

    def _turn(self, most_ms: int) -> bool:
        """Write and read what can be at once, waiting for it for so long. Whether anything was taken."""
        for outlet in self._outlets:
            self._poll.modify(outlet.fd, select.POLLOUT if outlet.waiting else 0)
        before = self._progress.said
        taken = 0
        for fd, events in self._poll.poll(most_ms):
            if fd in self._ears:
                self._hear(fd)
            elif events & select.POLLERR:
                raise self._failure()
            else:
                taken += next(each for each in self._outlets if each.fd == fd).push()
        if taken or self._progress.said != before:
            self._alive()
        else:
            self._judge()
        return taken > 0

    def _wait_for_room(self) -> None:
        """Until few pictures are under way. Where it needs another one before it gets any done, it waits for us."""
        if not self._most_under_way:
            return
        before, quiet = seen(self._running().pid), 0
        while self._fed - self.encoded >= self._most_under_way and quiet < _SURE_LOOKS:
            self._turn(_AHEAD_MS)
            now = seen(self._running().pid)
            quiet = quiet + 1 if now.is_asleep and now.worked_s - before.worked_s < _NO_WORK_S else 0
            before = now

    def _hear(self, fd: int) -> bool:
        data = os.read(fd, _READ_BYTES)
        if data:
            self._ears[fd].take(data)
            return True
        self._poll.unregister(fd)
        os.close(fd)
        del self._ears[fd]
        return False

    def _close(self, outlet: Outlet) -> None:
        self._poll.unregister(outlet.fd)
        outlet.close()
        self._outlets = [each for each in self._outlets if each is not outlet]

    def _begin_waiting(self) -> None:
        """Whatever this process did itself meanwhile is not ffmpeg's standing still."""
        self._running()
        self._alive()

    def _alive(self) -> None:
        self._standstill.moved(time.monotonic())

    def _judge(self) -> None:
        """Raises `EncodingStalled` where it did nothing for too long."""
        if self._killed:
            raise self._failure()
        if self._paused:
            self._alive()
            return
        stands = self._standstill
        stands.look(seen(self._running().pid), time.monotonic())
        if stands.still_s >= self._stall_s or stands.fruitless_s >= max(_BUSY_STALL_S, self._stall_s):
            raise EncodingStalled(
                self._explained(
                    f"ffmpeg has taken nothing and said nothing for {stands.fruitless_s:.0f} s, after "
                    f"{self.encoded:,} pictures; it is given up"
                )
            )

    def _failure(self) -> TimelapseError:
        """Why it ended; it is reaped, and its last words are read."""
        process = self._running()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_REAP_S)
        for fd in list(self._ears):
            with contextlib.suppress(BlockingIOError):
                while self._hear(fd):
                    pass
        if self._words.is_full_disk:
            return DiskError(
                f"{self._plan.output.parent}: the disk is full, and the video did not fit on it; make room"
            )
        how = process.returncode
        if how is not None and how < 0:
            return EncodingFailed(self._explained(f"ffmpeg was ended by {_signal_name(-how)}"))
        return EncodingFailed(self._explained(f"ffmpeg failed after {self.encoded:,} pictures"))

    def _explained(self, what: str) -> str:
        lines = self._words.lines
        return f"{what}: {' / '.join(lines)}" if lines else what

    def _running(self) -> _Process:
        if self._process is None or self._cancelled:
            raise EncodingFailed("ffmpeg was not started, or was cancelled")
        return self._process

    def _signal(self, number: int) -> None:
        # `Popen` looks whether it was reaped first: the number of a process that ended may be another's.
        if self._process is not None:
            self._process.send_signal(number)


def most_under_way(size: tuple[int, int]) -> int:
    """How many pictures of a size are in ffmpeg at a time, where memory is short: newer ones queue dozens. Pure."""
    return max(_LEAST_UNDER_WAY, _MOST_UNDER_WAY_BYTES // (size[0] * size[1] * 3 // 2))


def _becomes_readable(fd: int, within_ms: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(within_ms))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
