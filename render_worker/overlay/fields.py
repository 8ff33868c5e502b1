"""The words over a picture: the time stamp, and the free text with its fields.

Owns: what each field and each directive of strftime becomes for a frame. Does not own: which there are
(`shared.overlay_words`), how the words look (`lettering`), nor where they stand (`layout`).
Invariant: pure, but for the names of the machine's time zone. A text that `check_overlay` has passed never fails later.
"""

from __future__ import annotations

import datetime as dt
import re
import string
import time
from collections.abc import Iterator

from msgspec import Struct

from render_worker.request import Overlay
from shared.errors import UsageError
from shared.overlay_words import DIRECTIVE, check_stamp, check_text

DATE, TIME = "%Y-%m-%d", "%H:%M"
"""What {date} and {time} are."""

_LEAST_SECONDS = 0.3
"""From here on an exposure is written as seconds, and as a fraction below."""
_SAMPLE_EXPOSURES_US = (None, 12, 88_888_000_000, 88_800_000, 2_500_000)
_SAMPLE_OFFSETS_MIN = (-765, 765)


class Facts(Struct, frozen=True):
    """What the words can tell of a frame. `frame` is its number from 1 on, of `frames`; `local` is its slot."""

    camera: str
    local: dt.datetime
    frame: int
    frames: int
    exposure_us: int | None = None


def check_overlay(overlay: Overlay) -> None:
    """Raises `UsageError` where the time stamp or the text can't be understood. Draws nothing, opens no font."""
    for name, words, check in (("time stamp", overlay.timestamp, check_stamp), ("text", overlay.text, check_text)):
        try:
            check(words)
        except ValueError as error:
            raise UsageError(f"overlay {name} {words!r}: {error}") from None


def lines(overlay: Overlay, facts: Facts) -> tuple[str, ...]:
    """The words over one frame: the text, then the time stamp, without what is not asked for."""
    asked = []
    if overlay.text:
        asked.append(_filled(overlay.text, facts).strip())
    if overlay.timestamp:
        asked.append(stamped(overlay.timestamp, facts.local))
    return tuple(asked)


def samples(overlay: Overlay, camera: str, frames: int) -> set[tuple[str, ...]]:
    """Words among which the widest ones of a video are: every month and weekday, both halves of the day.

    Every digit in them is a zero: digits are drawn in cells of one width.
    """
    found = set()
    for exposure_us in _SAMPLE_EXPOSURES_US if "{exposure}" in overlay.text else (None,):
        for local in _sample_times():
            words = lines(overlay, Facts(camera, local, frames, frames, exposure_us))
            found.add(tuple(re.sub("[0-9]", "0", line) for line in words))
    return found


def local_time(slot_ms: int, offset_min: int) -> dt.datetime:
    """A slot in the zone that its frame was taken in. The zone has its name where the machine is in it."""
    here = time.localtime(slot_ms // 1000)
    offset = dt.timedelta(minutes=offset_min)
    zone = dt.timezone(offset, here.tm_zone) if here.tm_gmtoff == offset_min * 60 else dt.timezone(offset)
    return dt.datetime.fromtimestamp(slot_ms // 1000, zone).replace(microsecond=slot_ms % 1000 * 1000)


def stamped(template: str, local: dt.datetime) -> str:
    """`template` with each directive of strftime replaced. What is between them need not be in the locale's letters."""
    return DIRECTIVE.sub(lambda found: local.strftime(found[0]), template)


def exposure_text(exposure_us: int | None) -> str:
    """1/250 s, 2.5 s, 30 s; empty where it is not known."""
    if not exposure_us or exposure_us < 0:
        return ""
    seconds = exposure_us / 1e6
    if seconds < _LEAST_SECONDS:
        return f"1/{round(1 / seconds)} s"
    return f"{seconds:.0f} s" if seconds >= 100 or round(seconds, 1).is_integer() else f"{seconds:.1f} s"


def _filled(template: str, facts: Facts) -> str:
    values = {
        "camera": facts.camera,
        "date": stamped(DATE, facts.local),
        "time": stamped(TIME, facts.local),
        "frame": str(facts.frame),
        "frames": str(facts.frames),
        "exposure": exposure_text(facts.exposure_us),
    }
    parts = string.Formatter().parse(template)
    return "".join(literal + (values[field] if field else "") for literal, field, _, _ in parts)


def _sample_times() -> Iterator[dt.datetime]:
    """The 20th to the 26th of each month, before and after noon, in zones with long names."""
    names = (None, None, *time.tzname)
    offsets = (*_SAMPLE_OFFSETS_MIN, 0, 0)
    zones = [_zone(offset, name) for offset, name in zip(offsets, names, strict=False)]
    for month in range(1, 13):
        for day in range(20, 27):
            for hour in (10, 22):
                yield dt.datetime(2026, month, day, hour, 0, 0, tzinfo=zones[day % len(zones)])


def _zone(offset_min: int, name: str | None) -> dt.timezone:
    offset = dt.timedelta(minutes=offset_min)
    return dt.timezone(offset, name) if name else dt.timezone(offset)
