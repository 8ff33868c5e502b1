"""The bytes of an answer that never ends, as they arrive: read where they are wanted, else dropped in the kernel.

Owns: waiting for them, and when they arrived. Does not own: what they mean (`multipart`), nor how long to wait
(`timed_socket.Deadline`).
Invariant: bytes come in order, and each is either read or dropped. The moment of arrival is the kernel's own stamp
where it gives one: a process that was not let run, or that let bytes gather, does not take old ones for fresh.

Of 30 frames a second one is kept. What a frame costs that is dropped is the waking up: a process that has slept for
33 ms finds nothing of its own in the processor's caches. So bytes may gather while nobody wants them (SO_RCVLOWAT, with
the kernel's stamps), and what is dropped is never copied (MSG_TRUNC, tcp(7)): docs/decisions/0008 has the figures.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from http.client import HTTPResponse
from typing import Protocol

from capture_worker.cameras.timed_socket import Deadline
from shared.clock import NS_PER_MS, NS_PER_S, Clock, both

PIECE_BYTES = 256 << 10
HEAD_BYTES = 1024
"""Ample for the lines before a picture, and not enough for two pictures of which the first would get the second's
stamp."""
_GATHER_BYTES = 1024 << 10
_STAMP_OPTION = 64
"""SO_TIMESTAMPNS with 64 bits for seconds and nanoseconds each: asm-generic/socket.h, since Linux 5.1."""
_STAMP = struct.Struct("=qq")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_STAMP.size)


class Flow(Protocol):
    """What is left of one answer. All methods raise TimeoutError at the deadline, and OSError."""

    arrived_mono_ns: int
    """When the last of what was read or dropped arrived, on the monotonic clock; at the latest when it was read."""

    def read(self, missing: int, gather_until_ns: int = 0, most: int = HEAD_BYTES) -> bytes:
        """What has arrived, at least a byte, or nothing at the end. Blocks for `missing` bytes where that is not 0.

        Where nothing has arrived it may gather for a while: nobody wants it before `gather_until_ns`, monotonic.
        Where nothing is known to be missing, `most` is about how much is read at once.
        """

    def drop(self, missing: int) -> int:
        """Throw away up to `missing` bytes, which is above 0; how many, 0 at the end. Blocks for them."""


class AnswerFlow:
    """Any answer, such as one under TLS. Everything has to be read."""

    def __init__(self, answer: HTTPResponse, clock: Clock) -> None:
        self.arrived_mono_ns = clock.mono_ns()
        self._answer = answer
        self._clock = clock

    def read(self, missing: int, gather_until_ns: int = 0, most: int = HEAD_BYTES) -> bytes:  # noqa: ARG002 - no stamps
        """See `Flow.read`. Gathers nothing, and may give less than is missing, or more than `most`."""
        piece = self._answer.read1(missing or PIECE_BYTES)
        self.arrived_mono_ns = self._clock.mono_ns()
        return piece

    def drop(self, missing: int) -> int:
        """See `Flow.drop`."""
        return len(self.read(missing))


class SocketFlow:
    """An answer whose bytes are those of a plain TCP connection, from now on."""

    def __init__(self, answer: HTTPResponse, connection: socket.socket, deadline: Deadline, clock: Clock) -> None:
        self.arrived_mono_ns = clock.mono_ns()
        self._connection = connection
        self._deadline = deadline
        self._clock = clock
        self._low = 1
        # Invariant: the answer's own buffer is emptied by one read, and nothing is read through it afterwards.
        self._ahead = answer.read1(PIECE_BYTES)
        if not self._ahead:
            raise EOFError  # the answer has closed its connection by now
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, _STAMP_OPTION, 1)
        # Twice as much room as is gathered, so that the camera never has to wait for it.
        self._set_low(2 * _GATHER_BYTES)
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def read(self, missing: int, gather_until_ns: int = 0, most: int = HEAD_BYTES) -> bytes:
        """See `Flow.read`."""
        if self._ahead:
            piece, self._ahead = self._ahead, b""
            return piece
        # Not all that is missing at once: what is given back of so large a piece costs more than the calls.
        return self._received(missing, min(missing, PIECE_BYTES) or most, 0, gather_until_ns)

    def drop(self, missing: int) -> int:
        """See `Flow.drop`."""
        if self._ahead:
            dropped, self._ahead = self._ahead[:missing], self._ahead[missing:]
            return len(dropped)
        # Nothing is written to what comes back: its length alone is good for something.
        return len(self._received(missing, min(missing, PIECE_BYTES), socket.MSG_TRUNC))

    def _received(self, missing: int, most: int, flags: int, gather_until_ns: int = 0) -> bytes:
        while True:
            try:
                piece, ancillary, _, _ = self._connection.recvmsg(most, _ANCILLARY_BYTES, flags)
            except BlockingIOError:
                self._gather(gather_until_ns)
                self._wait_for(missing)
            else:
                self._note_arrival(ancillary)
                return piece

    def _gather(self, until_ns: int) -> None:
        left_ms = (until_ns - self._clock.mono_ns()) // NS_PER_MS
        if left_ms > 0:
            self._set_low(_GATHER_BYTES)
            self._poll.poll(left_ms)

    def _wait_for(self, count: int) -> None:
        """Until so many bytes are there, or as many as are taken at once, or the end."""
        self._set_low(max(1, min(count, PIECE_BYTES)))
        if not self._poll.poll(self._deadline.left_s * 1000):
            raise TimeoutError

    def _set_low(self, count: int) -> None:
        if count != self._low:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
            self._low = count

    def _note_arrival(self, ancillary: list[tuple[int, int, bytes]]) -> None:
        wall_ns, now_ns = both(self._clock)
        lag_ns = 0
        for level, kind, data in ancillary:
            if (level, kind, len(data)) == (socket.SOL_SOCKET, _STAMP_OPTION, _STAMP.size):
                seconds, nanoseconds = _STAMP.unpack(data)
                lag_ns = wall_ns - seconds * NS_PER_S - nanoseconds
        # A wall clock that was set meanwhile must not tell of a time before the bytes that came first.
        self.arrived_mono_ns = max(self.arrived_mono_ns, now_ns - max(0, lag_ns))


def flow_of(answer: HTTPResponse, deadline: Deadline, clock: Clock) -> Flow:
    """The flow of `answer`, whose head has been read and which `deadline.connection` brings.

    Blocks for some of it. Raises what a flow does, and EOFError where nothing comes.
    """
    if deadline.connection is None or answer.chunked or answer.length is not None:
        return AnswerFlow(answer, clock)
    return SocketFlow(answer, deadline.connection, deadline, clock)
