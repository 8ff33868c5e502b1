"""Focus, region, bounds of the exposure, controls and credits."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config import picture_values as values


@pytest.mark.parametrize(
    ("parse", "render", "text", "value", "rendered"),
    [
        (values.parse_lens_position, values.format_lens_position, "auto", None, "auto"),
        (values.parse_lens_position, values.format_lens_position, "0", 0.0, "0"),
        (values.parse_lens_position, values.format_lens_position, " 2.50 ", 2.5, "2.5"),
        (values.parse_lens_position, values.format_lens_position, "100", 100.0, "100"),
        (values.parse_longest_exposure_s, values.format_longest_exposure, "auto", 0.0, "auto"),
        (values.parse_longest_exposure_s, values.format_longest_exposure, "0", 0.0, "auto"),
        (values.parse_longest_exposure_s, values.format_longest_exposure, "2", 2.0, "2s"),
        (values.parse_longest_exposure_s, values.format_longest_exposure, "1ms", 0.001, "1ms"),
        (values.parse_longest_exposure_s, values.format_longest_exposure, "10m", 600.0, "10m"),
        (values.parse_highest_gain, values.format_highest_gain, "auto", 0.0, "auto"),
        (values.parse_highest_gain, values.format_highest_gain, "0", 0.0, "auto"),
        (values.parse_highest_gain, values.format_highest_gain, "10.6", 10.6, "10.6"),
        (values.parse_region, values.format_region, "all", None, "all"),
        (values.parse_region, values.format_region, "0,0,1,1", (0.0, 0.0, 1.0, 1.0), "0,0,1,1"),
        (values.parse_region, values.format_region, ".1, .2, .9, .8", (0.1, 0.2, 0.9, 0.8), "0.1,0.2,0.9,0.8"),
        (values.parse_control, str, " 1.5,2 ", "1.5,2", "1.5,2"),
        (values.parse_credit, str, "", "", ""),
        (values.parse_credit, str, "© 2026 Jane Doe <jane@cam>", "© 2026 Jane Doe <jane@cam>", None),
    ],
)
def test_value_that_is_right_is_taken_and_rendered_so_that_it_reads_back(
    parse: Callable[[str], Any], render: Callable[[Any], str], text: str, value: object, rendered: str | None
) -> None:
    assert parse(text) == value
    assert render(value) == (text if rendered is None else rendered)
    assert parse(render(value)) == value


@pytest.mark.parametrize(
    ("parse", "text", "told"),
    [
        (values.parse_lens_position, "-1", "'-1' is out of range: from 0 to 100, or auto"),
        (values.parse_lens_position, "101", "from 0 to 100"),
        (values.parse_lens_position, "2m", "not a plain number (write digits and a decimal point, no unit), or auto"),
        (values.parse_lens_position, "Auto", "'Auto' is neither a number nor auto (did you mean auto?)"),
        (values.parse_lens_position, "nan", "not a plain number"),
        (values.parse_longest_exposure_s, "11m", "from 1ms to 10m, or auto"),
        (values.parse_longest_exposure_s, "0.5ms", "from 1ms to 10m"),
        (values.parse_longest_exposure_s, "5 sec", "unknown unit 'sec' (did you mean s?)"),
        (values.parse_longest_exposure_s, "atuo", "(did you mean auto?)"),
        (values.parse_highest_gain, "0.5", "from 1 to 1000, or auto"),
        (values.parse_highest_gain, "8x", "not a plain number"),
        (values.parse_region, "al", "'al' is not a region (did you mean all?)"),
        (values.parse_region, "0.25", "(write LEFT,TOP,WIDTH,HEIGHT as parts of the sensor, such as"),
        (values.parse_region, "0,0,1,1,1", "is not a region"),
        (values.parse_region, "25%,25%,50%,50%", "write parts of 1 instead of percentages"),
        (values.parse_region, "0,0,640,480", "'0,0,640,480': '640' is out of range: from 0 to 1"),
        (values.parse_region, "0,-.1,1,1", "'-.1' is out of range"),
        (values.parse_region, "0,0,0,1", "has no width"),
        (values.parse_region, "0,0,1,0", "has no height"),
        (values.parse_region, "0.5,0,0.6,1", "goes beyond the sensor's right edge"),
        (values.parse_region, "0,0.5,1,0.6", "goes beyond the sensor's lower edge"),
        (values.parse_control, "  ", "a value is missing here"),
        (values.parse_control, "1\n2", "holds a control character or a line's end"),
        (values.parse_control, "x" * 201, "has 201 characters; 200 are the most"),
        (values.parse_credit, "Jane\tDoe", "write one line of text"),
        (values.parse_credit, "x" * 201, "200 are the most"),
    ],
)
def test_value_that_is_wrong_is_refused_and_told_why(parse: Callable[[str], Any], text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        parse(text)


@pytest.mark.parametrize(
    "parse",
    [
        values.parse_lens_position,
        values.parse_longest_exposure_s,
        values.parse_highest_gain,
        values.parse_region,
        values.parse_control,
        values.parse_credit,
    ],
)
@given(text=st.text(max_size=30) | st.text("0123456789.,%-+ea tuolms", max_size=12))
def test_text_of_any_kind_raises_nothing_but_value_error(parse: Callable[[str], Any], text: str) -> None:
    try:
        parse(text)
    except ValueError:
        return
