"""Booleans, numbers and bounds."""

from __future__ import annotations

import re

import pytest

from shared.config.scalars import format_boolean, one_of, parse_boolean, parse_number, parse_whole, within


@pytest.mark.parametrize("value", [True, False])
def test_boolean_formatted_and_parsed_is_the_same(value: bool) -> None:
    assert parse_boolean(format_boolean(value)) is value
    assert parse_boolean(format_boolean(value).upper()) is value


@pytest.mark.parametrize(
    ("text", "meant"), [("yes", "true"), ("On", "true"), ("1", "true"), ("no", "false"), ("OFF", "false")]
)
def test_boolean_of_yaml_1_1_is_refused_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=rf"'{text}' is neither true nor false \(did you mean {meant}\?\)"):
        parse_boolean(text)


def test_boolean_of_another_word_is_refused_without_a_guess() -> None:
    with pytest.raises(ValueError, match=r"'perhaps' is neither true nor false$"):
        parse_boolean("perhaps")


@pytest.mark.parametrize(("text", "number"), [("59.9", 59.9), ("-10", -10.0), ("+.5", 0.5)])
def test_number_plain_is_taken(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "nan", "inf", "1e5", "59,9", "59.9N", "1_0", "٣"])
def test_number_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a plain number"):
        parse_number(text)


@pytest.mark.parametrize("text", ["", "9.5", "9O", "1_0", "0x1", "9" * 5000])
def test_whole_number_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        parse_whole(text)


def test_bounds_hold_their_ends_and_nothing_beyond() -> None:
    parse = within(parse_whole, 1, 100, str)
    assert (parse("1"), parse("100")) == (1, 100)
    for text in ("0", "101"):
        with pytest.raises(ValueError, match=rf"'{text}' is out of range: from 1 to 100"):
            parse(text)


def test_word_that_is_known_is_taken_and_every_other_refused_with_the_nearest() -> None:
    parse = one_of(("auto", "locked", "ramp"))
    assert [parse(word) for word in ("auto", " ramp ")] == ["auto", "ramp"]
    for word, told in (("Ramp", "(did you mean ramp?)"), ("lock", "(did you mean locked?)"), ("on", "(known: auto, ")):
        with pytest.raises(ValueError, match=re.escape(f"'{word}' is not known here {told}")):
            parse(word)


@pytest.mark.parametrize(
    ("word", "meant"), [("true", "always"), ("Yes", "always"), ("on", "always"), ("off", "never"), ("FALSE", "never")]
)
def test_boolean_in_the_place_of_a_word_has_the_word_that_means_it(word: str, meant: str) -> None:
    with pytest.raises(ValueError, match=rf"\(did you mean {meant}\?\)"):
        one_of(("auto", "always", "never"))(word)
