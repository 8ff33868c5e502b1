"""Lines of a page: labels and values that keep to the width.

Owns: wrapping and alignment. Does not own: what is said.
Invariant: no line is longer than the width, unless the width is under `NARROWEST`.
"""

from __future__ import annotations

import textwrap

from timelapse.show.ink import Ink

NARROWEST = 60
LABEL = 14
"""Two blanks, the longest label, and the gap; what is left of 60 columns just holds the path of a frame."""


def field(label: str, value: str, width: int, ink: Ink) -> list[str]:
    """`  label       value`, continued below the value where it is too long for one line."""
    lines = wrapped(value, width - LABEL)
    return [
        ink.dim(f"  {label}".ljust(LABEL)) + line if index == 0 else " " * LABEL + line
        for index, line in enumerate(lines)
    ]


def wrapped(text: str, width: int) -> list[str]:
    """Text in lines of at most `width`, broken at blanks, else anywhere: a long address has none. At least one line."""
    return textwrap.wrap(text, max(width, 1), break_on_hyphens=False) or [""]


def heading(left: str, right: str, width: int) -> tuple[str, str]:
    """Both texts for one line: `right` whole, `left` cut to what is left of the width."""
    room = max(1, width - len(right) - 2)
    return (left if len(left) <= room else f"{left[: max(0, room - 3)]}..."), right
