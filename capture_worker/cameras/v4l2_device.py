"""One V4L2 node, asked and told by ioctl.

Owns: an open descriptor, and each call with its end but for those of streaming (`v4l2_stream`).
Does not own: what failures mean to a person (`usb_failure`).
Invariant: only `set_layout` takes the camera from other programs: it fails where one streams, and keeps others from it.

A call that reaches the camera itself (`set_layout`, `read`, `write`, the first `controls`) blocks until it answers; if
it answers nothing the kernel waits 5 s. Each raises OSError: ETIMEDOUT, EIO or EPROTO then, ENODEV when the camera is
gone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from collections.abc import Callable, Iterator

import msgspec

from capture_worker.cameras import v4l2_abi as abi
from capture_worker.cameras.v4l2_types import (
    Capability,
    Control,
    Format,
    Layout,
    MenuEntry,
    Sizes,
    parse_capability,
    parse_control,
    parse_fastest_fps,
    parse_format,
    parse_layout,
    parse_menu_entry,
    parse_sizes,
)

_MOST = 1000
"""Formats, sizes or controls: a driver that never ends its list is a broken one."""


class V4l2Device:
    """An open node. Opening it disturbs nobody who streams from it."""

    def __init__(self, path: str) -> None:
        """Open `path`. Raises OSError."""
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def close(self) -> None:
        """Let go of the node. May be called twice."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def capability(self) -> Capability:
        """What it is. The camera itself is not asked."""
        return parse_capability(self._call(abi.QUERYCAP, bytes(abi.CAPABILITY.size)))

    def formats(self, *, with_rates: bool = False) -> list[Format]:
        """What it can send, in the driver's order, with the sizes. The camera itself is not asked."""
        answers = self._list(
            abi.ENUM_FMT, lambda index: abi.FORMAT_DESCRIPTION.pack(index, abi.BUF_TYPE_VIDEO_CAPTURE, 0, b"", 0)
        )
        return [
            msgspec.structs.replace(
                parse_format(raw), sizes=self._sizes(abi.FORMAT_DESCRIPTION.unpack(raw)[4], with_rates=with_rates)
            )
            for raw in answers
        ]

    def set_layout(self, fourcc: str, size: tuple[int, int]) -> Layout:
        """Ask for a format; the one that is in force then. OSError EBUSY where another program has the camera."""
        return parse_layout(self._call(abi.S_FMT, _format(fourcc, size)))

    def period_ns(self) -> int:
        """The time between two frames that is in force, 0 where the driver does not tell."""
        try:
            answer = self._call(abi.G_PARM, abi.STREAM_PARAMETERS.pack(abi.BUF_TYPE_VIDEO_CAPTURE, 0, 0, 0, 0))
        except OSError:
            return 0
        *_, numerator, denominator = abi.STREAM_PARAMETERS.unpack(answer)
        return numerator * 1_000_000_000 // denominator if denominator else 0

    def controls(self, *, with_values: bool = False) -> list[Control]:
        """All its controls, in the driver's order. What can't be read has no value."""
        found = []
        for control in self._queried():
            entries = self._entries(control) if control.kind in {"menu", "integer menu"} else ()
            value = self.read(control.id) if with_values and control.is_readable else None
            found.append(msgspec.structs.replace(control, entries=entries, value=value))
        return found

    def read(self, control_id: int) -> int:
        """A control's value."""
        value: int = abi.CONTROL.unpack(self._call(abi.G_CTRL, abi.CONTROL.pack(control_id, 0)))[1]
        return value

    def write(self, control_id: int, value: int) -> None:
        """Set a control. OSError EACCES where another control stands in its way."""
        self._call(abi.S_CTRL, abi.CONTROL.pack(control_id, _signed(value)))

    def _queried(self) -> Iterator[Control]:
        last = 0
        for _ in range(_MOST):
            asked = abi.QUERIED_CONTROL.pack(last | abi.CTRL_NEXT, 0, b"", 0, 0, 0, 0, 0, 0, 0, 0)
            try:
                answer = self._call(abi.QUERY_EXT_CTRL, asked)
            except OSError as error:
                if error.errno in {errno.EINVAL, errno.ENOTTY}:
                    return
                raise
            last = abi.QUERIED_CONTROL.unpack(answer)[0]
            if (control := parse_control(answer)) is not None:
                yield control

    def _entries(self, control: Control) -> tuple[MenuEntry, ...]:
        """Those that there are: a camera leaves out numbers, and the kernel answers EINVAL for them."""
        found = []
        for index in range(control.minimum, min(control.maximum, control.minimum + _MOST) + 1):
            try:
                answer = self._call(abi.QUERYMENU, abi.MENU_ENTRY.pack(control.id, index, b""))
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                continue
            found.append(parse_menu_entry(answer, control.kind))
        return tuple(found)

    def _sizes(self, fourcc: int, *, with_rates: bool) -> Sizes:
        answers = self._list(abi.ENUM_FRAMESIZES, lambda index: abi.FRAME_SIZE.pack(index, fourcc, 0, *[0] * 6))
        sizes = parse_sizes(answers)
        if not with_rates:
            return sizes
        fastest = tuple(self._fastest_fps(fourcc, size) for size in sizes.discrete)
        return msgspec.structs.replace(sizes, fastest_fps=fastest)

    def _fastest_fps(self, fourcc: int, size: tuple[int, int]) -> float:
        return parse_fastest_fps(
            self._list(
                abi.ENUM_FRAMEINTERVALS, lambda index: abi.FRAME_INTERVAL.pack(index, fourcc, *size, 0, *[0] * 6)
            )
        )

    def _list(self, request: int, question: Callable[[int], bytes]) -> list[bytes]:
        """The answers of a call that counts an index up until EINVAL."""
        answers = []
        for index in range(_MOST):
            try:
                answers.append(self._call(request, question(index)))
            except OSError as error:
                # ENOTTY: a driver without this list.
                if error.errno in {errno.EINVAL, errno.ENOTTY}:
                    break
                raise
        return answers

    def _call(self, request: int, data: bytes) -> bytes:
        answer = bytearray(data)
        fcntl.ioctl(self.fd, request, answer)
        return bytes(answer)


def _format(fourcc: str, size: tuple[int, int]) -> bytes:
    pixels = abi.PIXELS.pack(*size, abi.number_of(fourcc), *[0] * 9)
    kind = abi.BUF_TYPE_VIDEO_CAPTURE.to_bytes(4, sys.byteorder).ljust(abi.FORMAT_PREFIX_BYTES, b"\0")
    return (kind + pixels).ljust(abi.FORMAT_BYTES, b"\0")


def _signed(value: int) -> int:
    """A bit mask may use the highest bit of what the kernel takes for a signed number."""
    return value - (1 << 32) if value >= 1 << 31 else value
