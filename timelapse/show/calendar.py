"""The coverage of many days as a picture: a column a day, a row an hour, a band a camera.

Owns: the layout and the colours. Does not own: the figures (`timelapse.show.gaps`), the letters
(`timelapse.show.lettering`), the file format (`timelapse.png`).
Invariant: pure. An hour in which a slot is missing never has the colour of a whole one.
"""

from __future__ import annotations

from timelapse.png import Colour, png
from timelapse.show.gaps import DayOfHours
from timelapse.show.lettering import ADVANCE, HEIGHT, width_of, write

_CELL = 6
_BORDER = 1
_BETWEEN = 12
_LEFT = _BETWEEN + 3 * ADVANCE
_HEAD = 2 * (HEIGHT + 4)
"""Above the hours of a band: the camera's name, then the months."""
_EACH_HOURS = 6
_PALETTE: list[Colour] = [
    (255, 255, 255),  # between the cells
    (232, 232, 232),  # no slot was due
    (46, 125, 50),  # all slots
    (156, 204, 101),  # nine in ten or more
    (255, 179, 0),  # half or more
    (239, 108, 0),  # fewer
    (183, 28, 28),  # none
    (66, 66, 66),  # the letters
]
_PAPER, _CLOSED, _WHOLE, _MOST, _HALF, _FEW, _NONE, _INK = range(8)


def calendar_png(cameras: dict[str, list[DayOfHours]]) -> bytes:
    """The picture, as a file: one band for each camera, below each other, all beginning with the first of all days."""
    names = sorted({day.name for days in cameras.values() for day in days})
    columns = _LEFT + len(names) * (_CELL + _BORDER)
    width = _BETWEEN + max([columns, *(_LEFT + width_of(text) for text in (*cameras, *names[:1]))])
    rows = [bytearray(width) for _ in range(_BETWEEN)]
    for camera, days in cameras.items():
        rows += _band(camera, {day.name: day for day in days}, names, width)
        rows += [bytearray(width) for _ in range(_BETWEEN)]
    return png([bytes(row) for row in rows], _PALETTE)


def _band(camera: str, days: dict[str, DayOfHours], names: list[str], width: int) -> list[bytearray]:
    rows = [bytearray(width) for _ in range(_HEAD)]
    write(rows, camera, _LEFT, 0, _INK)
    _write_months(rows, names)
    for hour in range(24):
        line = bytearray(width)
        for column, name in enumerate(names):
            start = _LEFT + column * (_CELL + _BORDER)
            line[start : start + _CELL] = bytes([_colour(days.get(name), hour)]) * _CELL
        rows += [bytearray(line) for _ in range(_CELL)] + [bytearray(width) for _ in range(_BORDER)]
    for hour in range(0, 24, _EACH_HOURS):
        write(rows, f"{hour:02d}", _BETWEEN, _HEAD + hour * (_CELL + _BORDER), _INK)
    return rows


def _write_months(rows: list[bytearray], names: list[str]) -> None:
    """The first day in full, then each month above its first day, where there is room for it."""
    free_from = 0
    for column, name in enumerate(names):
        text, left = (name, _LEFT) if not column else (name[:7], _LEFT + column * (_CELL + _BORDER))
        if left >= free_from and (not column or name.endswith("-01")):
            write(rows, text, left, _HEAD // 2, _INK)
            free_from = left + width_of(text) + ADVANCE


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
