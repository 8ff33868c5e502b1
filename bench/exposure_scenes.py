"""The simulated scenes that the exposure is tried on.

Owns: which there are, and what each one is. Does not own: running them.
Invariant: pure; every scene is the same each time.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.rig.daylight import clear_day, cloudy_day, constant, switched, with_flashes
from tests.rig.exposure_run import Slots
from tests.rig.lit_scene import Lit, Scene, Shining

HOUR_S = 3600.0


class Trial(NamedTuple):
    """A scene, the slots at which it is photographed, and how much its pictures' brightness scatters by itself."""

    name: str
    scene: Lit
    slots: Slots
    noise_ev: float = 0.01


def _vehicle(at_s: float) -> bool:
    """In two slots of nine something large and bright is close by."""
    return int(at_s // 10) % 9 in {3, 7}


def _headlights(at_s: float) -> bool:
    """Each three minutes a car comes up the road, seen in two frames of ten seconds."""
    return 60 <= int(at_s) % 180 < 80


def trials() -> list[Trial]:
    """All of them."""
    whole_day = (0.0, 24 * HOUR_S)
    night = Scene(constant(60.0), (Shining(0.10, 3000.0, _headlights),))
    street = Scene(constant(20_000.0), (Shining(0.22, 60_000.0, _vehicle),))
    flashes = tuple(97.0 + 211.7 * k for k in range(34))
    return [
        Trial("24 h without a cloud, each 10 s", Scene(clear_day()), Slots(*whole_day, 10.0)),
        Trial("24 h without a cloud, each 60 s", Scene(clear_day()), Slots(*whole_day, 60.0)),
        Trial("24 h without a cloud, each 5 min", Scene(clear_day()), Slots(*whole_day, 300.0)),
        Trial("24 h with clouds, each 10 s", Scene(cloudy_day()), Slots(*whole_day, 10.0)),
        Trial("24 h with clouds, each 60 s", Scene(cloudy_day()), Slots(*whole_day, 60.0)),
        Trial("sunrise on the equator, each 10 s", Scene(clear_day(0, 0)), Slots(4.5 * HOUR_S, 7.5 * HOUR_S, 10.0)),
        Trial("a street by day, vehicles close by", street, Slots(0.0, HOUR_S, 10.0)),
        Trial("a lit street at night (60 lux), headlights", night, Slots(0.0, HOUR_S, 10.0)),
        Trial(
            "lightning over a lit street at night",
            Scene(with_flashes(constant(60.0), flashes, 20_000.0)),
            Slots(0.0, 7200.0, 10.0),
        ),
        Trial("a lamp is switched on: 60 to 960 lux", Scene(switched(60.0, 960.0, 595.0)), Slots(0.0, 1800.0, 10.0)),
        Trial("constant light, noise of 0.03 EV", Scene(constant(300.0)), Slots(0.0, HOUR_S, 10.0), 0.03),
    ]
