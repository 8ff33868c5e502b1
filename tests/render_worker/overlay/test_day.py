"""How much of its local day is over at a slot."""

from __future__ import annotations

import pytest

from render_worker.overlay.day import part_of_day
from tests.rig.zone import utc_ns, zone

HOUR_MS = 3_600_000


def _ms(text: str) -> int:
    return utc_ns(text) // 1_000_000


@pytest.mark.parametrize(
    ("midnight", "hours", "before_min", "after_min", "changes_at"),
    [("2026-03-28T23:00", 23, 60, 120, 2), ("2026-10-24T22:00", 25, 120, 60, 3), ("2026-06-01T22:00", 24, 120, 120, 9)],
)
def test_day_of_any_length_grows_evenly_from_midnight_to_midnight(
    midnight: str, hours: int, before_min: int, after_min: int, changes_at: int
) -> None:
    first_ms = _ms(midnight)
    with zone("Europe/Oslo"):
        parts = [
            part_of_day(first_ms + hour * HOUR_MS, before_min if hour < changes_at else after_min)
            for hour in range(hours)
        ]
        following = part_of_day(first_ms + hours * HOUR_MS, after_min)
        last = part_of_day(first_ms + hours * HOUR_MS - 1, after_min)
    assert parts == pytest.approx([hour / hours for hour in range(hours)])
    assert following == pytest.approx(0)
    assert 0.9999 < last < 1


def test_day_of_a_frame_from_another_zone_follows_its_own_offset() -> None:
    with zone("America/New_York"):
        assert part_of_day(_ms("2026-06-01T10:00"), 120) == pytest.approx(0.5)


def test_day_that_begins_at_one_o_clock_begins_at_its_first_instant() -> None:
    with zone("Africa/Cairo"):  # 24 April 2026 begins at 01:00
        assert part_of_day(_ms("2026-04-23T22:00"), 180) == pytest.approx(0)
        assert part_of_day(_ms("2026-04-24T20:59:59.999"), 180) == pytest.approx(1)
