"""JPEGs as a stream that ffmpeg reads from a pipe: each whole, with its number, in the smallest Matroska there is.

Owns: those bytes. Does not own: the pipe (`process`), the JPEGs.
Invariant: pure. Where a picture ends is told by its length, not searched for in its bytes: a broken one takes no other
along, and the next keeps its place in time. A tick of the stream's clock is one picture.

As plain JPEGs one after the other (`image2pipe`) ffmpeg would look at each byte for the next one's beginning, and would
take a picture that is cut off together with the one that follows.
"""

from __future__ import annotations

from fractions import Fraction

_UNKNOWN_SIZE = b"\x01\xff\xff\xff\xff\xff\xff\xff"
_EBML = b"\x1a\x45\xdf\xa3"
_DOC_TYPE = b"\x42\x82"
_SEGMENT = b"\x18\x53\x80\x67"
_INFO = b"\x15\x49\xa9\x66"
_TIMESTAMP_SCALE = b"\x2a\xd7\xb1"
_TRACKS = b"\x16\x54\xae\x6b"
_TRACK_ENTRY = b"\xae"
_TRACK_NUMBER = b"\xd7"
_TRACK_UID = b"\x73\xc5"
_TRACK_TYPE = b"\x83"
_CODEC_ID = b"\x86"
_DEFAULT_DURATION = b"\x23\xe3\x83"
_VIDEO = b"\xe0"
_PIXEL_WIDTH = b"\xb0"
_PIXEL_HEIGHT = b"\xba"
_CLUSTER = b"\x1f\x43\xb6\x75"
_TIMESTAMP = b"\xe7"
_SIMPLE_BLOCK = b"\xa3"
_KEY_FRAME_OF_TRACK_1 = b"\x81\x00\x00\x80"
"""The track, the time since the cluster's (0), and that it depends on no other."""


def head(size: tuple[int, int], rate: Fraction) -> bytes:
    """What comes before the first picture. `size` is that picture's; `rate` is in pictures a second."""
    # One tick is one picture, to the nanosecond: a millisecond off after 10,000,000 / 3 pictures at 30 a second.
    tick_ns = round(1_000_000_000 / rate)
    video = _element(_VIDEO, _number(_PIXEL_WIDTH, size[0]) + _number(_PIXEL_HEIGHT, size[1]))
    track = (
        _number(_TRACK_NUMBER, 1)
        + _number(_TRACK_UID, 1)
        + _number(_TRACK_TYPE, 1)
        + _element(_CODEC_ID, b"V_MJPEG")
        + _number(_DEFAULT_DURATION, tick_ns)
        + video
    )
    return (
        _element(_EBML, _element(_DOC_TYPE, b"matroska"))
        + _SEGMENT
        + _UNKNOWN_SIZE
        + _element(_INFO, _number(_TIMESTAMP_SCALE, tick_ns))
        + _element(_TRACKS, _element(_TRACK_ENTRY, track))
    )


def before(jpeg: bytes, number: int) -> bytes:
    """What comes before a picture, the first of which has the number 0."""
    block = _SIMPLE_BLOCK + _size(len(_KEY_FRAME_OF_TRACK_1) + len(jpeg)) + _KEY_FRAME_OF_TRACK_1
    at = _number(_TIMESTAMP, number)
    return _CLUSTER + _size(len(at) + len(block) + len(jpeg)) + at + block


def _element(name: bytes, content: bytes) -> bytes:
    return name + _size(len(content)) + content


def _number(name: bytes, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _size(count: int) -> bytes:
    """Always in eight bytes: the first says that seven follow."""
    return b"\x01" + count.to_bytes(7, "big")
