"""Durations, sizes, percentages, resolutions: both ways, and what a person is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config import units


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [
        ("10", 10.0),
        ("200ms", 0.2),
        ("0.5s", 0.5),
        (".5", 0.5),
        ("5m", 300.0),
        ("1.5h", 5400.0),
        ("7d", 604800.0),
        ("0", 0.0),
    ],
)
def test_duration_in_each_notation_gives_seconds(text: str, duration_s: float) -> None:
    assert units.parse_duration_s(text) == duration_s
    assert units.parse_duration_s(f"  {text} ") == duration_s


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10x", "'10x' is not a duration: unknown unit 'x' (write ms, s, m, h, d)"),
        ("10 minutes", "unknown unit 'minutes' (did you mean m?)"),
        ("10S", "(did you mean s?)"),
        ("-5s", "it can't be negative"),
        ("0,5s", "decimals take a point, not a comma"),
        ("1h30m", "is not a duration (write 10, 200ms"),
        ("", "'' is not a duration"),
        ("1e3", "is not a duration"),
        ("٣", "is not a duration"),
        ("9" * 400, "is not a duration"),
        ("nan", "is not a duration"),
    ],
)
def test_duration_that_is_none_is_refused_with_a_reason(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="is not a duration") as caught:
        units.parse_duration_s(text)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (0.0, "0s"),
        (0.2, "200ms"),
        (10.0, "10s"),
        (90.0, "90s"),
        (300.0, "5m"),
        (86400.0, "1d"),
        (0.0005, "0.0005s"),
        (1e-7, "0.0000001s"),
    ],
)
def test_duration_formatted_takes_the_largest_whole_unit(duration_s: float, text: str) -> None:
    assert units.format_duration(duration_s) == text


@given(st.integers(0, 10**13).map(lambda duration_ms: duration_ms / 1000) | st.floats(1e-6, 1e9))
def test_duration_formatted_and_parsed_is_the_same(duration_s: float) -> None:
    assert units.parse_duration_s(units.format_duration(duration_s)) == duration_s


@given(st.integers(0, 10**13))
def test_duration_of_whole_milliseconds_is_exact(duration_ms: int) -> None:
    assert units.parse_duration_ms(units.format_duration(duration_ms / 1000)) == duration_ms
    assert units.parse_duration_ms(f"{duration_ms}ms") == duration_ms


def test_duration_of_half_a_millisecond_is_refused() -> None:
    with pytest.raises(ValueError, match="not a whole number of milliseconds"):
        units.parse_duration_ms("0.5ms")


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("500", 500),
        ("500B", 500),
        ("1kB", 1000),
        ("1KiB", 1024),
        ("500MB", 500_000_000),
        ("1.5 GB", 1_500_000_000),
        ("2TiB", 2 * 2**40),
    ],
)
def test_size_in_each_notation_gives_bytes(text: str, size_bytes: int) -> None:
    assert units.parse_size_bytes(text) == size_bytes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("5mb", "'5mb' is not a size: unknown unit 'mb' (did you mean MB?)"),
        ("5KB", "(did you mean kB?)"),
        ("5Q", "(write B, kB, KiB, MB, MiB, GB, GiB, TB, TiB)"),
        ("0.3B", "'0.3B' is not a whole number of bytes"),
        ("-1MB", "it can't be negative"),
    ],
)
def test_size_that_is_none_is_refused_with_a_reason(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="is not a") as caught:
        units.parse_size_bytes(text)
    assert told in str(caught.value)


@given(st.integers(0, 10**16))
def test_size_formatted_and_parsed_is_the_same(size_bytes: int) -> None:
    assert units.parse_size_bytes(units.format_size(size_bytes)) == size_bytes


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(0, "0B"), (1024, "1KiB"), (1000, "1kB"), (2**20, "1MiB"), (1_500_000, "1500kB")]
)
def test_size_formatted_has_the_fewest_digits(size_bytes: int, text: str) -> None:
    assert units.format_size(size_bytes) == text


def test_percent_with_and_without_its_sign_means_the_same() -> None:
    assert units.parse_percent("90%") == units.parse_percent("90") == units.parse_percent(" 90 % ") == 90.0
    assert units.parse_percent("0.9") == 0.9


@pytest.mark.parametrize("text", ["", "%", "90%%", "ninety", "-1%", "1e1"])
def test_percent_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a percentage.*\(write 90%\)"):
        units.parse_percent(text)


@given(st.floats(1e-6, 1e9))
def test_percent_formatted_and_parsed_is_the_same(percent: float) -> None:
    assert units.parse_percent(units.format_percent(percent)) == percent


@given(st.tuples(st.integers(0, 99999), st.integers(0, 99999)))
def test_resolution_formatted_and_parsed_is_the_same(resolution: tuple[int, int]) -> None:
    assert units.parse_resolution(units.format_resolution(resolution)) == resolution


@pytest.mark.parametrize("text", ["", "1920", "1920*1080", "1920X1080", "1920x", "x1080", "1920x1080x3", "-1x2"])
def test_resolution_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1920x1080"):
        units.parse_resolution(text)


@given(st.text())
def test_parsers_given_any_text_raise_nothing_but_value_error(text: str) -> None:
    for parse in (
        units.parse_duration_s,
        units.parse_duration_ms,
        units.parse_size_bytes,
        units.parse_percent,
        units.parse_resolution,
    ):
        try:
            parse(text)
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017 - most texts are refused, some are not
