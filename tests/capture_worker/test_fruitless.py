"""When a camera that gives nothing to store is opened anew."""

from __future__ import annotations

import pytest

from capture_worker.fruitless import LEAST_NS, LEAST_SLOTS, Fruitless
from shared.causes import MissCause
from shared.clock import NS_PER_S


def _missed(fruitless: Fruitless, causes: list[MissCause], every_s: int) -> list[bool]:
    return [
        fruitless.missed(cause, number * every_s * NS_PER_S) is not None for number, cause in enumerate(causes, start=1)
    ]


@pytest.mark.parametrize("cause", ["damaged", "stale"])
def test_minute_of_nothing_but_bad_pictures_is_enough(cause: MissCause) -> None:
    assert _missed(Fruitless(), [cause] * 8, every_s=10) == [False] * 6 + [True] * 2


def test_two_bad_pictures_are_never_enough_however_far_apart() -> None:
    gaps = _missed(Fruitless(), ["damaged"] * LEAST_SLOTS, every_s=3600)
    assert gaps == [False] * (LEAST_SLOTS - 1) + [True]


def test_frame_in_between_begins_the_count_anew() -> None:
    fruitless = Fruitless()
    for number in range(100):
        assert fruitless.missed("damaged", number * 10 * NS_PER_S) is None
        assert fruitless.missed("stale", number * 10 * NS_PER_S + LEAST_NS) is None
        fruitless.stored()


def test_slots_missed_for_other_reasons_do_not_count() -> None:
    others: list[MissCause] = ["disk_full", "overrun", "starting", "clock_step", "camera_lost"]
    assert not any(_missed(Fruitless(), others * 20, every_s=60))


def test_reason_says_what_the_pictures_were_and_what_to_do() -> None:
    fruitless = Fruitless()
    for number in range(8):
        why = fruitless.missed("damaged", number * 10 * NS_PER_S)
    assert why is not None
    assert why.startswith("for 70 s it gave nothing that can be stored, in 8 slots; the last picture was damaged;")
    assert "restart the camera" in why
