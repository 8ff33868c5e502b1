"""A DNG of the sensor's own data: a TIFF with one uncompressed strip of 16-bit pixels (Adobe's specification 1.4).

Owns: the file's bytes. Does not own: the values, nor where the file goes.
Invariant: pure. The pixels are the sensor's, bit for bit; what is beside them is what the camera told.

picamera2's own way through pidng was left: PyPI's pidng does not fit picamera2 since 0.3.31, it tells exposures of more
than a second as endless, fails for cameras without colours, and unpacks and packs every pixel. The data are asked for
unpacked instead, so that nothing is left to do with them.
"""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.clock import NS_PER_MS
from shared.errors import CameraError
from shared.frame_name import utc_offset_min
from shared.version import VERSION

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED, _SRATIONAL = 1, 2, 3, 4, 5, 7, 10
_LAYOUTS = {_RATIONAL: "I", _SRATIONAL: "i"}
_EXIF_POINTER, _STRIP = 0x8769, 0x0111
_CFA, _LINEAR_RAW, _D65 = 32803, 34892, 21
_COLOURS = {"R": 0, "G": 1, "B": 2}
_FRACTION = 10_000
_FORMAT = re.compile(r"S([RGB]{4})(\d+)|R(\d+)")
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)
"""sRGB's primaries."""


class RawPicture(NamedTuple):
    """A raw buffer: `pixels` as they lie in memory, 16 bits each, `stride` bytes a row.

    `format` is libcamera's.
    """

    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    stride: int
    format: str


class _Entry(NamedTuple):
    """One entry of a directory."""

    tag: int
    kind: int
    number: int
    data: bytes


def dng_of(raw: RawPicture, metadata: Mapping[str, Any], make: str, model: str, slot_ns: int) -> bytes:
    """The whole file. Copies the pixels once. Raises `CameraError` for a format that is not unpacked."""
    pattern, bits = _format(raw.format)
    width, height = raw.size
    used = raw.pixels[: raw.stride * height].reshape(height, raw.stride)[:, : 2 * width]
    entries = [
        _short(0x0100, width),
        _short(0x0101, height),
        _short(0x0102, 16),
        _short(0x0103, 1),
        _short(0x0106, _CFA if pattern else _LINEAR_RAW),
        _short(0x0115, 1),
        _short(0x0116, height),
        _short(0x0112, 1),
        _long(0x00FE, 0),
        _long(0x0117, 2 * width * height),
        _text(0x010F, make),
        _text(0x0110, model),
        _text(0x0131, f"timelapse {VERSION}"),
        _Entry(0xC612, _BYTE, 4, bytes((1, 4, 0, 0))),
        _Entry(0xC613, _BYTE, 4, bytes((1, 1, 0, 0))),
        _text(0xC614, f"{make} {model}"),
        _long(0xC61D, (1 << bits) - 1),
        *_black(metadata, bits, pattern),
        *(_colours(metadata, pattern) if pattern else ()),
    ]
    head = _head(entries, _exif(metadata, slot_ns))
    # Row by row: each is copied once, and the padding behind it not at all.
    return b"".join((head, *used))


def _format(name: str) -> tuple[str, int]:
    """The colours of two rows of two (empty for a sensor without), and of how many bits a pixel consists."""
    found = _FORMAT.fullmatch(name)
    if found is None or int(found[2] or found[3]) < 9:
        raise CameraError(
            f"raw: the camera gives its own data as {name}, of which no DNG can be made; write raw: false"
        )
    return found[1] or "", int(found[2] or found[3])


def _black(metadata: Mapping[str, Any], bits: int, pattern: str) -> list[_Entry]:
    """What no light at all gives. The camera tells it for 16 bits."""
    levels = metadata.get("SensorBlackLevels")
    if not levels:
        return []
    own = [int(level) >> (16 - bits) for level in levels]
    return [_short(0xC619, 2, 2), _short(0xC61A, *own)] if pattern else [_short(0xC61A, own[0])]


def _colours(metadata: Mapping[str, Any], pattern: str) -> list[_Entry]:
    """The filters before the pixels, and the way from the sensor's colours to everybody's."""
    red, blue = metadata.get("ColourGains") or (1.0, 1.0)
    correction = np.array(metadata.get("ColourCorrectionMatrix") or np.eye(3).ravel(), float).reshape(3, 3)
    from_xyz = np.linalg.inv(_RGB_TO_XYZ @ correction @ np.diag([red, 1.0, blue]))
    matrix = [(round(float(value) * _FRACTION), _FRACTION) for value in from_xyz.ravel()]
    neutral = [(_FRACTION, round(gain * _FRACTION)) for gain in (red, 1.0, blue)]
    return [
        _short(0x828D, 2, 2),
        _Entry(0x828E, _BYTE, 4, bytes(_COLOURS[colour] for colour in pattern)),
        _short(0xC65A, _D65),
        _fractions(0xC621, _SRATIONAL, matrix),
        _fractions(0xC628, _RATIONAL, neutral),
    ]


def _exif(metadata: Mapping[str, Any], slot_ns: int) -> list[_Entry]:
    offset_min = utc_offset_min(slot_ns)
    local_ms = slot_ns // NS_PER_MS + offset_min * 60_000
    sign, minutes = ("-", -offset_min) if offset_min < 0 else ("+", offset_min)
    entries = [
        _Entry(0x9000, _UNDEFINED, 4, b"0232"),
        _text(0x9003, time.strftime("%Y:%m:%d %H:%M:%S", time.gmtime(local_ms // 1000))),
        _text(0x9011, f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"),
        _text(0x9291, f"{local_ms % 1000:03d}"),
    ]
    if (exposure_us := metadata.get("ExposureTime")) is not None:
        entries.append(_fractions(0x829A, _RATIONAL, [(int(exposure_us), 1_000_000)]))
    if (gain := metadata.get("AnalogueGain")) is not None:
        entries.append(_short(0x8827, min(round(gain * 100), 0xFFFF)))
    return entries


def _head(entries: list[_Entry], exif: list[_Entry]) -> bytes:
    """Everything before the pixels, which begin where it ends."""
    at = 8
    size = len(_directory([*entries, _long(_EXIF_POINTER, 0), _long(_STRIP, 0)], at))
    exif_data = _directory(exif, at + size)
    end = at + size + len(exif_data)
    padding = -end % 16
    main = [*entries, _long(_EXIF_POINTER, at + size), _long(_STRIP, end + padding)]
    return struct.pack("<2sHI", b"II", 42, at) + _directory(main, at) + exif_data + b"\x00" * padding


def _directory(entries: Sequence[_Entry], at: int) -> bytes:
    """A directory that stands at offset `at`, with the values that don't fit into four bytes behind it."""
    behind = at + 2 + 12 * len(entries) + 4
    fields, values = b"", b""
    for entry in sorted(entries):
        field = entry.data
        if len(field) > 4:
            field = struct.pack("<I", behind + len(values))
            values += entry.data + b"\x00" * (len(entry.data) % 2)
        fields += struct.pack("<HHI", entry.tag, entry.kind, entry.number) + field.ljust(4, b"\x00")
    return struct.pack("<H", len(entries)) + fields + b"\x00" * 4 + values


def _text(tag: int, text: str) -> _Entry:
    data = text.encode("ascii", "replace") + b"\x00"
    return _Entry(tag, _ASCII, len(data), data)


def _short(tag: int, *numbers: int) -> _Entry:
    return _Entry(tag, _SHORT, len(numbers), struct.pack(f"<{len(numbers)}H", *numbers))


def _long(tag: int, number: int) -> _Entry:
    return _Entry(tag, _LONG, 1, struct.pack("<I", number))


def _fractions(tag: int, kind: int, fractions: Sequence[tuple[int, int]]) -> _Entry:
    layout = _LAYOUTS[kind]
    return _Entry(tag, kind, len(fractions), b"".join(struct.pack(f"<2{layout}", *each) for each in fractions))
