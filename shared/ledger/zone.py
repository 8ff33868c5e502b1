"""What the machine's time zone is called.

Owns: finding that out. Does not own: offsets, which the C library knows.
Invariant: it never fails: a zone that has no name is told as empty.
"""

from __future__ import annotations

import os
from pathlib import Path

_LOCAL = Path("/etc/localtime")
_MARK = "zoneinfo/"


def zone_name() -> str:
    """`Europe/Oslo`, or whatever TZ holds; empty where it can't be told. Reads a link."""
    if (named := os.environ.get("TZ")) is not None:
        return named.removeprefix(":")
    try:
        target = str(_LOCAL.readlink())
    except OSError:
        return ""
    return target.partition(_MARK)[2]
