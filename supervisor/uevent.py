"""What udev says on its multicast, read as properties.

Owns: the form of such a message: "libudev", a header that says where the properties are, then `NAME=VALUE` strings.
Does not own: hearing it, nor who may say it (`supervisor.udev_socket`).
Invariant: pure. Any bytes are properties or None; nothing is raised.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

_PREFIX = b"libudev\0"
_MAGIC = b"\xfe\xed\xca\xfe"
"""In network order; the three numbers after it (the header's size, and offset and length of the properties) are not."""
_HEADER = struct.Struct("=8s4sIII")


def parse(message: bytes) -> dict[str, str] | None:
    """The properties of a message of udev's; None for any other, the kernel's own among them."""
    if len(message) < _HEADER.size:
        return None
    prefix, magic, _, offset, length = _HEADER.unpack_from(message)
    if (prefix, magic) != (_PREFIX, _MAGIC) or offset < _HEADER.size or offset + length > len(message):
        return None
    strings = message[offset : offset + length].decode("utf-8", "replace").split("\0")
    parts = (string.partition("=") for string in strings)
    return {name: value for name, equals, value in parts if equals}


def tells_of_a_camera(properties: Mapping[str, str]) -> bool:
    """Whether a camera may be there now that was not before, or may be opened now that might not."""
    return properties.get("SUBSYSTEM") == "video4linux" and properties.get("ACTION") in {"add", "change"}
