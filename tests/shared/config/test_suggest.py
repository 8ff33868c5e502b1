"""Did you mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.suggest import closest, did_you_mean

KEYS = ["stop_above", "clean", "clean_above", "clean_to"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("stop_abov", "stop_above"),
        ("Stop-Above", "stop_above"),
        ("cleanto", "clean_to"),
        ("clen", "clean"),
        ("standby", None),
        ("", None),
    ],
)
def test_word_mistyped_finds_the_nearest(word: str, meant: str | None) -> None:
    assert closest(word, KEYS) == meant


def test_hint_is_empty_where_nothing_is_near() -> None:
    assert did_you_mean("xyz", KEYS) == ""
    assert did_you_mean("clean_ot", KEYS) == " (did you mean clean_to?)"


@given(st.text())
def test_word_of_any_kind_finds_one_of_the_known_or_none(word: str) -> None:
    assert closest(word, KEYS) in {*KEYS, None}


def test_word_that_is_endless_is_not_compared() -> None:
    assert closest("clean" * 10_000, KEYS) is None
