"""The coverage of many days as a picture: a column a day, a row an hour, a band a camera.

Owns: the layout and the colours. Does not own: the figures (`timelapse.show.gaps`), the file format (`timelapse.png`).
Invariant: pure. An hour in which a slot is missing never has the colour of a whole one. There is no writing in it: the
command says which days it shows.
"""

from __future__ import annotations

from timelapse.png import Colour, png
from timelapse.show.gaps import DayOfHours

_CELL = 6
_BORDER = 1
_BETWEEN = 12
_PALETTE: list[Colour] = [
    (255, 255, 255),  # between the cells
    (232, 232, 232),  # no slot was due
    (46, 125, 50),  # all slots
    (156, 204, 101),  # nine in ten or more
    (255, 179, 0),  # half or more
    (239, 108, 0),  # fewer
    (183, 28, 28),  # none
]
_PAPER, _CLOSED, _WHOLE, _MOST, _HALF, _FEW, _NONE = range(7)


def calendar_png(cameras: list[list[DayOfHours]]) -> bytes:
    """The picture, as a file: one band for each camera, below each other, all beginning with the first of all days."""
    names = sorted({day.name for days in cameras for day in days})
    width = _BETWEEN * 2 + len(names) * (_CELL + _BORDER)
    blank = bytes([_PAPER]) * width
    rows = [blank] * _BETWEEN
    for days in cameras:
        by_name = {day.name: day for day in days}
        for hour in range(24):
            line = bytearray(blank)
            for column, name in enumerate(names):
                start = _BETWEEN + column * (_CELL + _BORDER)
                line[start : start + _CELL] = bytes([_colour(by_name.get(name), hour)]) * _CELL
            rows += [bytes(line)] * _CELL + [blank] * _BORDER
        rows += [blank] * _BETWEEN
    return png(rows, _PALETTE)


def _colour(day: DayOfHours | None, hour: int) -> int:
    recorded_ms, missed_ms = (day.recorded_ms[hour], day.missed_ms[hour]) if day else (0, 0)
    due_ms = recorded_ms + missed_ms
    if not due_ms:
        return _CLOSED
    if not missed_ms:
        return _WHOLE
    if not recorded_ms:
        return _NONE
    share = recorded_ms / due_ms
    return _MOST if share >= 0.9 else _HALF if share >= 0.5 else _FEW
