"""White balance from the picture, eased."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.cameras.base import Frame, Image, Planes
from capture_worker.exposure.balance import Gains, Tint, eased, gain_step_ev, tint_of

GAINS = st.floats(0.5, 6.0)
STOPS = st.floats(-3.0, 3.0)


def _picture(red: float, blue: float, seed: int = 1) -> Image:
    """Gray patches of all shades with some colour in them, and red and blue so much too strong (linear factors)."""
    random = np.random.default_rng(seed)
    linear = random.uniform(0.02, 0.6, (90, 160, 1)) * (1 + random.normal(0, 0.05, (90, 160, 3)))
    linear *= np.array([blue, 1.0, red])
    return np.rint(np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def _frame(image: Image) -> Frame:
    return Frame(0, 0, image=image)


def test_tint_of_gray_is_none_to_speak_of() -> None:
    tint = tint_of(_frame(_picture(1.0, 1.0)))
    assert tint is not None
    assert abs(tint.red_ev) < 0.05
    assert abs(tint.blue_ev) < 0.05


def test_tint_has_the_sign_of_what_is_too_much() -> None:
    tint = tint_of(_frame(_picture(1.15, 0.85)))
    assert tint is not None
    assert tint.red_ev > 0.05
    assert tint.blue_ev < -0.05


@pytest.mark.parametrize("image", [np.zeros((90, 160, 3), np.uint8), np.full((90, 160, 3), 255, np.uint8)])
def test_tint_of_black_and_white_is_not_known(image: Image) -> None:
    assert tint_of(_frame(image)) is None


def test_tint_of_a_red_evening_is_not_known_so_that_it_stays_red() -> None:
    assert tint_of(_frame(_picture(3.0, 0.25))) is None


def test_tint_of_a_jpeg_is_not_known() -> None:
    assert tint_of(Frame(0, 0, jpeg=b"")) is None


@pytest.mark.parametrize("size", [(2, 2), (64, 48), (1920, 1080), (642, 482)])
def test_tint_of_planes_is_that_of_the_same_picture(size: tuple[int, int]) -> None:
    """Neutral in Y, and half of a tenth of white in U and V."""
    width, height = size
    y = np.full((height, width + 32), 128, np.uint8)[:, :width]
    u, v = (np.full((height // 2, width // 2), 128 + shift, np.uint8) for shift in (-6, 6))
    tint = tint_of(Frame(0, 0, planes=Planes(y, u, v)))
    assert tint is not None
    assert tint.red_ev > 0.1
    assert tint.blue_ev < -0.1


@given(st.tuples(GAINS, GAINS), st.tuples(GAINS, GAINS), STOPS, STOPS, st.floats(0.01, 900.0))
def test_gains_move_by_no_more_than_their_step(
    asked: Gains, had: Gains, red_ev: float, blue_ev: float, elapsed_s: float
) -> None:
    after = eased(asked, had, Tint(red_ev, blue_ev), elapsed_s)
    assert all(abs(np.log2(b / a)) <= gain_step_ev(elapsed_s) + 1e-9 for a, b in zip(asked, after, strict=True))


def test_gains_come_to_rest_where_the_picture_is_neutral_whatever_the_delay() -> None:
    """The light is too red for the gains that an evening left behind; the camera obeys three frames late."""
    light = (1.3, 0.8)
    asked: Gains = (1.0, 1.0)
    in_force: list[Gains] = [asked] * 3
    history = []
    for k in range(400):
        had = in_force[k]
        tint = tint_of(_frame(_picture(light[0] * had[0], light[1] * had[1], seed=k)))
        asked = eased(asked, had, tint, 10.0) if tint is not None else asked
        in_force.append(asked)
        history.append(asked)
    assert history[-1] == pytest.approx((1 / 1.3, 1 / 0.8), rel=0.04)
    assert history[-1] == pytest.approx(history[-50], rel=0.03)
    assert min(red for red, _ in history) > 1 / 1.3 * 0.95


def test_gains_hold_still_in_noise() -> None:
    asked: Gains = (1.8, 1.5)
    for k in range(50):
        tint = tint_of(_frame(_picture(1.0, 1.0, seed=k)))
        assert tint is not None
        asked = eased(asked, (1.8, 1.5), tint, 10.0)
    assert asked == pytest.approx((1.8, 1.5), rel=0.03)
