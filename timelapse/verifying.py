"""`timelapse frames --verify`: which of the stored frames are damaged.

Owns: asking for each frame of a span, what is printed, the progress. Does not own: looking at a frame, which a process
of its own does (`capture_worker.verify`): it needs what decodes JPEGs, and must come last on this machine.
Invariant: nothing is changed on the disk, and a damaged frame is never deleted: what is left of it may be all there is.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Self

import msgspec

from shared.errors import EX_OK, EX_UNAVAILABLE, BusyError
from shared.ledger.archive import Archive
from shared.ledger.rows import FrameRow
from shared.verifying import ToVerify, Verified
from timelapse import terminal
from timelapse.show.words import count, duration, plain

_DAMAGED = 1
_SHOW_EACH_S = 0.5
_CLEAR_LINE = "\r\x1b[K"


class Verifier:
    """The process that looks. Use it in a `with` block: it ends with the block."""

    def __init__(self) -> None:
        from shared.interpreter import command

        # Its disk accesses come last, too, where the disk's scheduler knows of such a thing.
        first = ["ionice", "-c3"] if shutil.which("ionice") else []
        self._process = subprocess.Popen(
            [*first, *command("capture_worker.verify", [])], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Not waited for long: who reads from a disk that hangs does not even end by a kill.
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)

    def look(self, frame: ToVerify) -> Verified:
        """What is wrong with a frame. Blocks for the disk. Raises `BusyError` where the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(msgspec.json.encode(frame) + b"\n")
            self._process.stdin.flush()
            if line := self._process.stdout.readline():
                return msgspec.json.decode(line, type=Verified)
        raise BusyError(
            f"the process that looks at frames has ended (status {self._process.wait(5.0)}) at {frame.path}"
        )


class Progress:
    """How far it is, on standard error where that is a terminal. `done` counts those that were looked at."""

    def __init__(self, total: int) -> None:
        self.done = 0
        self.damaged = 0
        self._total = total
        self._shown = sys.stderr.isatty()
        self._began_s = self._next_s = time.monotonic()

    def show(self) -> None:
        """Draw it, at most twice a second."""
        now_s = time.monotonic()
        if not self._shown or now_s < self._next_s:
            return
        self._next_s = now_s + _SHOW_EACH_S
        share = min(1.0, self.done / self._total) if self._total else 1.0
        length = max(10, min(40, terminal.columns() - 60))
        filled = round(length * share)
        left_s = (now_s - self._began_s) / self.done * max(0, self._total - self.done) if self.done else None
        left = "" if left_s is None else f", {duration(left_s)} left"
        sys.stderr.write(
            f"{_CLEAR_LINE}[{'#' * filled}{'.' * (length - filled)}] {self.done:,} of {count(self._total, 'frame')}, "
            f"{self.damaged:,} damaged{left}"
        )
        sys.stderr.flush()

    def clear(self) -> None:
        """Make way for a line."""
        if self._shown:
            sys.stderr.write(_CLEAR_LINE)
            sys.stderr.flush()
            self._next_s = 0.0


def verify(archive: Archive, names: list[str], first_ms: int, end_ms: int, *, as_json: bool, null: bool) -> int:
    """Look at each frame of these cameras in a span; the exit status. Blocks, some 5 ms for each frame at 1080p."""
    progress = Progress(sum(archive.count(camera, first_ms, end_ms)[0] for camera in names))
    for path, row, problem in _damaged(archive, names, (first_ms, end_ms), progress):
        progress.damaged += 1
        progress.clear()
        sys.stdout.write(_line(archive, path, row, problem, as_json=as_json, null=null))
        sys.stdout.flush()
    progress.clear()
    if not as_json and not null:
        print(_summary(progress))
    if progress.damaged:
        return _DAMAGED
    return EX_OK if progress.done else EX_UNAVAILABLE


def _damaged(
    archive: Archive, names: list[str], span: tuple[int, int], progress: Progress
) -> Iterator[tuple[str, FrameRow, str]]:
    with Verifier() as verifier:
        for camera in names:
            for row in archive.frames(camera, *span):
                path = f"{camera}/{row.path()}"
                raw_bytes = row.raw_bytes if row.bytes >= 0 else -1
                found = verifier.look(ToVerify(f"{archive.output_dir}/{path}", row.bytes, raw_bytes, row.checksum))
                progress.done += not found.gone
                progress.show()
                if found.problem:
                    yield path, row, found.problem


def _line(archive: Archive, path: str, row: FrameRow, problem: str, *, as_json: bool, null: bool) -> str:
    if as_json:
        told = {"path": path, "camera": path.partition("/")[0], "slot_ns": row.slot_ns, "take": row.take}
        return msgspec.json.encode({**told, "problem": problem}).decode() + "\n"
    whole = f"{archive.output_dir}/{path}"
    return f"{whole}\0" if null else f"{whole}: {plain(problem)}\n"


def _summary(progress: Progress) -> str:
    if not progress.done:
        return "no frame to look at"
    looked = count(progress.done, "frame")
    return f"{looked} looked at, {progress.damaged:,} damaged" if progress.damaged else f"{looked} looked at, all whole"
