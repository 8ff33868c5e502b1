"""The words over a picture."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render_worker.overlay.fields import Facts, check_overlay, exposure_text, lines, local_time, samples, stamped
from render_worker.request import Overlay
from shared.errors import UsageError
from tests.rig.zone import utc_ns, zone

NOON_MS = utc_ns("2026-06-01T10:30:05.250") // 1_000_000


def _facts(**changes: object) -> Facts:
    values = {"camera": "main", "local": local_time(NOON_MS, 120), "frame": 7, "frames": 1440, "exposure_us": 4000}
    return Facts(**{**values, **changes})  # type: ignore[arg-type]  # the tests give what is asked for


def test_lines_with_every_field_say_what_is_known_of_the_frame() -> None:
    overlay = Overlay(text="{camera} {date} {time} {frame}/{frames} {exposure}")
    assert lines(overlay, _facts()) == ("main 2026-06-01 12:30 7/1440 1/250 s",)


def test_lines_of_text_and_stamp_are_two_the_text_above() -> None:
    overlay = Overlay(text="Fjord {{ø}}", timestamp="%H:%M:%S.%f 100 %%")
    assert lines(overlay, _facts()) == ("Fjord {ø}", "12:30:05.250000 100 %")


def test_lines_without_an_exposure_leave_it_out() -> None:
    assert lines(Overlay(text="at {time}  {exposure}"), _facts(exposure_us=None)) == ("at 12:30",)


@pytest.mark.parametrize(
    ("exposure_us", "text"),
    [(4000, "1/250 s"), (2_500_000, "2.5 s"), (30_000_000, "30 s"), (300_000, "0.3 s"), (250_000, "1/4 s"),
     (123_400_000, "123 s"), (None, ""), (0, ""), (-5, ""), (125, "1/8000 s"), (1_000_000, "1 s")],
)  # fmt: skip
def test_exposure_is_told_as_photographers_do(exposure_us: int | None, text: str) -> None:
    assert exposure_text(exposure_us) == text


def test_local_time_follows_the_frames_own_offset_wherever_the_machine_is() -> None:
    with zone("America/New_York"):
        local = local_time(NOON_MS, 120)
    assert (local.isoformat(), stamped("%H:%M %z %Z", local)) == (
        "2026-06-01T12:30:05.250000+02:00",
        "12:30 +0200 UTC+02:00",
    )


def test_local_time_in_the_machines_zone_has_that_zones_name() -> None:
    with zone("Europe/Oslo"):
        assert stamped("%H:%M %Z", local_time(NOON_MS, 120)) == "12:30 CEST"


def test_local_time_in_the_repeated_hour_tells_both_of_them_apart() -> None:
    first_ms = utc_ns("2026-10-25T00:30") // 1_000_000
    with zone("Europe/Oslo"):
        told = [stamped("%H:%M %Z", local_time(first_ms + hours * 3_600_000, 120 - hours * 60)) for hours in (0, 1)]
    assert told == ["02:30 CEST", "02:30 CET"]


@pytest.mark.parametrize("text", ["{camra}", "{}", "{0}", "{frame:05d}", "{camera!r}", "{camera.name}", "{camera", "}"])
def test_check_of_an_unknown_field_says_which_there_are(text: str) -> None:
    with pytest.raises(UsageError, match=r"\{camera\} \{date\} \{time\} \{frame\} \{frames\} \{exposure\}") as told:
        check_overlay(Overlay(text=text))
    assert text in str(told.value)


@pytest.mark.parametrize("stamp", ["%Q", "%", "%H:%", "%5H", "%s", "%n", "%%%"])
def test_check_of_a_bad_time_stamp_says_which_directives_there_are(stamp: str) -> None:
    with pytest.raises(UsageError, match=r"no directive of strftime\. There are %Y %m %d %H %M %S"):
        check_overlay(Overlay(timestamp=stamp))


@pytest.mark.parametrize("words", ["two\nlines", "a\x00", "\udcff"])
def test_check_of_letters_that_can_not_be_drawn_is_an_error(words: str) -> None:
    with pytest.raises(UsageError, match="in one line"):
        check_overlay(Overlay(text=words))
    with pytest.raises(UsageError, match="in one line"):
        check_overlay(Overlay(timestamp=words))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=12), st.text("%-_0HMSYmdQs:{} ", max_size=8))
def test_checked_words_never_fail_later(text: str, stamp: str) -> None:
    overlay = Overlay(text=text, timestamp=stamp)
    try:
        check_overlay(overlay)
    except UsageError:
        return
    lines(overlay, _facts())
    samples(overlay, "main", 10)


@pytest.mark.parametrize("stamp", ["%A %-d %B %Y %p %H:%M", "%a %z %Z %j", "%c", "%X %x %f"])
def test_samples_are_as_long_as_any_time_of_a_year(stamp: str) -> None:
    overlay = Overlay(timestamp=stamp)
    longest = max(len(line) for words in samples(overlay, "main", 9) for line in words)
    start = dt.datetime(2027, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=45)))
    year = (start + dt.timedelta(hours=7 * step) for step in range(1250))
    assert max(len(stamped(stamp, moment)) for moment in year) <= longest
