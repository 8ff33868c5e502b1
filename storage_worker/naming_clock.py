"""Whether a frame was named by a clock that was not synchronised, so that its name says nothing about its age.

Owns: the answer. Does not own: what follows from it (`keeping`), nor the ledger, which is asked first.
Invariant: nothing is raised. What the frame's own metadata says is always right; the ledger only spares reading it. A
frame that can't be read may be one of them: it counts as one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

_HEAD_BYTES = 8192
"""Our metadata stands at the beginning, and is a few hundred bytes: `capture_worker.exif_read`."""
_BEGIN, _UNSYNCHRONISED = b"timelapse ", b" synchronised=false"
"""As `capture_worker.shot_note` writes them; a test holds both together."""


def named_unsynchronised(output_dir: Path, path: str, told: Callable[[str], bool | None] = lambda _path: None) -> bool:
    """Whether the frame at `CAMERA/YYYY/MM/DD/NAME` was. Blocks for the disk where `told`, the ledger, does not know.

    One of an earlier version, which did not note it, was not.
    """
    known = told(path)
    if known is not None:
        return not known
    try:
        with (output_dir / path).open("rb", buffering=0) as file:
            head = file.read(_HEAD_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    begins = head.find(_BEGIN)
    return begins >= 0 and head.find(_UNSYNCHRONISED, begins) >= 0
