"""Reading one frame, and the cheap look at whether it is whole.

Owns: the bytes of a frame from the disk, the size that stands in a JPEG. Does not own: decoding, which ffmpeg does, and
says what it can't.
Invariant: a symbolic link is never followed, nothing but a regular file is read, and what was read does not stay in the
machine's memory, where frames that are still to be written belong. What is returned begins and ends as a JPEG.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import zlib

from render_worker.selection.chosen import GONE, Chosen, DamagedFrame

_SOI, _EOI, _SOS = b"\xff\xd8", b"\xff\xd9", 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a segment behind them."""
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})
"""Markers among those of frame headers that mean something else."""
_MOST_BYTES = 128 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def read_frame(chosen: Chosen) -> bytes:
    """The frame's bytes as they are. Blocks for the disk. Some 0.1 ms and, where its checksum is known, as much again.

    Raises `DamagedFrame` where it is not what was written, not a whole JPEG, can't be read, or is gone. What a camera
    puts behind the end of the picture is left as it is.
    """
    try:
        data = _bytes_of(chosen.path)
    except FileNotFoundError:
        raise DamagedFrame(GONE, chosen.path) from None
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else f"it can't be read: {error.strerror}"
        raise DamagedFrame(reason, chosen.path) from error
    problem = _problem(data, chosen)
    if problem:
        raise DamagedFrame(problem, chosen.path)
    return data


def size_of_jpeg(jpeg: bytes) -> tuple[int, int]:
    """(width, height) in pixels. Some 5 us. Raises `DamagedFrame` where none stands in it."""
    return _header(jpeg)[0]


def _problem(data: bytes, chosen: Chosen) -> str:
    if chosen.bytes >= 0 and len(data) != chosen.bytes:
        return f"{len(data)} bytes, and {chosen.bytes} were written"
    try:
        _, scan_at = _header(data)
    except DamagedFrame as error:
        return error.reason
    # Within the picture's data 0xFF is never followed by 0xD9, and a thumbnail is before it.
    if data.rfind(_EOI, scan_at) < 0:
        return "it has no end: it was cut off"
    if chosen.checksum is not None and zlib.crc32(data) != chosen.checksum:
        return "its bytes are not those that were written"
    return ""


def _header(jpeg: bytes) -> tuple[tuple[int, int], int]:
    """The size, and where the picture's data begins."""
    if not jpeg.startswith(_SOI):
        raise DamagedFrame("it does not begin as a JPEG" if jpeg else "it is empty")
    size = (0, 0)
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        code = jpeg[at + 1]
        if code == 0xFF or code in _ALONE:
            at += 1 if code == 0xFF else 2
            continue
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if 0xC0 <= code <= 0xCF and code not in _NO_FRAME:
            size = int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")
        if code == _SOS and min(size) > 0:
            return size, at + 2 + length
        if length < 2 or code == _SOS:
            break
        at += 2 + length
    raise DamagedFrame("its header is damaged")


def _bytes_of(path: str) -> bytes:
    fd = os.open(path, _FLAGS)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise DamagedFrame("it is no file", path)
        if status.st_size > _MOST_BYTES:
            raise DamagedFrame(f"it is larger than {_MOST_BYTES >> 20} MB", path)
        data = os.read(fd, status.st_size + 1)
        while len(data) < status.st_size and (more := os.read(fd, status.st_size - len(data))):
            data += more
        with contextlib.suppress(OSError):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)
    return data
