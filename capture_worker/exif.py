"""What is written beside the pixels of a frame: one Exif segment, and the standard Huffman tables where they lack.

Owns: the Exif segment's bytes and its place in the JPEG.
Does not own: the values.
Invariant: every other byte of the JPEG stays as it was. There is exactly one Exif segment, ours, right after SOI as
Exif wants it. A camera's own one is dropped, not merged: readers use one of two at random, and its date comes from
the camera's clock, which is the one that is wrong (1970, the factory's time zone).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from capture_worker.check import DamagedFrame
from capture_worker.huffman import STANDARD_DHT
from shared.clock import NS_PER_MS
from shared.config.model import Location

_EXIF = b"Exif\x00\x00"
_APP1, _DHT, _SOS = 0xE1, 0xC4, 0xDA
_SEQUENTIAL = (0xC0, 0xC1)
_NO_FRAME = (0xC4, 0xC8, 0xCC)
"""Markers among those of frame headers that mean something else."""
_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED = 1, 2, 3, 4, 5, 7
_GPS_POINTER = 0x8825
EXIF_POINTER, USER_COMMENT = 0x8769, 0x9286
"""Tags, for who reads back what is written here (`exif_read`): where the details are, and our note among them."""
NOTE_CODE = b"ASCII\x00\x00\x00"
"""What stands before the note's text, and says how that is encoded."""
TIFF_HEAD = b"MM\x00\x2a\x00\x00\x00\x08"
_INFINITY = (0xFFFFFFFF, 0)
_DEGREE_PARTS = 3600 * 10_000
"""Positions are in ten-thousandths of a second of arc: 3 mm."""


class ExifFields(Struct, frozen=True):
    """What is known of a frame. `slot_ns` is wall time; empty and None are left out.

    `lens_position` is in dioptres. `note` is a line of ASCII for whoever wants to know more than Exif has words for.
    """

    slot_ns: int
    utc_offset_min: int
    make: str = ""
    model: str = ""
    software: str = ""
    exposure_us: int | None = None
    iso: int | None = None
    location: Location | None = None
    artist: str = ""
    copyright: str = ""
    lens_position: float | None = None
    note: str = ""


class _Segment(NamedTuple):
    """A marker segment: bytes `start` to `end` of the JPEG, its marker included."""

    code: int
    start: int
    end: int


class _Value(NamedTuple):
    """One entry of a directory: its tag, type, number of values, and their bytes."""

    tag: int
    kind: int
    number: int
    data: bytes


def with_exif(jpeg: bytes, fields: ExifFields) -> bytes:
    """`jpeg` with one Exif segment after SOI, and the standard Huffman tables before its data where it has none.

    Raises `DamagedFrame` where the JPEG's head can't be followed.
    """
    segments = list(_head(jpeg))
    parts, kept_from = [jpeg[:2], _exif_segment(fields, _size(jpeg, segments))], 2
    for segment in segments:
        if segment.code == _APP1 and jpeg[segment.start : segment.end].find(_EXIF, 4, 10) == 4:
            parts.append(jpeg[kept_from : segment.start])
            kept_from = segment.end
    codes = {segment.code for segment in segments}
    if _DHT not in codes and codes.intersection(_SEQUENTIAL):
        scan = segments[-1].start
        parts += (jpeg[kept_from:scan], STANDARD_DHT)
        kept_from = scan
    return b"".join([*parts, jpeg[kept_from:]])


def _head(jpeg: bytes) -> Iterator[_Segment]:
    """The segments from SOI to the first SOS, which is the last one."""
    if jpeg[:2] != b"\xff\xd8":
        raise DamagedFrame("it does not begin as a JPEG")
    start = 2
    while True:
        place = start
        while jpeg[place : place + 2] == b"\xff\xff":
            place += 1  # any number of fill bytes may stand before a marker
        if jpeg[place : place + 1] != b"\xff" or place + 4 > len(jpeg):
            raise DamagedFrame("its head is broken")
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        yield _Segment(jpeg[place + 1], place, end)
        if jpeg[place + 1] == _SOS:
            return
        start = end


def _size(jpeg: bytes, segments: list[_Segment]) -> tuple[int, int]:
    """(width, height) as the frame header has them."""
    for segment in segments:
        if 0xC0 <= segment.code <= 0xCF and segment.code not in _NO_FRAME and segment.end - segment.start >= 9:
            height, width = struct.unpack_from(">HH", jpeg, segment.start + 5)
            return width, height
    raise DamagedFrame("it has no frame header")


def _exif_segment(fields: ExifFields, size: tuple[int, int]) -> bytes:
    """The whole APP1 segment."""
    pointers = [EXIF_POINTER, _GPS_POINTER] if fields.location else [EXIF_POINTER]
    main, details = _main(fields), _details(fields, size)
    main_size = len(_directory([*main, *(_long(pointer, 0) for pointer in pointers)], 0))
    details_at = len(TIFF_HEAD) + main_size
    gps_at = details_at + len(_directory(details, 0))
    main += [_long(pointer, at) for pointer, at in zip(pointers, (details_at, gps_at), strict=False)]
    tiff = TIFF_HEAD + _directory(main, len(TIFF_HEAD)) + _directory(details, details_at)
    if fields.location:
        tiff += _directory(_position(fields.location), gps_at)
    body = _EXIF + tiff
    return struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body


def _main(fields: ExifFields) -> list[_Value]:
    values = [
        _text(0x010F, fields.make),
        _text(0x0110, fields.model),
        _text(0x0131, fields.software),
        _credit(0x013B, fields.artist),
        _credit(0x8298, fields.copyright),
        # These four say nothing of ours, but Exif demands them: 72 dots an inch, colour samples centred as in JFIF.
        _rational(0x011A, (72, 1)),
        _rational(0x011B, (72, 1)),
        _short(0x0128, 2),
        _short(0x0213, 1),
    ]
    return [value for value in values if value]


def _details(fields: ExifFields, size: tuple[int, int]) -> list[_Value]:
    local_ms = fields.slot_ns // NS_PER_MS + fields.utc_offset_min * 60_000
    moment = time.strftime("%Y:%m:%d %H:%M:%S", time.gmtime(local_ms // 1000))
    sign, minutes = ("-", -fields.utc_offset_min) if fields.utc_offset_min < 0 else ("+", fields.utc_offset_min)
    values = [
        _rational(0x829A, (fields.exposure_us, 1_000_000)) if fields.exposure_us else None,
        # The tag is 16 bits; a higher sensitivity is written as the highest, as Exif says.
        _short(0x8827, min(fields.iso, 0xFFFF)) if fields.iso else None,
        _Value(0x9000, _UNDEFINED, 4, b"0232"),
        _text(0x9003, moment),
        _text(0x9011, f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"),
        _text(0x9291, f"{local_ms % 1000:03d}"),
        # Demanded by Exif: the order of the colour channels (Y Cb Cr), sRGB, and the size once more.
        _Value(0x9101, _UNDEFINED, 4, b"\x01\x02\x03\x00"),
        None if fields.lens_position is None else _rational(0x9206, _distance(fields.lens_position)),
        _note(fields.note),
        _Value(0xA000, _UNDEFINED, 4, b"0100"),
        _short(0xA001, 1),
        _long(0xA002, size[0]),
        _long(0xA003, size[1]),
    ]
    return [value for value in values if value]


def _position(location: Location) -> list[_Value]:
    return [
        _Value(0x0000, _BYTE, 4, bytes((2, 3, 0, 0))),
        _Value(0x0001, _ASCII, 2, b"S\x00" if location.latitude < 0 else b"N\x00"),
        _degrees(0x0002, location.latitude),
        _Value(0x0003, _ASCII, 2, b"W\x00" if location.longitude < 0 else b"E\x00"),
        _degrees(0x0004, location.longitude),
    ]


def _directory(values: list[_Value], at: int) -> bytes:
    """A TIFF directory that stands at offset `at`, with the values that don't fit into four bytes behind it."""
    behind = at + 2 + 12 * len(values) + 4
    entries, data = b"", b""
    for value in sorted(values):
        field = value.data
        if len(field) > 4:
            field = struct.pack(">I", behind + len(data))
            data += value.data + b"\x00" * (len(value.data) % 2)
        entries += struct.pack(">HHI", value.tag, value.kind, value.number) + field.ljust(4, b"\x00")
    return struct.pack(">H", len(values)) + entries + b"\x00" * 4 + data


def _text(tag: int, text: str) -> _Value | None:
    """Exif's text is ASCII; anything else becomes a question mark."""
    data = text.encode("ascii", "replace").replace(b"\x00", b"")[:200]
    return _Value(tag, _ASCII, len(data) + 1, data + b"\x00") if data else None


def _credit(tag: int, text: str) -> _Value | None:
    """A name or a notice, in UTF-8: Exif says ASCII, but names are not, and readers take it (MWG advises it)."""
    data = text.replace("\x00", "").encode("utf-8", "replace")
    return _Value(tag, _ASCII, len(data) + 1, data + b"\x00") if data else None


def _note(text: str) -> _Value | None:
    data = NOTE_CODE + text.encode("ascii", "replace")
    return _Value(USER_COMMENT, _UNDEFINED, len(data), data) if text else None


def _distance(dioptres: float) -> tuple[int, int]:
    """To what is in focus, in metres. Beyond a kilometre, and where it is no number, it is infinity."""
    return (max(1, round(1000 / dioptres)), 1000) if dioptres > 0.001 else _INFINITY


def _short(tag: int, number: int) -> _Value:
    return _Value(tag, _SHORT, 1, struct.pack(">H", number))


def _long(tag: int, number: int) -> _Value:
    return _Value(tag, _LONG, 1, struct.pack(">I", number))


def _rational(tag: int, *fractions: tuple[int, int]) -> _Value:
    return _Value(tag, _RATIONAL, len(fractions), b"".join(struct.pack(">II", *each) for each in fractions))


def _degrees(tag: int, angle: float) -> _Value:
    degrees, rest = divmod(round(abs(angle) * _DEGREE_PARTS), _DEGREE_PARTS)
    minutes, parts = divmod(rest, _DEGREE_PARTS // 60)
    return _rational(tag, (degrees, 1), (minutes, 1), (parts, 10_000))
