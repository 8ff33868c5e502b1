"""Numbers as a person reads them."""

from __future__ import annotations

import pytest

from timelapse.show import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (0.9, "0 s"),
        (12, "12 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86_400 * 41 + 3600 * 3 + 59, "41 d 3 h"),
    ],
)
def test_duration_of_seconds_names_the_two_largest_units(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.5, "0.5 s"), (10.0, "10 s"), (90.0, "90 s"), (300.0, "5 min"), (7200.0, "2 h")]
)
def test_interval_of_seconds_is_exact(seconds: float, said: str) -> None:
    assert words.interval(seconds) == said


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (301_000, "301 kB"),
        (999_400, "999 kB"),
        (999_600, "1.0 MB"),
        (12_300_000_000, "12.3 GB"),
        (999_960_000, "1.0 GB"),
        (123_000_000, "123 MB"),
        (2_000_000_000_000, "2.0 TB"),
    ],
)
def test_size_of_bytes_has_three_digits_at_most(size_bytes: int, said: str) -> None:
    assert words.size(size_bytes) == said


@pytest.mark.parametrize(
    ("lateness_us", "said"),
    [(412, "0.4 ms late"), (0, "0.0 ms late"), (-80, "0.1 ms early"), (1_234_567, "1.23 s late")],
)
def test_lateness_says_late_or_early(lateness_us: int, said: str) -> None:
    assert words.lateness(lateness_us) == said


def test_count_of_one_has_no_plural() -> None:
    assert [words.count(number, "frame") for number in (0, 1, 1234)] == ["0 frames", "1 frame", "1,234 frames"]


def test_plain_foreign_text_holds_no_escape_sequence_and_no_newline() -> None:
    assert words.plain("evil\x1b[2Jcamera\nsecond line") == "evil [2Jcamera second line"
    assert words.plain("Kamera Süd  2") == "Kamera Süd  2"


@pytest.mark.parametrize("width", [0, 2, 3, 10, 11, 12])
def test_cut_long_text_keeps_to_the_width_and_marks_it(width: int) -> None:
    cut = words.cut("hello world", width)
    assert len(cut) <= width
    assert cut == "hello world" if width >= 11 else set(cut[-3:]) <= {"."}
