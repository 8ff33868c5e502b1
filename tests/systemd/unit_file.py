"""Reading a unit file: sections of settings, each of which may be there several times.

Owns: that. Does not own: what systemd makes of it (`systemd-analyze`).
Invariant: settings stand in the order of the file; a comment is none.
"""

from __future__ import annotations

import re
from pathlib import Path

UNITS = Path(__file__).parents[2] / "systemd"
_UNITS_S = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


def settings(name: str, section: str) -> dict[str, list[str]]:
    """Of one section of `systemd/NAME`: each setting with all that it is set to."""
    found: dict[str, list[str]] = {}
    inside = ""
    for line in map(str.strip, (UNITS / name).read_text().splitlines()):
        if line.startswith("["):
            inside = line.strip("[]")
        elif line and not line.startswith("#") and inside == section:
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def seconds(value: str) -> float:
    """A time span such as `20s` or `5min`; only one with a unit."""
    matched = re.fullmatch(r"(\d+)(ms|s|min|h)", value)
    assert matched, f"{value}: say the unit"
    return int(matched[1]) * _UNITS_S[matched[2]]
