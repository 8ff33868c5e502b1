"""What `gaps` says of each slot, against a plain count: windows, changes of the clocks, of the interval, two lives."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sunrise, sunset
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from shared.ledger.archive import Archive
from shared.ledger.coverage import Coverage, coverage_of
from shared.ledger.database import open_for_writing
from shared.ledger.reading import reading
from shared.ledger.rows import Run, SettingsRow
from shared.ledger.schema import FILE_NAME, KIND_OF_CAUSE, RECORDED
from storage_worker.ledger.batch import Batch, Cameras
from tests.rig.zone import utc_ns, zone

ZONE = "Europe/Oslo"
NIGHTS_S = tuple(utc_ns(text) // 10**9 for text in ("2026-10-24T23:00", "2026-03-28T23:30", "2026-06-14T22:00"))
"""An hour comes twice, an hour is left out, and nothing happens."""
NEAR_S = 61
"""Within a minute of a change of the settings an account counts for what is next to it."""
LATER_MS = 3_600_000
Told = dict[int, str]
"""By slot in milliseconds: `recorded`, or a cause."""


class Part(Struct, frozen=True):
    """Settings in force for a while. Who writes them down hears of them `late_s` later than who records, or earlier."""

    length_s: int
    interval_s: int
    window: str
    late_s: int


PARTS = st.lists(
    st.builds(
        Part,
        length_s=st.integers(600, 4000),
        interval_s=st.sampled_from([5, 10, 15, 60, 300]),
        window=st.sampled_from(["always", "00:00-02:30", "02:30-03:30", "02:15-02:45"]),
        late_s=st.integers(-5, 20),
    ),
    min_size=1,
    max_size=4,
)
OUTCOMES = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from(["recorded", "recorded", "hang", "camera_lost", "down", "untold"])),
    min_size=1,
    max_size=20,
)


def is_open(window: str, at_s: int) -> bool:
    """By the calendar alone: of a time that comes twice the first counts."""
    if window == "always":
        return True
    here = ZoneInfo(ZONE)
    today = dt.datetime.fromtimestamp(at_s, here).date()
    first, last = (dt.time.fromisoformat(text) for text in window.split("-"))
    opens, closes = (dt.datetime.combine(today, at, here).timestamp() for at in (first, last))
    return opens <= at_s < closes


def due_slots(start_s: int, parts: list[Part]) -> Iterator[tuple[int, int, int]]:
    """Each slot of all parts, with its interval, and how far it is from the next change; seconds."""
    at_s = start_s
    changes = []
    for part in parts:
        changes.append(at_s)
        at_s += part.length_s
    for first_s, part in zip(changes, parts, strict=True):
        for slot_s in range(first_s, first_s + part.length_s):
            if slot_s % part.interval_s == 0 and is_open(part.window, slot_s):
                yield slot_s, part.interval_s, min(abs(slot_s - change_s) for change_s in changes)


def outcomes_of(blocks: list[tuple[int, str]]) -> Iterator[str]:
    """One for each slot, for ever."""
    while True:
        for count, outcome in blocks:
            yield from [outcome] * count


class Ledger:
    """A directory with a ledger of one camera."""

    def __init__(self, output_dir: Path) -> None:
        self.output_dir = output_dir
        self._batch = Batch()

    def tell(self, slot_s: int, interval_s: int, outcome: str) -> None:
        """What became of a slot."""
        kind = RECORDED if outcome == "recorded" else KIND_OF_CAUSE[outcome]
        self._batch.add_run("main", Run(slot_s * 1000, slot_s * 1000, interval_s * 1000, kind))

    def configure(self, from_s: int, interval_s: int, window: str, place: tuple[float, float] | None = None) -> None:
        """How it is configured from then on."""
        latitude, longitude = place or (None, None)
        row = SettingsRow(from_s * 1000, interval_s * 1000, window, ZONE, latitude, longitude)
        self._batch.add_settings("main", row)

    def coverage(self, span: tuple[int, int], now_ms: int) -> Coverage | None:
        """What is told of a span."""
        database = open_for_writing(self.output_dir / FILE_NAME)
        self._batch.carry_out(database, Cameras())
        database.close()
        with reading(self.output_dir) as reader:
            return coverage_of(Archive(self.output_dir, reader), reader, "main", span, now_ms, None)


def missing_in(coverage: Coverage | None) -> Told:
    """Every missing slot with its cause. Each once."""
    found: Told = {}
    for gap in coverage.gaps if coverage else []:
        for slot_ms in range(gap.first_ms, gap.last_ms + 1, gap.interval_ms):
            assert slot_ms not in found, "it is in two gaps"
            found[slot_ms] = gap.cause
    return found


@given(
    start_s=st.sampled_from(NIGHTS_S),
    parts=PARTS,
    blocks=OUTCOMES,
    cut=st.tuples(st.floats(0, 0.5), st.floats(0.5, 1.0)),
)
@settings(max_examples=200, deadline=None)
def test_gaps_are_the_slots_that_a_plain_count_finds(
    start_s: int, parts: list[Part], blocks: list[tuple[int, str]], cut: tuple[float, float]
) -> None:
    length_s = sum(part.length_s for part in parts)
    span = tuple((start_s + round(share * length_s)) * 1000 for share in cut)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name, zone(ZONE):
        ledger = Ledger(Path(name))
        at_s = start_s
        for number, part in enumerate(parts):
            ledger.configure(at_s + (part.late_s if number else -1), part.interval_s, part.window)
            at_s += part.length_s
        missing: Told = {}
        known_ms = None
        for (slot_s, interval_s, far_s), outcome in zip(due_slots(start_s, parts), outcomes_of(blocks), strict=False):
            told = outcome
            if outcome == "untold" and far_s <= NEAR_S + 600:
                told = "hang"
            if told != "untold":
                ledger.tell(slot_s, interval_s, told)
                known_ms = slot_s * 1000 if known_ms is None else known_ms
            if told != "recorded" and known_ms is not None and span[0] <= slot_s * 1000 < span[1]:
                missing[slot_s * 1000] = "unknown" if told == "untold" else told
        coverage = ledger.coverage((span[0], span[1]), (start_s + length_s) * 1000 + LATER_MS)
        assert missing_in(coverage) == missing


@given(first=OUTCOMES, second=OUTCOMES, back=st.integers(0, 300), count=st.integers(1, 300))
@settings(max_examples=100, deadline=None)
def test_slot_of_two_lives_is_missing_only_where_neither_has_a_frame(
    first: list[tuple[int, str]], second: list[tuple[int, str]], back: int, count: int
) -> None:
    start_s, interval_s = NIGHTS_S[2], 10
    told: dict[int, set[str]] = {}
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name, zone(ZONE):
        ledger = Ledger(Path(name))
        ledger.configure(start_s, interval_s, "always")
        ledger.tell(start_s, interval_s, "recorded")
        lives = (range(1, 301), range(301 - back, 301 - back + count))
        for slots, blocks in zip(lives, (first, second), strict=True):
            for number, outcome in zip(slots, outcomes_of(blocks), strict=False):
                slot_s = start_s + number * interval_s
                told.setdefault(slot_s * 1000, set()).add(outcome)
                if outcome != "untold":
                    ledger.tell(slot_s, interval_s, outcome)
        end_ms = max(told) + 1
        missing = missing_in(ledger.coverage((start_s * 1000, end_ms), end_ms + LATER_MS))
    assert set(missing) == {slot for slot, outcomes in told.items() if "recorded" not in outcomes}
    for slot, cause in missing.items():
        causes = told[slot] - {"untold"}
        assert cause in (causes or {"unknown"})
        assert cause != "down" or causes == {"down"}, "the account that knows more counts"


def test_frame_of_a_finer_grid_right_behind_a_coarse_slot_hides_no_miss() -> None:
    """10 s, and 2 s from 13:00:15 on: 16 and 18 are missed; the frame of 10 says nothing about them."""
    start_s = NIGHTS_S[2]
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name, zone(ZONE):
        ledger = Ledger(Path(name))
        ledger.configure(start_s, 10, "always")
        ledger.configure(start_s + 15, 2, "always")
        for offset_s, interval_s, outcome in (
            (0, 10, "recorded"),
            (10, 10, "recorded"),
            (16, 2, "hang"),
            (18, 2, "hang"),
            (20, 2, "recorded"),
        ):
            ledger.tell(start_s + offset_s, interval_s, outcome)
        span = (start_s * 1000, (start_s + 22) * 1000)
        missing = missing_in(ledger.coverage(span, span[1] + LATER_MS))
    assert [slot // 1000 - start_s for slot in missing] == [16, 18]


def test_hole_is_judged_by_the_interval_around_it_where_the_settings_were_written_down_late() -> None:
    """The storage worker was down for an hour when the interval was changed."""
    start_s = NIGHTS_S[2]
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name, zone(ZONE):
        ledger = Ledger(Path(name))
        ledger.configure(start_s, 60, "always")
        ledger.configure(start_s + 3600, 5, "always")
        for slot_s in range(start_s, start_s + 1800, 5):
            if not 900 <= slot_s - start_s < 930:
                ledger.tell(slot_s, 5, "recorded")
        span = (start_s * 1000, (start_s + 1800) * 1000)
        missing = missing_in(ledger.coverage(span, span[1] + LATER_MS))
    assert [slot // 1000 - start_s for slot in missing] == [900, 905, 910, 915, 920, 925]


def test_window_by_the_sun_has_gaps_from_sunrise_to_sunset_only() -> None:
    """Three days in Oslo, of which the first second alone was recorded."""
    place = (59.9, 10.7)
    start_s = utc_ns("2026-06-10T01:00") // 10**9
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name, zone(ZONE):
        ledger = Ledger(Path(name))
        ledger.configure(start_s - 60, 60, "sunrise..sunset", place)
        ledger.tell(start_s, 60, "recorded")
        span = (start_s * 1000, (start_s + 3 * 86_400) * 1000)
        missing = missing_in(ledger.coverage(span, span[1] + LATER_MS))
    expected = set()
    for day in range(-1, 4):
        date = dt.date(2026, 6, 10) + dt.timedelta(days=day)
        rises, sets = (at(Observer(*place), date, tzinfo=dt.UTC).timestamp() for at in (sunrise, sunset))
        expected |= {
            slot_s * 1000 for slot_s in range(start_s + 60, start_s + 3 * 86_400, 60) if rises <= slot_s < sets
        }
    assert abs(len(expected) - 3 * 18.5 * 60) < 60
    assert len(expected.symmetric_difference(missing)) <= 8, "the sun's own second may fall on either side of a slot"
    assert set(missing.values()) == {"unknown"}
