"""`python -m capture_worker.verify`: told on standard input which frames to look at, answers each on standard output.

Owns: looking at a stored frame: is all of it there, is it a whole picture, is it what was written. Does not own: which
frames (`timelapse.verifying`), the check of a picture (`check`).
Invariant: nothing is written, renamed or deleted. Whatever else wants the processor or the disk comes first, and what
is read leaves nothing behind in the machine's memory, where frames that are still to be written belong.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import msgspec

from capture_worker.check import DamagedFrame, check_jpeg
from capture_worker.checksum import checksum_of
from shared.frame_name import raw_beside
from shared.verifying import ToVerify, Verified


def verified(frame: ToVerify) -> Verified:
    """What is wrong with a frame. Blocks for the disk: all of it is read from there. Raises nothing."""
    try:
        data = _read(frame.path)
    except (FileNotFoundError, NotADirectoryError):
        return Verified(gone=True)
    except OSError as error:
        return Verified(f"it can't be read: {error.strerror}")
    problems = [*_of_size("", len(data), frame.bytes), *_of_picture(data)]
    raw, raw_problems = _raw_of(frame)
    problems += raw_problems
    if not problems and frame.checksum is not None and checksum_of(data, raw) != frame.checksum:
        whose = "" if raw is None else ", or those of its raw file"
        problems.append(f"its bytes are not those that were written{whose}")
    return Verified("; ".join(problems))


def _raw_of(frame: ToVerify) -> tuple[bytes | None, list[str]]:
    """The raw file, and what is wrong with it. No way is known to tell by a DNG alone whether it is whole."""
    try:
        raw = _read(raw_beside(frame.path))
    except (FileNotFoundError, NotADirectoryError):
        return None, ["its raw file is gone"] if frame.raw_bytes > 0 else []
    except OSError as error:
        return None, [f"its raw file can't be read: {error.strerror}"]
    return raw, _of_size("its raw file: ", len(raw), frame.raw_bytes)


def _of_size(whose: str, found: int, written: int) -> list[str]:
    if written < 0 or found == written:
        return []
    return [f"{whose}{found} bytes, and {written} were written"]


def _of_picture(data: bytes) -> list[str]:
    try:
        check_jpeg(data)
    except DamagedFrame as error:
        return [error.reason]
    return []


def _read(path: str) -> bytes:
    with Path(path).open("rb", buffering=0) as file:
        # What the machine still holds of it was right when it was written: it is the disk that is asked.
        _forget(file.fileno())
        data = file.read()
        _forget(file.fileno())
    return data


def _forget(fd: int) -> None:
    with contextlib.suppress(OSError):
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def _come_last() -> None:
    os.nice(19)
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """Answer until standard input ends."""
    # Ctrl-C is for who asks; this process ends with its standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _come_last()
    for line in sys.stdin.buffer:
        found = verified(msgspec.json.decode(line, type=ToVerify))
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
