"""The kernel's video interface (V4L2) as numbers and layouts: include/uapi/linux/videodev2.h.

Owns: the numbers of the ioctls, their structures' layouts, the flags in use. Does not own: the calls (`v4l2_device`),
nor what is made of their answers (`v4l2_types`).
Invariant: each ioctl's number holds the size of its layout, as the kernel checks; true of x86, ARM and RISC-V.

Our own, since the libraries for it (linuxpy, v4l2-python3) are GPL, and none is in Debian: docs/decisions/0003.
"""

from __future__ import annotations

import struct

_WRITE, _READ = 1, 2

CAPABILITY = struct.Struct("=16s32s32sIII12x")
FORMAT_DESCRIPTION = struct.Struct("=III32sI16x")
FRAME_SIZE = struct.Struct("=III6I8x")
FRAME_INTERVAL = struct.Struct("=5I6I8x")
CONTROL = struct.Struct("=Ii")
QUERIED_CONTROL = struct.Struct("=II32sqqQqIIII16x128x")
MENU_ENTRY = struct.Struct("=II32s4x")
PIXELS = struct.Struct("=12I")
"""Width, height, pixel format, field, bytes a line, size, colour space, priv, flags, encoding, quantization, curve."""
_UNION_BYTES = 200
# The union within `v4l2_format` holds pointers, and is aligned as they are.
FORMAT_PREFIX_BYTES = struct.calcsize("P")
FORMAT_BYTES = FORMAT_PREFIX_BYTES + _UNION_BYTES
STREAM_PARAMETERS = struct.Struct("=I2I2I184x")
"""Buffer type, capability, mode, and the time per frame as numerator and denominator of seconds."""
BUFFERS_WANTED = struct.Struct("=4I4x")
"""How many, buffer type, memory, capabilities."""
BUFFER = struct.Struct("@5I2l16s2ILIIi0L")
"""Index, type, bytes used, flags, field, seconds, microseconds, time code, sequence, memory, offset, length, ..."""
KIND_OF_BUFFER = struct.Struct("=I")


def _ioctl(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord("V") << 8 | number


QUERYCAP = _ioctl(_READ, 0, CAPABILITY.size)
ENUM_FMT = _ioctl(_READ | _WRITE, 2, FORMAT_DESCRIPTION.size)
S_FMT = _ioctl(_READ | _WRITE, 5, FORMAT_BYTES)
G_PARM = _ioctl(_READ | _WRITE, 21, STREAM_PARAMETERS.size)
G_CTRL = _ioctl(_READ | _WRITE, 27, CONTROL.size)
S_CTRL = _ioctl(_READ | _WRITE, 28, CONTROL.size)
QUERYMENU = _ioctl(_READ | _WRITE, 37, MENU_ENTRY.size)
ENUM_FRAMESIZES = _ioctl(_READ | _WRITE, 74, FRAME_SIZE.size)
ENUM_FRAMEINTERVALS = _ioctl(_READ | _WRITE, 75, FRAME_INTERVAL.size)
REQBUFS = _ioctl(_READ | _WRITE, 8, BUFFERS_WANTED.size)
QUERYBUF = _ioctl(_READ | _WRITE, 9, BUFFER.size)
QBUF = _ioctl(_READ | _WRITE, 15, BUFFER.size)
DQBUF = _ioctl(_READ | _WRITE, 17, BUFFER.size)
STREAMON = _ioctl(_WRITE, 18, KIND_OF_BUFFER.size)
STREAMOFF = _ioctl(_WRITE, 19, KIND_OF_BUFFER.size)
QUERY_EXT_CTRL = _ioctl(_READ | _WRITE, 103, QUERIED_CONTROL.size)

BUF_TYPE_VIDEO_CAPTURE = 1
MEMORY_MMAP = 1
BUF_ERROR = 0x0040
BUF_STAMP_KIND, BUF_STAMP_MONOTONIC = 0xE000, 0x2000

CAP_VIDEO_CAPTURE = 0x0000_0001
CAP_VIDEO_OUTPUT = 0x0000_0002
CAP_STREAMING = 0x0400_0000
CAP_IO_MC = 0x2000_0000
CAP_DEVICE_CAPS = 0x8000_0000
CAPS_OF_CODECS = 0x0000_4000 | 0x0000_8000
"""Memory to memory, with one plane or several."""

FRAME_SIZES_DISCRETE = 1

CTRL_NEXT = 0x8000_0000
CTRL_DISABLED = 0x0001
CTRL_GRABBED = 0x0002
CTRL_READ_ONLY = 0x0004
CTRL_INACTIVE = 0x0010
CTRL_WRITE_ONLY = 0x0040

CTRL_INTEGER, CTRL_BOOLEAN, CTRL_MENU, CTRL_BUTTON, CTRL_BITMASK, CTRL_INTEGER_MENU = 1, 2, 3, 4, 8, 9
CTRL_CLASS = 6

CID_AUTO_WHITE_BALANCE = 0x0098_090C
CID_GAIN = 0x0098_0913
CID_EXPOSURE_AUTO = 0x009A_0901
CID_EXPOSURE_ABSOLUTE = 0x009A_0902

EXPOSURE_MANUAL, EXPOSURE_SHUTTER_PRIORITY = 1, 2
EXPOSURE_UNIT_US = 100

COLORSPACE_JPEG = 7
QUANTIZATION_FULL = 1
QUANTIZATION_LIMITED = 2


def fourcc_of(number: int) -> str:
    """Four characters, blanks at the end kept off: `MJPG`, `YUYV`. The flag of big-endian formats is taken off."""
    raw = (number & 0x7FFF_FFFF).to_bytes(4, "little")
    return "".join(chr(byte) if 32 < byte < 127 else "?" if byte != 32 else " " for byte in raw).rstrip()


def number_of(fourcc: str) -> int:
    """The number of a pixel format by its four characters."""
    return int.from_bytes(fourcc.ljust(4).encode("ascii"), "little")


def text_of(raw: bytes) -> str:
    """A string of the kernel's, or of the camera's firmware: up to its zero byte, printable, on one line."""
    text = raw.split(b"\0")[0].decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
