"""What the process that renders says of itself, and is told meanwhile: JSON, one object a line.

Owns: the three things it says, the one it is told, and how they are written and read. Does not own: when they are said
(`render_worker.rendering`), nor who reads them.
Invariant: telling how far it is never holds the render up: where nobody reads, a line is dropped. The last line, how it
ended, is written whole.
"""

from __future__ import annotations

import os
import threading
from typing import Literal

import msgspec
from msgspec import Struct

Stage = Literal["choosing", "measuring", "rendering", "finishing"]


class Progress(Struct, frozen=True, tag="progress", tag_field="kind"):
    """How far it is: `done` of `total` pictures (0: not known yet) of a stage. `paused` is why it waits, or empty."""

    stage: Stage
    done: int
    total: int
    paused: str = ""


class Finished(Struct, frozen=True, tag="finished", tag_field="kind"):
    """It is there, whole. `output` is its path, `seconds` how long that took, pauses apart.

    `pictures` of the video are made of `frames`; `found` were in the range, of which some may have been thinned out.
    `damaged` were left out, and `gone` were deleted before they were read. `gaps` is how many gaps there are, `missing`
    how many slots they have together, `causes` how many of those are known to be missing for what. `duration_s` is how
    long it plays, 0 of a still. `detail` is what else a person has to know, a sentence each line.
    """

    output: str
    pictures: int
    frames: int
    damaged: int
    gaps: int
    seconds: float
    bytes: int
    width: int
    height: int
    duration_s: float
    detail: str = ""
    found: int = 0
    missing: int = 0
    causes: dict[str, int] = {}
    encoder: str = ""
    peak_bytes: int = 0
    paused_s: float = 0.0
    gone: int = 0


class Failed(Struct, frozen=True, tag="failed", tag_field="kind"):
    """It is not there: why, in words for a person, and the exit status (sysexits; 130 where it was cancelled)."""

    message: str
    status: int


Told = Progress | Finished | Failed

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)


def line_of(told: Told) -> bytes:
    """One line, with its end."""
    return _ENCODER.encode(told) + b"\n"


def told_by(line: bytes) -> Told | None:
    """What a line says; None for one that says nothing that is known here."""
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError:
        return None


class Order(Struct, frozen=True):
    """A line on the process's standard input, after the request: stand still, for a reason; or go on (no reason)."""

    pause: str = ""


class Teller:
    """Writes them to a descriptor, which it sets to never block. For several threads."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()
        self._left = b""
        self._has_ended = False
        os.set_blocking(fd, False)

    def progress(self, told: Progress) -> None:
        """Say how far it is, if there is room for it. Never blocks; a reader that has gone is no error."""
        with self._lock:
            if not self._has_ended:
                self._left = self._left or line_of(told)
                self._write()

    def last(self, told: Finished | Failed) -> None:
        """Say how it ended. Blocks until it is written; a reader that has gone is no error."""
        with self._lock:
            self._has_ended = True
            os.set_blocking(self._fd, True)
            self._left += line_of(told)
            while self._left:
                self._write()

    def _write(self) -> None:
        try:
            self._left = self._left[os.write(self._fd, self._left) :]
        except BlockingIOError:
            """A reader that is behind gets the rest of this line later, and the next ones not at all."""
        except OSError:
            self._left = b""
