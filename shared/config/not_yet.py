"""What the notation of `source` has already, and this version's cameras have not: a mistake for now.

Owns: which kinds those are. Does not own: the notation (`shared.config.source`).
Invariant: what passes here is a camera that `capture_worker` can make. The version that has all of them deletes this
module, its two lines in `shared.config.read`, and `tests/shared/config/conftest.py`.
"""

from __future__ import annotations

from shared.config.check import Checker
from shared.config.redact import shown
from shared.config.source import Kind, kind_of

NOT_YET = {
    Kind.AUTO: "search for a camera",
    Kind.PICAMERA2: "support for the Pi's own camera",
    Kind.DEVICE: "support for USB and other local cameras",
}
_INSTEAD = "use an http:// or rtsp:// address, the path of a video file, or test"


def check_sources(checker: Checker) -> None:
    """Add to `checker`, whose walk is done, each camera that this version can't open."""
    for name, span in checker.cameras.items():
        key = f"cameras.{name}.source"
        found = checker.found.get(key)
        if found is not None and (missing := NOT_YET.get(kind_of(found.value))):
            checker.mistake(found.span, key, f"{shown(found.value)}: this version has no {missing} yet: {_INSTEAD}")
        elif found is None and key not in checker.failed and Kind.AUTO in NOT_YET:
            checker.mistake(span, f"cameras.{name}", f"source is needed in this version: {_INSTEAD}")
