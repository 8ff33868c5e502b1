"""Reading back from a stored frame how it was exposed.

Owns: finding our own note in the metadata of a JPEG. Does not own: writing it (`exif`), nor what it says (`shot_note`).
Invariant: whatever the bytes are, nothing is raised, and nothing is read but what `exif` writes: one segment right
after SOI, its numbers in big-endian order.
"""

from __future__ import annotations

import struct

from capture_worker.cameras.base import Exposure
from capture_worker.exif import EXIF_POINTER, NOTE_CODE, TIFF_HEAD, USER_COMMENT
from capture_worker.shot_note import exposure_in

HEAD_BYTES = 8192
"""So much of a frame is enough to be given to `read_exposure`: what we write is a few hundred bytes, at most five
thousand with a long name and a long notice."""
_BEFORE = b"\xff\xd8\xff\xe1"
_EXIF = b"Exif\x00\x00"
_TIFF_AT = len(_BEFORE) + 2 + len(_EXIF)
_MOST_ENTRIES = 200


def read_exposure(jpeg_head: bytes) -> Exposure | None:
    """The exposure of one of our frames, from its first `HEAD_BYTES`; None where it does not tell. Never raises."""
    return exposure_in(read_note(jpeg_head))


def read_note(jpeg_head: bytes) -> str:
    """The note in one of our frames, from its first `HEAD_BYTES`; empty where there is none. Never raises."""
    if not jpeg_head.startswith(_BEFORE) or not jpeg_head.startswith(_EXIF + TIFF_HEAD, _TIFF_AT - len(_EXIF)):
        return ""
    tiff = jpeg_head[_TIFF_AT : len(_BEFORE) + int.from_bytes(jpeg_head[4:6], "big")]
    try:
        details_at = _value(tiff, len(TIFF_HEAD), EXIF_POINTER)
        if details_at is None:
            return ""
        (place,) = struct.unpack(">I", details_at)
        note = _value(tiff, place, USER_COMMENT)
    except struct.error:
        return ""
    if note is None or not note.startswith(NOTE_CODE):
        return ""
    return note.removeprefix(NOTE_CODE).decode("ascii", "replace")


def _value(tiff: bytes, directory_at: int, tag: int) -> bytes | None:
    """The bytes of an entry, whose values are single bytes or one LONG. Raises struct.error beyond the end."""
    (entries,) = struct.unpack_from(">H", tiff, directory_at)
    for number in range(min(entries, _MOST_ENTRIES)):
        found, kind, count, field_or_place = struct.unpack_from(">HHII", tiff, directory_at + 2 + 12 * number)
        if found != tag:
            continue
        if kind == 4 and count == 1:
            return struct.pack(">I", field_or_place)
        return tiff[field_or_place : field_or_place + count] if count > 4 else None
    return None
