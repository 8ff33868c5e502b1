"""The stream of a V4L2 camera: four buffers that the kernel fills in turn.

Owns: the buffers, starting, the wait for the next one, giving it back, stopping.
Does not own: the descriptor (`v4l2_device`), what the bytes mean.
Invariant: a buffer is given back to the kernel when it has been copied, or is not wanted, and never before; what comes
out is as long as what the camera sent, and what the kernel says is damaged is told to be.

Our own and not OpenCV's, which keeps none of the three: docs/decisions/0010.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import select

from msgspec import Struct

from capture_worker.cameras import v4l2_abi as abi
from capture_worker.cameras.v4l2_device import V4l2Device

_BUFFERS = 4


class Filled(Struct, frozen=True):
    """A buffer that was filled. `stamp_ns` is when, on CLOCK_MONOTONIC; 0 where the driver has another clock."""

    index: int
    length: int
    stamp_ns: int
    sequence: int
    is_damaged: bool


class V4l2Stream:
    """The frames of a device whose format is set. Its calls raise OSError: ENODEV when the camera is gone."""

    def __init__(self, device: V4l2Device) -> None:
        self._fd = device.fd
        self._memories: list[mmap.mmap] = []
        self._ready = select.poll()

    def start(self) -> None:
        """Have frames come from now on. Blocks for an answer of the camera."""
        count = abi.BUFFERS_WANTED.unpack(self._request(_BUFFERS))[0]
        for index in range(count):
            *_, offset, length, _, _ = abi.BUFFER.unpack(self._call(abi.QUERYBUF, _buffer(index)))
            memory = mmap.mmap(self._fd, length, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset)
            self._memories.append(memory)
            self.give_back(index)
        self._call(abi.STREAMON, abi.KIND_OF_BUFFER.pack(abi.BUF_TYPE_VIDEO_CAPTURE))
        self._ready.register(self._fd, select.POLLIN)

    def next(self, timeout_s: float) -> Filled | None:
        """Wait for the next frame, the oldest that is there; None where none comes in time."""
        if not self._ready.poll(timeout_s * 1000):
            return None
        # EAGAIN, where poll has said that there is something: the driver has ended the stream.
        answer = self._call(abi.DQBUF, _buffer(0))
        index, _, length, flags, _, seconds, microseconds, _, sequence, *_ = abi.BUFFER.unpack(answer)
        is_monotonic = flags & abi.BUF_STAMP_KIND == abi.BUF_STAMP_MONOTONIC
        stamp_ns = (seconds * 1_000_000 + microseconds) * 1000 if is_monotonic else 0
        return Filled(index, length, stamp_ns, sequence, bool(flags & abi.BUF_ERROR))

    def copy(self, filled: Filled) -> bytes:
        """Its bytes. Before `give_back`."""
        return self._memories[filled.index][: filled.length]

    def give_back(self, index: int) -> None:
        """Let the kernel fill this buffer again."""
        self._call(abi.QBUF, _buffer(index))

    def stop(self) -> None:
        """End it. Blocks for 5 s where the camera answers nothing. May be called twice; raises nothing."""
        if self._memories:
            # Closing the device ends it too.
            with contextlib.suppress(OSError):
                self._call(abi.STREAMOFF, abi.KIND_OF_BUFFER.pack(abi.BUF_TYPE_VIDEO_CAPTURE))
            for memory in self._memories:
                memory.close()
            self._memories = []

    def _request(self, count: int) -> bytes:
        return self._call(abi.REQBUFS, abi.BUFFERS_WANTED.pack(count, abi.BUF_TYPE_VIDEO_CAPTURE, abi.MEMORY_MMAP, 0))

    def _call(self, request: int, data: bytes) -> bytes:
        answer = bytearray(data)
        fcntl.ioctl(self._fd, request, answer)
        return bytes(answer)


def _buffer(index: int) -> bytes:
    return abi.BUFFER.pack(index, abi.BUF_TYPE_VIDEO_CAPTURE, 0, 0, 0, 0, 0, b"", 0, abi.MEMORY_MMAP, 0, 0, 0, 0)
