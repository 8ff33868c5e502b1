"""`timelapse frames` and `gaps`: the same answers with a ledger and without, with a supervisor and without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest

from shared.clock import NS_PER_S
from shared.ledger.rows import SettingsRow
from shared.ledger.schema import FILE_NAME
from tests.rig.planted_frames import path_in_zone, plant
from tests.rig.zone import utc_ns, zone
from tests.storage_worker.ledger.conftest import Kept
from timelapse.cli import main

CONFIG = """\
output_dir: {out}
cameras:
  main: {{source: test, interval: 10s, window: "{window}"}}
"""
Run = Callable[..., tuple[int, str]]
NOON_AND_OTHERS = ((12, 0), (12, 1), (20, 0), (3, 0))
"""Hours and days: nearly whole, whole, without any, before the first."""


@pytest.fixture(autouse=True)
def _in_oslo() -> Iterator[None]:
    with zone("Europe/Oslo"):
        yield


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command on the archive in `out`; its status and output."""

    def command(*arguments: str, window: str = "always") -> tuple[int, str]:
        config = tmp_path / "timelapse.yml"
        config.write_text(CONFIG.format(out=tmp_path / "out", window=window))
        capsys.readouterr()
        status = main([*arguments, "--config", str(config)])
        return status, capsys.readouterr().out

    return command


def planted(tmp_path: Path, first: str, count: int, left_out: tuple[int, ...] = ()) -> list[str]:
    """Frames each ten seconds; their paths."""
    start_ns = utc_ns(first)
    return [
        plant(tmp_path / "out", "main", start_ns + number * 10 * NS_PER_S)
        for number in range(count)
        if number not in left_out
    ]


@pytest.fixture(params=["with a ledger", "without one"])
def settled(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], None]:
    """Has the archive compared, or leaves it without a ledger: nothing may depend on it."""

    def compare() -> None:
        if request.param == "with a ledger":
            kept = Kept(tmp_path / "out", tmp_path)
            kept.keeper._settings.now = {"main": SettingsRow(0, 10_000, "always", "Europe/Oslo")}
            kept.work()
            kept.keeper.compare_again()
            kept.work()
            kept.close()
            assert (tmp_path / "out" / FILE_NAME).exists()

    return compare


def test_frames_of_a_range_are_its_paths_oldest_first(tmp_path: Path, run: Run, settled: Callable[[], None]) -> None:
    paths = planted(tmp_path, "2026-06-01T21:59:30", 6)
    settled()
    assert run("frames", "2026-06-01") == (0, "".join(f"{tmp_path}/out/{path}\n" for path in paths[:3]))
    assert run("frames", "2026-06-02", "-0") == (0, "".join(f"{tmp_path}/out/{path}\0" for path in paths[3:]))
    assert run("frames", "--count") == (0, "6\n")
    assert run("frames", "2026-06-02", "--count") == (0, "3\n")
    assert run("frames", "2026-06-03") == (69, "")
    assert run("frames", "--nearest", "2026-06-01", "23:59:44")[0] == 64
    assert run("frames", "--nearest", "2026-06-01 23:59:44")[1] == f"{tmp_path}/out/{paths[1]}\n"
    found = json.loads(run("frames", "2026-06-02", "--json")[1].splitlines()[0])
    assert (found["path"], found["bytes"], found["slot_ns"]) == (paths[3], 1, utc_ns("2026-06-01T22:00:00"))


def test_frames_on_the_day_with_an_hour_twice_come_by_instant(
    tmp_path: Path, run: Run, settled: Callable[[], None]
) -> None:
    paths = planted(tmp_path, "2026-10-25T00:59:50", 3)
    settled()
    assert [path.rpartition("T")[2][:4] for path in paths] == ["0259", "0200", "0200"]
    assert run("frames", "2026-10-25")[1].splitlines() == [f"{tmp_path}/out/{path}" for path in paths]


def test_frames_of_two_zones_come_by_instant(tmp_path: Path, run: Run, settled: Callable[[], None]) -> None:
    early, late = utc_ns("2026-06-01T22:30:00"), utc_ns("2026-06-01T22:40:00")
    west = f"main/{path_in_zone(late, 1, -300)}"
    for path in (west, f"main/{path_in_zone(early, 1, 120)}"):
        (tmp_path / "out" / path).parent.mkdir(parents=True)
        (tmp_path / "out" / path).write_bytes(b"1")
    settled()
    found = run("frames", "2026-06-02")[1].splitlines()
    assert [line.rpartition("/")[2][:15] for line in found] == ["20260602T003000", "20260601T174000"]


def test_gaps_tells_each_gap_once_and_nothing_else(tmp_path: Path, run: Run, settled: Callable[[], None]) -> None:
    planted(tmp_path, "2026-06-01T10:00:00", 360, left_out=(5, 6, 7, 100))
    settled()
    status, text = run("gaps", "2026-06-01 12:00..2026-06-01 13:00", "--json")
    gaps = [json.loads(line) for line in text.splitlines()]
    assert status == 1
    assert [(gap["count"], gap["cause"]) for gap in gaps] == [(3, "unknown"), (1, "unknown")]
    assert gaps[0]["first_slot_ns"] == utc_ns("2026-06-01T10:00:50")
    assert run("gaps", "2026-06-01 12:02..2026-06-01 12:10", "--json") == (0, "")
    assert run("gaps", "2026-06-01 12:00..2026-06-01 13:00", "--longer-than", "20s", "--json")[1].count("\n") == 1
    page = run("gaps", "2026-06-01 12:00..2026-06-01 13:00")[1]
    assert "4 slots missing in 2 gaps: unknown 4" in page
    assert "2026-06-01  . . . . . . . . . . . . +" in page


def test_gaps_where_the_window_is_closed_tells_none(tmp_path: Path, run: Run) -> None:
    planted(tmp_path, "2026-06-01T10:00:00", 30)
    planted(tmp_path, "2026-06-02T10:00:00", 30)
    assert run("gaps", "2026-06-01 12:00..2026-06-02 12:05", "--json", window="12:00-12:05") == (0, "")
    text = run("gaps", "2026-06-01 12:00..2026-06-02 12:05", "--json", window="12:00-12:06")[1]
    assert [json.loads(line)["count"] for line in text.splitlines()] == [6]


def test_gaps_of_told_misses_carry_their_cause_and_pruned_frames_are_none(tmp_path: Path, run: Run) -> None:
    kept = Kept(tmp_path / "out", tmp_path)
    kept.work()
    paths = [kept.written(number) for number in range(10)]
    kept.missed(10, 12, "camera_lost")
    kept.missed(13, 19, "hang")
    paths += [kept.written(number) for number in range(20, 30)]
    for path in paths[:4]:
        (tmp_path / "out" / path).unlink()
        kept.keeper.frame_deleted(path)
    kept.work()
    kept.close()
    text = run("gaps", "2026-05-28 22:26:40..2026-05-28 22:31:40", "--json")[1]
    assert [(gap["count"], gap["cause"]) for gap in map(json.loads, text.splitlines())] == [
        (3, "camera_lost"),
        (7, "hang"),
    ]
    assert run("frames", "--count") == (0, "16\n")


def test_frames_rebuild_without_a_supervisor_makes_the_ledger(tmp_path: Path, run: Run) -> None:
    planted(tmp_path, "2026-06-01T10:00:00", 30)
    assert run("frames", "--rebuild") == (0, "compared 1 day with the ledger\n")
    assert (tmp_path / "out" / FILE_NAME).exists()
    assert not (tmp_path / "out" / ".ledger.rebuild").exists()
    assert run("frames", "--count") == (0, "30\n")


def test_frames_of_a_ledger_that_is_damaged_come_from_the_files(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    planted(tmp_path, "2026-06-01T10:00:00", 30)
    assert run("frames", "--count") == (0, "30\n")
    (tmp_path / "out" / FILE_NAME).write_bytes(b"\xa5" * 9000)
    status = main(["frames", "--count", "--config", str(tmp_path / "timelapse.yml")])
    told = capsys.readouterr()
    assert (status, told.out) == (0, "30\n")
    assert "the ledger can't be read" in told.err


def test_frames_of_a_camera_that_nobody_knows_is_a_usage_error(tmp_path: Path, run: Run) -> None:
    planted(tmp_path, "2026-06-01T10:00:00", 1)
    assert run("frames", "--camera", "gate")[0] == 64
    assert run("frames", "blursday")[0] == 64


def test_gaps_png_is_a_picture_with_a_column_a_day_and_the_colour_of_each_hour(tmp_path: Path, run: Run) -> None:
    planted(tmp_path, "2026-06-01T10:00:00", 360, left_out=(5,))
    planted(tmp_path, "2026-06-02T10:00:00", 360)
    target = tmp_path / "calendar.png"
    run("gaps", "2026-06-01 12:00..2026-06-02 13:00", "--png", str(target))
    picture = cv2.imread(str(target))
    assert picture is not None
    left, top = 12 + 3 * 8, 12 + 2 * 14
    date_ends = left + len("2026-06-01") * 8
    assert picture.shape == (top + 24 * 7 + 12, date_ends + 12, 3)
    most, whole, none, closed = (picture[top + hour * 7, left + day * 7].tolist() for hour, day in NOON_AND_OTHERS)
    assert (most, whole) == ([101, 204, 156], [50, 125, 46])
    assert (none, closed) == ([28, 28, 183], [232, 232, 232])
