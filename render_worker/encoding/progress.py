"""What ffmpeg says while it works: how far it is, and what went wrong.

Owns: reading its `-progress` and the lines on its standard error. Does not own: the pipes they come through.
Invariant: pure, and never larger than a few kilobytes, whatever ffmpeg says and however long.
"""

from __future__ import annotations

from collections import deque

from msgspec import Struct

_KEPT_LINES = 6
_MOST_LINE_BYTES = 500
_NOT_THE_CAUSE = ("Conversion failed", "deprecated pixel format")
_UNWRITTEN = ("Error closing file", "Error writing trailer", "av_interleaved_write_frame", "Error muxing a packet")
_UNDECODABLE = ("Error while decoding stream", "Error submitting packet to decoder", "Decoding error:")
"""Once for each picture that can't be decoded, in the words of 5.1 and of those since 6.1."""
_NO_ROOM = ("No space left on device", "Disk quota exceeded")
_SEVERE, _WARNING = ("[error]", "[fatal]", "[panic]"), "[warning]"


class Said(Struct, frozen=True):
    """How far it is: pictures in the file, seconds of video, bytes, and pictures that are shown once more."""

    pictures: int = 0
    seconds: float = 0.0
    bytes: int = 0
    repeated: int = 0
    ended: bool = False


class ProgressReader:
    """Bytes of `-progress` in, the newest state out."""

    def __init__(self) -> None:
        self.said = Said()
        self._rest = b""
        self._values: dict[str, str] = {}

    def take(self, data: bytes) -> None:
        """What was read. A block counts when it is whole."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_MOST_LINE_BYTES:]
        for line in lines:
            name, _, value = line.decode("ascii", "replace").partition("=")
            self._values[name.strip()] = value.strip()
            if name == "progress":
                self.said = self._block()
                self._values.clear()

    def _block(self) -> Said:
        return Said(
            pictures=self._number("frame", self.said.pictures),
            # Of the two, `out_time_ms` too is in microseconds.
            seconds=self._number("out_time_us", round(self.said.seconds * 1e6)) / 1e6,
            bytes=self._number("total_size", self.said.bytes),
            repeated=self._number("dup_frames", self.said.repeated),
            ended=self._values.get("progress") == "end",
        )

    def _number(self, name: str, before: int) -> int:
        """`N/A`, which some muxers say of their size, is what it was before."""
        text = self._values.get(name, "")
        return int(text) if text.lstrip("-").isdigit() else before


class LastWords:
    """Bytes of standard error in; the first severe line and the last lines out, which say why it failed.

    Warnings are among them only where nothing severe was said.

    `undecodable` is how many pictures could not be decoded, as far as it has said. `unwritten` is whether something did
    not get into the file: where that is the last piece alone, 5.1 ends as if all were well.
    """

    def __init__(self) -> None:
        self.undecodable = 0
        self.unwritten = False
        self._no_room = False
        self._first = ""
        self._last: deque[str] = deque(maxlen=_KEPT_LINES)
        self._rest = b""

    def take(self, data: bytes) -> None:
        """What was read."""
        *lines, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        self._rest = self._rest[-_MOST_LINE_BYTES:]
        for line in lines:
            self._note(line[:_MOST_LINE_BYTES].decode("utf-8", "replace").strip())

    def _note(self, line: str) -> None:
        self.unwritten |= any(words in line for words in _UNWRITTEN)
        self._no_room |= any(words in line for words in _NO_ROOM)
        if not line or any(words in line for words in _NOT_THE_CAUSE):
            return
        self.undecodable += any(words in line for words in _UNDECODABLE)
        if not self._first and any(word in line for word in _SEVERE) and "mjpeg" not in line:
            self._first = line
        self._last.append(line)

    @property
    def lines(self) -> list[str]:
        """The first severe one and the last ones, each once, without what ffmpeg puts before them."""
        if self._rest:
            self.take(b"\n")
        last = [line for line in self._last if not (self._first and _WARNING in line)]
        return list(dict.fromkeys(_bare(line) for line in (self._first, *last) if line))

    @property
    def is_full_disk(self) -> bool:
        """Whether it failed for want of room."""
        return self._no_room


def _bare(line: str) -> str:
    """Without `[mp4 @ 0x5581] [error]`."""
    while line.startswith("[") and "] " in line:
        line = line.partition("] ")[2]
    return line
