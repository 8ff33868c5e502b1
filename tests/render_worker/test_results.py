"""What results are called, and looking for them on a disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render_worker.keeping import delete, has_frames, results_there, too_old
from render_worker.local_day import begin_s, day_of
from render_worker.request import Codec, Kind
from render_worker.results import Result, path_of, result_called, unfinished_beside, unfinished_of
from shared import tree
from shared.clock import NS_PER_S
from shared.frame_name import parse
from storage_worker.own_files import RESULTS, own_bytes
from tests.rig.planted_frames import plant

RESULT_OF = st.builds(
    Result,
    st.dates().filter(lambda day: day.year >= 1970).map(lambda day: day.isoformat()),
    st.just("main"),
    st.sampled_from(get_args(Kind)),
)


@given(RESULT_OF, st.sampled_from(get_args(Codec)))
def test_name_reads_back_as_the_same_result(result: Result, codec: Codec) -> None:
    name = path_of(result, codec).rpartition("/")[2]
    assert result_called("main", name) == result
    assert unfinished_of("main", f".{name}.part") == result
    assert unfinished_beside(Path("/x") / name) == Path("/x") / f".{name}.part"
    assert parse(name) is None, "no frame is called so"


@pytest.mark.parametrize(
    "name",
    [
        "2026-06-31.mp4",
        "2026-06-01.jpg",
        "2026-06-01-video.mp4",
        "2026-06-01-keogram.mp4",
        "2026-06-01-holiday.mp4",
        "2026-06-01.mp4.part",
        ".2026-06-01.mp4",
        "x2026-06-01.mp4",
        "2026-06-01.MP4",
        "1969-01-01.mp4",
        "0000-00-00.mp4",
        "\u0662026-06-01.mp4",
    ],
)
def test_other_names_are_no_results(name: str) -> None:
    assert result_called("main", name) is None


def test_copies_go_into_another_container_than_what_is_encoded() -> None:
    result = Result("2026-06-01", "main", "video")
    assert path_of(result, "h264") == "main/videos/2026-06-01.mp4"
    assert path_of(result, "copy") == "main/videos/2026-06-01.mkv"
    assert path_of(Result("2026-06-01", "main", "keogram"), "copy") == "main/videos/2026-06-01-keogram.jpg"


def test_results_that_are_there_are_found_whatever_they_were_encoded_with(tmp_path: Path) -> None:
    videos = tmp_path / "main" / "videos"
    videos.mkdir(parents=True)
    for name in ("2026-06-01.mkv", "2026-06-02.mp4", "2026-06-02-average.png", ".2026-06-03.mp4.part", "x.mp4"):
        (videos / name).touch()
    (videos / "2026-06-04.mp4").mkdir()
    found = {result.key for result in results_there(tmp_path, ["main", "garden"])}
    assert found == {"main/2026-06-01/video", "main/2026-06-02/video", "main/2026-06-02/average"}


def test_day_has_frames_where_one_is_in_its_directory(tmp_path: Path) -> None:
    plant(tmp_path, "main", (begin_s("2026-06-01") + 3600) * NS_PER_S)
    other = tmp_path / "main" / "2026" / "06" / "02"
    other.mkdir()
    (other / "notes.jpg").touch()
    assert [has_frames(tmp_path, "main", f"2026-06-0{day}") for day in (1, 2, 3)] == [True, False, False]


def test_results_too_old_are_those_of_more_days_ago_than_are_kept() -> None:
    now_s = begin_s("2026-06-10") + 7200
    results = [Result(f"2026-06-0{day}", "main", "video") for day in range(9, 0, -1)]
    assert too_old(results, now_s, 0) == []
    assert [result.day for result in too_old(results, now_s, 7)] == ["2026-06-01", "2026-06-02"]
    assert len(too_old(results, now_s, 0.1)) == 8, "yesterday's stays in any case"
    assert too_old(results, begin_s("2026-06-01"), 1) == [], "a clock that is behind lets nothing go"


def test_delete_takes_every_file_of_a_result_and_no_link(tmp_path: Path) -> None:
    videos = tmp_path / "main" / "videos"
    videos.mkdir(parents=True)
    for name in ("2026-06-01.mkv", "2026-06-01.mp4", "2026-06-01-average.png", "2026-06-02.mp4"):
        (videos / name).touch()
    (videos / "2026-06-03.mp4").symlink_to("2026-06-02.mp4")
    gone = delete(tmp_path, [Result("2026-06-01", "main", "video"), Result("2026-06-03", "main", "video")])
    assert gone == 2
    assert sorted(path.name for path in videos.iterdir()) == [
        "2026-06-01-average.png",
        "2026-06-02.mp4",
        "2026-06-03.mp4",
    ]


def test_directory_of_results_is_no_part_of_the_tree_of_frames(tmp_path: Path) -> None:
    path = plant(tmp_path, "main", time.time_ns())
    videos = tmp_path / "main" / RESULTS
    videos.mkdir()
    (videos / Path(path).name).write_bytes(b"a frame's name in the wrong place")
    (videos / "2026-06-01-keogram.jpg").write_bytes(b"x")
    assert tree.cameras(tmp_path) == ["main"]
    today = day_of(time.time()).replace("-", "/")
    assert list(tree.days(tmp_path / "main")) == [today]
    assert [f"main/{found.path}" for found in tree.frames_of_day(tmp_path / "main", today)] == [path]


def test_results_are_nobody_elses_growth(tmp_path: Path) -> None:
    videos = tmp_path / "main" / RESULTS
    videos.mkdir(parents=True)
    before = own_bytes(tmp_path)
    (videos / "2026-06-01.mp4").write_bytes(b"x" * 100_000)
    grown = own_bytes(tmp_path) - before
    assert 100_000 <= grown < 120_000
    (videos / "2026-06-01.mp4").unlink()
    assert own_bytes(tmp_path) == before
    assert own_bytes(tmp_path / "gone") == 0
