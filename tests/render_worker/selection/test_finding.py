"""Choosing out of real trees and ledgers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from render_worker.request import Picking
from render_worker.selection.chosen import NothingToRender, Selection
from render_worker.selection.finding import chosen_of, select
from render_worker.selection.timeline import timeline
from shared.config.model import Location
from shared.errors import EX_UNAVAILABLE, UsageError
from shared.ledger.archive import Archive
from shared.ledger.reading import reading
from shared.ledger.rows import FrameRow
from tests.rig.planted_archive import PlantedArchive
from tests.rig.zone import utc_ns, zone

FPS = 25.0
ALL = Picking(0, 1 << 53)
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
OSLO = Location(59.91, 10.75)


def ms(text: str) -> int:
    """Milliseconds since the epoch of a time in UTC."""
    return utc_ns(text) // 1_000_000


START = ms("2026-06-10T10:00")


def chosen(archive: Archive, picking: Picking = ALL) -> Selection:
    """What is selected of the one camera."""
    return select(picking, archive, "main", FPS)


def local_times(selection: Selection) -> list[str]:
    """The hours and minutes that the frames' own names tell."""
    return [Path(frame.path).name[9:13] for frame in selection.frames]


def planted(output_dir: Path, lost: range, interval_ms: int = 10_000, count: int = 100) -> PlantedArchive:
    """A row of frames without some."""
    archive = PlantedArchive(output_dir)
    archive.frames(START + at * interval_ms for at in range(count) if at not in lost)
    return archive


def test_frames_of_a_bare_tree_are_all_there_with_the_gap_that_can_be_seen(tmp_path: Path) -> None:
    selection = chosen(planted(tmp_path, range(40, 45)).bare)
    assert (selection.found, len(selection.frames), selection.interval_ms) == (95, 95, 10_000)
    assert all(Path(frame.path).is_file() and Path(frame.path).is_absolute() for frame in selection.frames)
    assert {frame.bytes for frame in selection.frames} == {-1}
    [gap] = selection.gaps
    assert (gap.missing, gap.missing_ms, gap.held_pictures, gap.cause, gap.cut) == (5, 50_000, 5, "unknown", False)
    assert (gap.after.slot_ms, gap.before.slot_ms) == (START + 390_000, START + 450_000)
    assert len(timeline(selection, "hold", FPS)) == 100


def test_frames_by_the_ledger_have_their_sizes_and_gaps_their_causes(tmp_path: Path) -> None:
    planting = planted(tmp_path, range(40, 45))
    planting.told(START, START + 390_000, 10_000)
    planting.told(START + 400_000, START + 440_000, 10_000, "camera_lost")
    planting.told(START + 450_000, START + 990_000, 10_000)
    planting.write()
    with planting.by_ledger() as archive:
        selection = chosen(archive)
    assert {(frame.bytes, frame.brightness_percent) for frame in selection.frames} == {(1, 40)}
    assert [(gap.missing, gap.cause) for gap in selection.gaps] == [(5, "camera_lost")]


def test_frames_that_were_deleted_are_no_gap_by_the_ledger(tmp_path: Path) -> None:
    planting = planted(tmp_path, range(40, 45))
    planting.told(START, START + 990_000, 10_000)
    planting.write()
    with planting.by_ledger() as archive:
        assert chosen(archive).gaps == []


def test_time_outside_the_camera_s_window_is_no_gap_by_the_ledger(tmp_path: Path) -> None:
    planting = PlantedArchive(tmp_path)
    with zone("UTC"):
        for day in range(2):
            for hour, name in ((9, ""), (10, "hang"), (11, "")):
                first = ms(f"2026-06-1{day}T{hour:02}:00")
                if not name:
                    planting.frames(range(first, first + HOUR_MS, 60_000))
                planting.told(first, first + HOUR_MS - 60_000, 60_000, name)
        planting.configured(ms("2026-06-10T09:00"), 60_000, "09:00-12:00")
        planting.write()
        with planting.by_ledger() as archive:
            selection = chosen(archive)
    assert [(gap.missing, gap.cause, gap.held_pictures, gap.cut) for gap in selection.gaps] == [
        (60, "hang", 50, True)
    ] * 2


def test_ledger_that_is_damaged_is_done_without(tmp_path: Path) -> None:
    planting = planted(tmp_path, range(400, 405), count=1000)
    path = planting.write()
    with reading(tmp_path) as reader:
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\x5a" * (path.stat().st_size - 4096))
        archive = Archive(tmp_path, reader)
        selection = chosen(archive)
    assert archive.problem
    assert selection.found == 995
    assert [gap.missing for gap in selection.gaps] == [5]


def test_last_take_of_a_slot_counts_alone(tmp_path: Path) -> None:
    planting = planted(tmp_path, range(0))
    last = planting.frames([START + 50_000], take=2)
    selection = chosen(planting.bare)
    assert (selection.found, selection.frames[5].path) == (100, str(last[0]))


def test_range_is_half_open(tmp_path: Path) -> None:
    archive = planted(tmp_path, range(0)).bare
    selection = chosen(archive, Picking(START + 10_000, START + 30_000))
    assert [frame.slot_ms - START for frame in selection.frames] == [10_000, 20_000]


def test_length_is_what_the_video_has_with_its_gaps(tmp_path: Path) -> None:
    archive = planted(tmp_path, range(400, 600), interval_ms=1000, count=1000).bare
    selection = chosen(archive, Picking(0, 1 << 53, length_s=4))
    assert len(timeline(selection, "hold", FPS)) == 100
    assert (selection.found, selection.interval_ms) == (800, 10_091)
    assert [gap.held_pictures for gap in selection.gaps] == [18]
    skipped = select(Picking(0, 1 << 53, length_s=4), archive, "main", FPS, "skip")
    assert len(timeline(skipped, "skip", FPS)) == len(skipped.frames) == 100


def test_every_and_length_together_thin_out_twice(tmp_path: Path) -> None:
    archive = planted(tmp_path, range(0), interval_ms=1000, count=1000).bare
    selection = chosen(archive, Picking(0, 1 << 53, every_ms=10_000, length_s=2))
    assert len(selection.frames) == 50
    assert all(frame.slot_ms % 10_000 == 0 for frame in selection.frames)


@pytest.mark.parametrize(
    ("name", "first", "hours", "minutes"),
    [
        ("Europe/Oslo", "2026-10-24T22:00", 25, 60),
        ("Europe/Oslo", "2026-03-28T23:00", 23, 60),
        ("Australia/Lord_Howe", "2026-04-04T13:00", 24.5, 30),
        ("Australia/Lord_Howe", "2026-10-03T13:30", 23.5, 30),
    ],
)
def test_day_on_which_the_clocks_change_is_whole_and_in_order(
    tmp_path: Path, name: str, first: str, hours: float, minutes: int
) -> None:
    with zone(name):
        planting = PlantedArchive(tmp_path)
        count = int(hours * 6)
        planting.frames(ms(first) + at * 600_000 for at in range(count))
        selection = chosen(planting.bare)
        assert [frame.slot_ms - ms(first) for frame in selection.frames] == [at * 600_000 for at in range(count)]
        assert selection.gaps == []
        repeated = len(selection.frames) - len(set(local_times(selection)))
        assert repeated == (minutes // 10 if hours > 24 else 0)
        night = chosen(planting.bare, Picking(0, 1 << 53, between="01:00-04:00"))
        assert len(night.frames) == round((hours - 21) * 6)
        assert {time[:2] for time in local_times(night)} <= {"01", "02", "03"}


def test_hour_that_is_left_out_has_nothing_between(tmp_path: Path) -> None:
    with zone("Europe/Oslo"):
        planting = PlantedArchive(tmp_path)
        planting.frames(ms("2026-03-28T23:00") + at * 600_000 for at in range(138))
        with pytest.raises(NothingToRender, match=r"02:00-03:00 leaves in; there are frames from 2026-03-29 00:00:00"):
            chosen(planting.bare, Picking(0, 1 << 53, between="02:00-03:00"))


def test_between_over_midnight_has_both_halves(tmp_path: Path) -> None:
    with zone("Europe/Oslo"):
        planting = PlantedArchive(tmp_path)
        planting.frames(START + at * 600_000 for at in range(3 * 144))
        selection = chosen(planting.bare, Picking(0, 1 << 53, between="22:00-02:00"))
    assert {time[:2] for time in local_times(selection)} == {"22", "23", "00", "01"}
    assert len(selection.frames) == 3 * 24
    assert selection.gaps == []


def test_between_counts_what_is_missing_inside_alone(tmp_path: Path) -> None:
    with zone("UTC"):
        planting = PlantedArchive(tmp_path)
        lost = range(ms("2026-06-11T11:30"), ms("2026-06-11T18:00"))
        slots = (START + at * 300_000 for at in range(3 * 288))
        planting.frames(slot for slot in slots if slot not in lost)
        selection = chosen(planting.bare, Picking(0, 1 << 53, between="11:00-12:00"))
    assert [gap.missing for gap in selection.gaps] == [6]


def test_between_by_the_sun_needs_a_place(tmp_path: Path) -> None:
    archive = planted(tmp_path, range(0)).bare
    for between in ("sunrise..sunset", "solar-noon"):
        with pytest.raises(UsageError, match="location:"):
            chosen(archive, Picking(0, 1 << 53, between=between))
    assert chosen(archive, Picking(0, 1 << 53, between="sunrise..sunset", location=OSLO)).found == 100


def test_between_that_is_no_window_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="solar-noon"):
        chosen(planted(tmp_path, range(0)).bare, Picking(0, 1 << 53, between="midday"))


def test_solar_noon_is_one_frame_a_day_across_a_change_of_the_clocks(tmp_path: Path) -> None:
    with zone("Europe/Oslo"):
        planting = PlantedArchive(tmp_path)
        lost = range(ms("2026-10-27T06:00"), ms("2026-10-27T18:00"))
        slots = (ms("2026-10-22T22:00") + at * 600_000 for at in range(7 * 144))
        planting.frames(slot for slot in slots if slot not in lost)
        selection = chosen(planting.bare, Picking(0, 1 << 53, between="solar-noon", location=OSLO))
    # 12:17 mean time of the place is 11:01 UTC by the equation of time; 13:01, then 12:01 by the clock.
    assert local_times(selection) == ["1300", "1300", "1200", "1200", "1200", "1200"]
    assert [(gap.missing, gap.held_pictures) for gap in selection.gaps] == [(1, 1)]
    assert selection.interval_ms == DAY_MS
    assert all(later.slot_ms > earlier.slot_ms for earlier, later in pairwise(selection.frames))


def test_single_frame_is_one_picture(tmp_path: Path) -> None:
    selection = chosen(planted(tmp_path, range(0), count=1).bare, Picking(0, 1 << 53, every_ms=60_000, length_s=10))
    assert (selection.found, selection.interval_ms, selection.gaps) == (1, 60_000, [])
    assert len(timeline(selection, "hold", FPS)) == 1


def test_nothing_in_the_range_says_what_there_is(tmp_path: Path) -> None:
    with zone("UTC"):
        archive = planted(tmp_path, range(0)).bare
        with pytest.raises(NothingToRender) as error:
            chosen(archive, Picking(ms("2025-01-01T00:00"), ms("2025-01-02T00:00")))
    assert error.value.status == EX_UNAVAILABLE
    assert str(error.value) == (
        f"{tmp_path}/main: no frame from 2025-01-01 00:00:00 to 2025-01-02 00:00:00; "
        "there are frames from 2026-06-10 10:00:00 to 2026-06-10 10:16:30"
    )


def test_camera_without_frames_says_which_have_some(tmp_path: Path) -> None:
    archive = planted(tmp_path, range(0)).bare
    with pytest.raises(NothingToRender, match="no frames of camera other at all; there are frames of: main"):
        select(ALL, archive, "other", FPS)
    with pytest.raises(NothingToRender, match="no frames of camera main at all"):
        select(ALL, Archive(tmp_path / "nowhere", None), "main", FPS)


def test_checksum_of_a_frame_and_its_raw_file_is_none_of_the_frame_alone() -> None:
    row = FrameRow(START, 1, 0, 5, checksum=7)
    assert chosen_of(row, Path("/x/main")).checksum == 7
    assert chosen_of(FrameRow(START, 1, 0, 5, 9, checksum=7), Path("/x/main")).checksum is None
