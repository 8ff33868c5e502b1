"""Frames of several spans at once: the same as of each alone, with a ledger and without."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rig.planted_archive import PlantedArchive
from tests.rig.zone import utc_ns, zone

HOUR_MS = 3_600_000
FIRST_MS = utc_ns("2026-10-24T20:00") // 1_000_000
"""In Oslo the hour from two to three comes twice in the night that follows."""
HOURS = 60


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(-30, HOURS + 30), min_size=2, max_size=12, unique=True), st.booleans())
def test_frames_within_spans_are_those_of_each_in_order(bounds: list[int], stale: bool) -> None:
    edges = sorted(FIRST_MS + hour * HOUR_MS for hour in bounds)
    spans = [(first, end) for number, (first, end) in enumerate(pairwise(edges)) if number % 2 == 0]
    with tempfile.TemporaryDirectory() as place, zone("Europe/Oslo"):
        planting = PlantedArchive(Path(place))
        slots = [FIRST_MS + quarter * HOUR_MS // 4 for quarter in range(HOURS * 4)]
        planting.frames(slots)
        planting.write()
        expected = [slot for slot in slots if any(first <= slot < end for first, end in spans)]
        if stale:
            # Of the days whose directory has changed since, the names are read.
            for day in sorted(Path(place).glob("main/2026/10/*"))[::2]:
                (day / "note.txt").touch()
        with planting.by_ledger() as archive:
            assert [row.slot_ms for row in archive.frames_within("main", spans)] == expected
            assert not archive.problem
        assert [row.slot_ms for row in planting.bare.frames_within("main", spans)] == expected


def test_frames_within_no_span_are_none(tmp_path: Path) -> None:
    planting = PlantedArchive(tmp_path)
    planting.frames([FIRST_MS])
    assert list(planting.bare.frames_within("main", [])) == []
