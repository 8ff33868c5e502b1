"""The building site of the built-in camera's picture: ground, a house that grows through the day, a crane, a lorry.

Owns: what stands and moves on the ground.
Does not own: the sky behind it (`scene_sky`) and the lettering (`scene`).
Invariant: pure; the same arguments give the same pixels. Lengths are parts of the picture's height, so that every
size looks alike.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from capture_worker.cameras.base import Image
from capture_worker.cameras.scene_sky import Colour, light, tinted

GROUND = 0.862
STOREYS = 11
STOREY = 0.038
BAYS = 7
BAY = 0.052
HOUSE_AT = 0.62
CRANE_AT = 0.40
CRANE_TOP = 0.27
JIB = 0.46
CRANE_PERIOD_S = 48.0
LORRY_PERIOD_S = 24.0
LAMPS_BELOW = 0.6

_CONCRETE: Colour = (176, 182, 186)
_FRAME: Colour = (118, 124, 132)
_GLASS: Colour = (196, 172, 134)
_LAMP: Colour = (120, 214, 255)
_YELLOW: Colour = (40, 178, 240)
_EARTH: Colour = (96, 138, 164)
_ROAD: Colour = (104, 102, 98)
_RED: Colour = (60, 60, 214)


class _Pen:
    """Draws in parts of the height, with the origin `left` pixels in, in the colours of the hour."""

    def __init__(self, image: Image, hour: float, left: float) -> None:
        self.image, self.hour, self.left = image, hour, left
        self.unit = image.shape[0]

    def at(self, x: float, y: float) -> tuple[int, int]:
        return round((self.left + x * self.unit) * 16), round(y * self.unit * 16)

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: Colour, wide: float = 0.002) -> None:
        shade = tinted(colour, self.hour)
        thickness = max(1, round(wide * self.unit))
        cv2.line(self.image, self.at(*start), self.at(*end), shade, thickness, cv2.LINE_AA, shift=4)

    def box(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        self.area([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)], colour)

    def area(self, corners: list[tuple[float, float]], colour: Colour) -> None:
        points = np.array([self.at(*corner) for corner in corners], np.int32)
        cv2.fillConvexPoly(self.image, points, tinted(colour, self.hour), cv2.LINE_AA, shift=4)

    def lamp(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A disc that shines by itself, whatever the hour."""
        size = round(max(1.0, radius * self.unit) * 16)
        cv2.circle(self.image, self.at(x, y), size, colour, cv2.FILLED, cv2.LINE_AA, shift=4)


def draw_site(image: Image, hour: float) -> None:
    """Ground, road and house as they stand at this minute of the day, in place."""
    height, width = image.shape[:2]
    pen = _Pen(image, hour, 0)
    wide = width / height
    pen.box(0, GROUND - 0.012, wide, 1, _EARTH)
    pen.box(0, GROUND + 0.022, wide, 0.082, _ROAD)
    pen.line((0, GROUND + 0.022), (wide, GROUND + 0.022), _CONCRETE, 0.004)
    for dash in range(round(wide / 0.09) + 1):
        pen.line((dash * 0.09, GROUND + 0.062), (dash * 0.09 + 0.04, GROUND + 0.062), _CONCRETE, 0.003)
    _draw_trees(pen, wide)
    _draw_house(_Pen(image, hour, width * HOUSE_AT), hour)


def draw_moving(image: Image, hour: float, time_s: float) -> None:
    """The crane and the lorry at `time_s` (seconds of any epoch), in place."""
    width = image.shape[1]
    _draw_crane(_Pen(image, hour, width * CRANE_AT), time_s)
    length = width / image.shape[0] + 0.3
    way = time_s / LORRY_PERIOD_S % 1.0
    _draw_lorry(_Pen(image, hour, 0), way * length - 0.2)


def _draw_trees(pen: _Pen, wide: float) -> None:
    for across, tall in ((0.03, 0.085), (0.075, 0.066), (0.13, 0.095), (0.195, 0.072), (0.93, 0.088), (0.975, 0.07)):
        x, foot = across * wide, GROUND - 0.006
        pen.line((x, foot), (x, foot - tall * 0.5), (58, 84, 108), 0.006)
        for part, half in ((0.25, 0.36), (0.50, 0.28), (0.74, 0.19)):
            low, top = foot - tall * part, foot - tall * (part + 0.42)
            pen.area([(x - tall * half, low), (x + tall * half, low), (x, top)], (74, 116, 66))


def _draw_house(pen: _Pen, hour: float) -> None:
    """A storey each two hours and some; the one that is being built shows its columns first, then its slab."""
    done = 1 + hour / 24 * (STOREYS - 1)
    whole = int(done)
    for storey in range(whole):
        _draw_storey(pen, storey, hour, glazed=storey < whole - 2)
    floor = GROUND - whole * STOREY
    rise = min(1.0, (done - whole) / 0.8) * STOREY
    for bay in range(BAYS + 1):
        pen.line((bay * BAY, floor), (bay * BAY, floor - rise), _FRAME, 0.005)
    pen.line((-0.006, floor), (BAYS * BAY + 0.006, floor), _CONCRETE, 0.006)


def _draw_storey(pen: _Pen, storey: int, hour: float, *, glazed: bool) -> None:
    top = GROUND - (storey + 1) * STOREY
    if glazed:
        pen.box(0, top, BAYS * BAY, STOREY, _CONCRETE)
    lit = light(hour) < LAMPS_BELOW
    for bay in range(BAYS):
        x = bay * BAY
        if glazed:
            pen.box(x + 0.009, top + 0.009, BAY - 0.018, STOREY - 0.016, _GLASS)
            if lit and (storey * 5 + bay * 3) % 7 < 3:
                upper, lower = pen.at(x + 0.009, top + 0.009), pen.at(x + BAY - 0.009, top + STOREY - 0.007)
                cv2.rectangle(pen.image, upper, lower, _LAMP, cv2.FILLED, cv2.LINE_AA, shift=4)
        else:
            pen.line((x, top), (x, top + STOREY), _FRAME, 0.005)
    if not glazed:
        pen.line((BAYS * BAY, top), (BAYS * BAY, top + STOREY), _FRAME, 0.005)
        pen.line((-0.006, top), (BAYS * BAY + 0.006, top), _CONCRETE, 0.006)


def _draw_crane(pen: _Pen, time_s: float) -> None:
    half, foot = 0.011, GROUND
    pen.box(-0.035, foot - 0.016, 0.07, 0.018, _CONCRETE)
    steps = 12
    rise = (foot - CRANE_TOP) / steps
    for step in range(steps):
        low = foot - step * rise
        side = half if step % 2 else -half
        pen.line((-side, low), (side, low - rise), _YELLOW)
        pen.line((-half, low - rise), (half, low - rise), _YELLOW)
    pen.line((-half, foot), (-half, CRANE_TOP), _YELLOW, 0.004)
    pen.line((half, foot), (half, CRANE_TOP), _YELLOW, 0.004)
    _draw_jib(pen, time_s)
    pen.box(-0.018, CRANE_TOP - 0.002, 0.036, 0.03, _YELLOW)
    pen.box(-0.010, CRANE_TOP + 0.004, 0.020, 0.013, _GLASS)
    if int(time_s) % 2 == 0:
        pen.lamp(0, CRANE_TOP - 0.075, 0.006, (70, 70, 255))
    if light(pen.hour) < LAMPS_BELOW:
        pen.lamp(0, CRANE_TOP + 0.012, 0.006, (190, 240, 255))


def _draw_jib(pen: _Pen, time_s: float) -> None:
    """The jib turns about the mast: seen from the side its length is a cosine, its tip sinks as it comes nearer."""
    turn = time_s * 2 * math.pi / CRANE_PERIOD_S
    along, nearer = math.cos(turn), 0.05 * math.sin(turn)
    peak = (0.0, CRANE_TOP - 0.07)
    tip, back = (JIB * along, CRANE_TOP + nearer), (-0.15 * along, CRANE_TOP - nearer * 0.36)
    pen.line((-0.008, CRANE_TOP), peak, _YELLOW, 0.003)
    pen.line((0.008, CRANE_TOP), peak, _YELLOW, 0.003)
    cells = 14
    for cell in range(cells):
        low = (tip[0] * cell / cells, CRANE_TOP + nearer * cell / cells)
        high = (tip[0] * (cell + 0.5) / cells, CRANE_TOP + nearer * (cell + 0.5) / cells - 0.018)
        after = (tip[0] * (cell + 1) / cells, CRANE_TOP + nearer * (cell + 1) / cells)
        pen.line(low, high, _YELLOW)
        pen.line(high, after, _YELLOW)
    pen.line((0, CRANE_TOP - 0.018), (tip[0] * 0.97, tip[1] - 0.018), _YELLOW, 0.003)
    pen.line((0, CRANE_TOP), tip, _YELLOW, 0.004)
    pen.line((0, CRANE_TOP), back, _YELLOW, 0.005)
    pen.line(peak, (tip[0] * 0.7, CRANE_TOP + nearer * 0.7 - 0.018), _FRAME, 0.002)
    pen.line(peak, back, _FRAME, 0.002)
    pen.box(back[0] - 0.018, back[1] - 0.004, 0.036, 0.034, _CONCRETE)
    if light(pen.hour) < LAMPS_BELOW:
        for part in (0.33, 0.66, 1.0):
            pen.lamp(tip[0] * part, CRANE_TOP + nearer * part + 0.006, 0.0035, (190, 240, 255))
    _draw_load(pen, tip, time_s)


def _draw_load(pen: _Pen, tip: tuple[float, float], time_s: float) -> None:
    trolley = 0.66 + 0.24 * math.sin(time_s / 11.0)
    x, y = tip[0] * trolley, CRANE_TOP + (tip[1] - CRANE_TOP) * trolley
    sway = 0.006 * math.sin(time_s * 1.3)
    low = y + 0.15 + 0.06 * math.sin(time_s / 7.0)
    pen.line((x, y), (x + sway, low), _FRAME, 0.002)
    pen.line((x + sway, low), (x + sway - 0.028, low + 0.018), _FRAME, 0.001)
    pen.line((x + sway, low), (x + sway + 0.028, low + 0.018), _FRAME, 0.001)
    pen.box(x + sway - 0.034, low + 0.018, 0.068, 0.012, _RED)


def _draw_lorry(pen: _Pen, x: float) -> None:
    bed = GROUND + 0.042
    pen.area([(x, bed - 0.034), (x + 0.086, bed - 0.034), (x + 0.078, bed), (x + 0.006, bed)], _YELLOW)
    pen.area([(x + 0.012, bed - 0.034), (x + 0.045, bed - 0.047), (x + 0.076, bed - 0.034)], _EARTH)
    pen.box(x + 0.084, bed - 0.042, 0.032, 0.042, _RED)
    pen.box(x + 0.096, bed - 0.036, 0.016, 0.016, _GLASS)
    pen.box(x + 0.002, bed - 0.001, 0.114, 0.008, _FRAME)
    for wheel in (0.020, 0.044, 0.100):
        pen.lamp(x + wheel, bed + 0.008, 0.0105, tinted((44, 42, 40), pen.hour))
        pen.lamp(x + wheel, bed + 0.008, 0.0045, tinted(_CONCRETE, pen.hour))
    if light(pen.hour) < LAMPS_BELOW:
        pen.lamp(x + 0.117, bed - 0.004, 0.004, (190, 240, 255))
