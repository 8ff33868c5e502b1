"""Sequences whose light is known, as a camera with a flickering exposure takes them.

Owns: the light, the exposures, the pictures. Does not own: what is made of them (`deflicker`).
Invariant: the same number of frames gives the same sequences. `steady` is the exposure without flicker: the pictures
that it would give are what a deflickered video should be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray

Values = NDArray[Any]
WIDTH, HEIGHT = 320, 180
_GAMMA = 2.2
_NOISE = 0.004
_BASE_US = 10_000


class Scene(NamedTuple):
    """One sequence, each array one value a frame, in EV. `real` are two slices between which the real change lies."""

    name: str
    light: Values
    exposure: Values
    steady: Values
    real: tuple[slice, slice] | None = None

    @property
    def exposure_us(self) -> list[int | None]:
        """As a camera tells it."""
        return [round(_BASE_US * 2**ev) for ev in self.exposure.tolist()]


def scenes(count: int) -> list[Scene]:
    """All of them, of so many frames (a multiple of 20, at least 200)."""
    random = np.random.default_rng(7)
    none, number = np.zeros(count), np.arange(count)
    wander = np.convolve(random.normal(0, 0.12, count + 50), 0.8 ** np.arange(30))[50 : count + 50]
    swing = 0.25 * np.sin(number / 3.1) * random.uniform(0.6, 1.4, count)
    dusk = -10 / (1 + np.exp(-(number - count / 2) / (count / 12)))
    follows = -0.8 * dusk
    lamp = np.where(number < count // 2, -3.0, 0.5)
    sky = np.convolve(random.random(count) < 0.02, np.hanning(60), "same")
    clouds = -1.2 * np.tanh(sky)
    lightning = np.where(np.isin(number, (count // 3, count // 2, count // 2 + 3)), 1.0, -4.0)
    ends = slice(0, count // 20), slice(count - count // 20, count)
    at_lamp = slice(count // 2 - 1, count // 2), slice(count // 2, count // 2 + 1)
    covered = slice(int(np.argmin(clouds)), int(np.argmin(clouds)) + 1)
    open_sky = slice(int(np.argmax(clouds)), int(np.argmax(clouds)) + 1)
    strike = slice(count // 3 - 1, count // 3), slice(count // 3, count // 3 + 1)
    return [
        Scene("constant light, exposure swings", none, swing, none),
        Scene("constant light, exposure wanders", none, wander, none),
        Scene("dusk of 10 EV, ramp in 1/3 EV", dusk, np.floor(follows * 3) / 3, follows - 1 / 6, ends),
        Scene("constant light, shutter alternates by 1/2 EV", none, 0.25 * (-1.0) ** number, none),
        Scene("clouds, exposure wanders", clouds, wander, none, (covered, open_sky)),
        Scene("clouds, exposure locked", clouds, none, none, (covered, open_sky)),
        Scene("lamp on, exposure wanders", lamp, 0.7 * wander, none, at_lamp),
        Scene("lamp on, exposure locked", lamp, none, none, at_lamp),
        Scene("lightning at night, exposure locked", lightning, none, none, strike),
    ]


def pictures(scene: Scene) -> Iterator[bytes]:
    """The frames, with the noise of a sensor."""
    random, reflectance = np.random.default_rng(11), _reflectance()
    for ev in (scene.light + scene.exposure).tolist():
        coded = _coded(reflectance, ev)[:, :, None] * _TINT + random.normal(0, _NOISE, (HEIGHT, WIDTH, 1))
        rgb = (coded * 255 + 0.5).clip(0, 255).astype(np.uint8)
        yield simplejpeg.encode_jpeg(np.ascontiguousarray(rgb), quality=90)


def wanted(scene: Scene) -> Values:
    """How bright each picture should be, 0 to 1."""
    reflectance = _reflectance()
    weight = np.array([0.299, 0.587, 0.114])
    return np.array(
        [
            float((_coded(reflectance, ev)[:, :, None] * _TINT).clip(0, 1).mean(axis=(0, 1)) @ weight)
            for ev in (scene.light + scene.steady).tolist()
        ]
    )


_TINT = np.array([1.0, 0.97, 0.9])


def _reflectance() -> Values:
    """Patches of four stops, and a sky above them."""
    patches = np.exp2(np.random.default_rng(5).uniform(-5, -1, (HEIGHT // 20, WIDTH // 20)))
    picture: Values = patches.repeat(20, axis=0).repeat(20, axis=1)
    picture[: HEIGHT // 3] = np.linspace(0.8, 0.4, HEIGHT // 3)[:, None]
    return picture


def _coded(reflectance: Values, ev: float) -> Values:
    coded: Values = np.clip(reflectance * 2**ev, 0, 1) ** (1 / _GAMMA)
    return coded
