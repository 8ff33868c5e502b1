"""Finding the pictures in a multipart stream (MJPEG over HTTP), as it comes in.

Owns: the boundaries, the parts' headers, and what cameras get wrong in them. Does not own: the connection, the time,
or whether a picture is sound.
Invariant: pure. A part that says its length is given byte for byte, with its last byte and not with the first of the
next; after a part that lied about its length the next boundary is looked for.

The form is that of multipart/x-mixed-replace: RFC 2046, section 5.1, whose parts never end. Seen in the field: a
boundary that is given with its dashes or without, in quotes, or is another than the one announced; bare line feeds; no
Content-Length; parts that are no picture.
"""

from __future__ import annotations

from email.message import Message

LONGEST_HEAD_BYTES = 64 << 10
LONGEST_PICTURE_BYTES = 64 << 20
"""Some ten times the largest that a camera of 100 megapixels gives."""

_SOI, _EOI, _SOS = b"\xff\xd8", b"\xff\xd9", 0xDA
_NO_LENGTH_MARKERS = frozenset([0x01, *range(0xD0, 0xD9)])


class NotMultipart(ValueError):  # noqa: N818 - it names what came
    """What comes is no stream of pictures; the message says why."""


def boundary_of(content_type: str) -> bytes | None:
    """The boundary, with its two dashes, that a Content-Type header announces; None where it is no multipart at all."""
    header = Message()
    header["Content-Type"] = content_type
    if header.get_content_maintype() != "multipart":
        return None
    named = str(header.get_param("boundary", "")).strip().lstrip("-")
    return b"--" + named.encode("latin-1", "replace")


class Multipart:
    """One stream. `feed` it what comes in, in order; what is `missing_bytes` may be left out and told as `dropped`."""

    def __init__(self, boundary: bytes) -> None:
        self._boundary = boundary
        self._buffer = bytearray()
        self._seen = 0
        self._length: int | None = None
        self._is_picture = True
        self._has_gap = False
        self._in_body = False
        self._lost = False

    def feed(self, piece: bytes) -> list[bytes]:
        """The pictures that are complete with this piece, mostly none or one. Raises `NotMultipart`."""
        self._buffer += piece
        pictures = []
        while (body := self._next_body()) is not None:
            if body and self._is_picture:
                pictures.append(body)
        return pictures

    @property
    def missing_bytes(self) -> int:
        """How much of the part that has begun is still to come, as far as it said so; 0 where it has not."""
        return self._length - len(self._buffer) if self._in_body and self._length is not None else 0

    @property
    def has_open_end(self) -> bool:
        """Whether the part that has begun did not say its length."""
        return self._in_body and self._length is None

    @property
    def has_gap(self) -> bool:
        """Whether something of the part that has begun was dropped: then nothing of it is any good."""
        return self._in_body and self._has_gap

    def dropped(self, count: int) -> bool:
        """So many of the missing bytes, at least one, are not going to be fed; whether a picture ended with them."""
        assert self._length is not None, "nothing is missing"
        self._length -= count + len(self._buffer)
        self._drop(len(self._buffer))
        self._has_gap = True
        if self._length > 0:
            return False
        self._in_body = False
        return self._is_picture

    def _next_body(self) -> bytes | None:
        if not self._in_body and not self._begin_body():
            return None
        end = self._end_of_body()
        if end is None:
            return None
        with memoryview(self._buffer) as buffered:
            body = bytes(buffered[:end])
        self._drop(end)
        self._in_body = False
        # What has no length may go on after the picture; the next boundary ends it in any case.
        self._lost = self._length is None
        return body

    def _begin_body(self) -> bool:
        """Read a part's head, from its boundary to the empty line."""
        if self._lost and not self._find_boundary():
            return False
        end, after = self._end_of_head()
        if end < 0 and len(self._buffer) <= LONGEST_HEAD_BYTES:
            return False
        lines = bytes(self._buffer[: end if end >= 0 else LONGEST_HEAD_BYTES]).strip().splitlines()
        if not lines or not lines[0].startswith(b"--"):
            # It said a wrong length, or something stands before the first part.
            self._lost, self._seen = True, 0
            return self._begin_body()
        if end < 0:
            raise NotMultipart("it sends no pictures with headers before them")
        self._drop(after)
        self._take_head(lines)
        return True

    def _find_boundary(self) -> bool:
        at = self._buffer.find(self._boundary, max(0, self._seen - len(self._boundary)))
        if at < 0:
            # All but what may be the beginning of one is no good to anybody.
            self._drop(max(0, len(self._buffer) - len(self._boundary) + 1))
            return False
        self._drop(at)
        self._lost = False
        return True

    def _end_of_head(self) -> tuple[int, int]:
        """Where the head's lines end, and where the body begins; -1 where that has not come yet."""
        begin = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
        for line_end in (b"\r\n\r\n", b"\n\n"):
            if (end := self._buffer.find(line_end, max(begin, self._seen - 3))) >= 0:
                return end, end + len(line_end)
        self._seen = len(self._buffer)
        return -1, -1

    def _take_head(self, lines: list[bytes]) -> None:
        # The boundary that is used counts, not the one that was announced.
        self._boundary = lines[0].strip()
        fields = dict(_field(line) for line in lines[1:])
        length = fields.get(b"content-length", b"")
        self._length = int(length) if length.isdigit() else None
        if self._length is not None and self._length > LONGEST_PICTURE_BYTES:
            raise NotMultipart(f"it announces a picture of {self._length >> 20} MB")
        self._is_picture = fields.get(b"content-type", b"image/").lower().startswith(b"image/")
        self._in_body, self._has_gap = True, False

    def _end_of_body(self) -> int | None:
        if self._length is not None:
            return self._length if len(self._buffer) >= self._length else None
        end = self._end_of_jpeg() if self._buffer.startswith(_SOI) else None
        if end is None:
            end = self._before_boundary()
        if end is None and len(self._buffer) > LONGEST_PICTURE_BYTES:
            raise NotMultipart(f"it sends {len(self._buffer) >> 20} MB without a boundary")
        return end

    def _before_boundary(self) -> int | None:
        at = self._buffer.find(b"\n" + self._boundary, max(0, self._seen - len(self._boundary)))
        if at < 0:
            self._seen = max(self._seen, len(self._buffer))
            return None
        return at - 1 if at > 0 and self._buffer[at - 1] == 0x0D else at

    def _end_of_jpeg(self) -> int | None:
        """After the picture's own last byte, so that it need not wait for the next one to begin.

        The segments before the scan are stepped over by their lengths, since a thumbnail has an end of its own.
        """
        at = len(_SOI)
        while at + 4 <= len(self._buffer):
            marker = self._buffer[at + 1]
            if self._buffer[at] != 0xFF:
                return None
            if marker == _SOS:
                end = self._buffer.find(_EOI, max(at, self._seen - 1))
                return None if end < 0 else end + len(_EOI)
            at += 2 if marker in _NO_LENGTH_MARKERS else 2 + int.from_bytes(self._buffer[at + 2 : at + 4], "big")
        return None

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._seen = 0


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip()
