"""Small letters for pictures that are drawn by hand: three dots wide and five high, twice as large on the picture.

Owns: the shapes of what a date, an hour and a camera's name are written with. Does not own: where they stand.
Invariant: pure. What has no shape is left blank; small letters look like capitals.
"""

from __future__ import annotations

_SCALE = 2
_DOTS_WIDE, _DOTS_HIGH = 3, 5
ADVANCE = (_DOTS_WIDE + 1) * _SCALE
"""From one letter to the next, pixels."""
HEIGHT = _DOTS_HIGH * _SCALE
"""Pixels."""

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_:"
_ROWS = (
    "75557262277174771717557117471774757711117575775717"
    "2575565656344436555674647746443455355755722271115255655444475775565555255526564425563656553421672222"
    "555575555255775552555522271247007000000702020"
)
"""Of each letter five rows from above, each a digit of three bits."""
_SHAPES = {letter: _ROWS[number * _DOTS_HIGH : (number + 1) * _DOTS_HIGH] for number, letter in enumerate(_LETTERS)}


def width_of(text: str) -> int:
    """How much room it takes with the space behind it, pixels."""
    return len(text) * ADVANCE


def write(rows: list[bytearray], text: str, left: int, top: int, colour: int) -> None:
    """Write `text` into the picture `rows`, a byte a pixel; what does not fit into it is cut off."""
    for number, letter in enumerate(text.upper()):
        for y, bits in enumerate(_SHAPES.get(letter, "00000")):
            for x in range(_DOTS_WIDE):
                if int(bits) >> (_DOTS_WIDE - 1 - x) & 1:
                    _dot(rows, left + number * ADVANCE + x * _SCALE, top + y * _SCALE, colour)


def _dot(rows: list[bytearray], left: int, top: int, colour: int) -> None:
    for row in rows[top : top + _SCALE]:
        for x in range(left, min(left + _SCALE, len(row))):
            row[x] = colour
