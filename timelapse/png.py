"""A PNG of plain colours, by hand: a palette, rows of its numbers, zlib.

Owns: the file format. Does not own: what is drawn.
Invariant: pure. No library of pictures is loaded: those are for who captures and renders, and cost 30 MB.
"""

from __future__ import annotations

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS, _PALETTE = 8, 3

Colour = tuple[int, int, int]


def png(rows: list[bytes], palette: list[Colour]) -> bytes:
    """The file. Each byte of a row, all of which are as long, is the number of a colour: at most 256 of them."""
    width, height = len(rows[0]), len(rows)
    head = struct.pack(">IIBBBBB", width, height, _BITS, _PALETTE, 0, 0, 0)
    colours = b"".join(bytes(colour) for colour in palette)
    # Each row begins with how it is filtered: not at all.
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = ((b"IHDR", head), (b"PLTE", colours), (b"IDAT", pixels), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
