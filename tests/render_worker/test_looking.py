"""One look at the tree: what one camera forbids is no other one's trouble."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from render_worker.local_day import begin_s
from render_worker.looking import Look, check_mounted, failing, reading
from render_worker.notebook import Notebook
from render_worker.results import Result
from shared.clock import NS_PER_S
from shared.errors import DiskError
from tests.rig.plain_rights import plain_rights
from tests.rig.planted_frames import plant

DAY = "2026-06-01"
NOW_S = begin_s("2026-06-10")


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Iterator[Path]:
    """Two cameras with a frame and a result each; the garden's results may not be read."""
    for camera in ("garden", "main"):
        plant(tmp_path, camera, (begin_s(DAY) + 3600) * NS_PER_S)
        videos = tmp_path / camera / "videos"
        videos.mkdir()
        (videos / f"{DAY}.mp4").touch()
    forbidden = tmp_path / "garden" / "videos"
    forbidden.chmod(0)
    with plain_rights():
        yield tmp_path
    forbidden.chmod(0o755)


def test_camera_whose_results_may_not_be_read_is_passed_over(tree: Path) -> None:
    look = Look(tree)
    assert look.results(["garden", "main"]) == {Result(DAY, "main", "video")}
    assert look.passed_over == {"garden": f"{tree}/garden/videos: Permission denied"}
    assert not look.has_frames("garden", DAY), "what would be made of it could not be found again"
    assert look.has_frames("main", DAY)


def test_day_that_may_not_be_read_is_passed_over_alone(tree: Path) -> None:
    plant(tree, "main", (begin_s("2026-06-02") + 3600) * NS_PER_S)
    day = tree / "main" / "2026" / "06" / "01"
    day.chmod(0)
    look = Look(tree)
    assert [look.has_frames("main", each) for each in (DAY, "2026-06-02")] == [False, True]
    assert look.passed_over == {"main": f"{day}: Permission denied"}
    day.chmod(0o755)


def test_old_results_and_leftovers_go_of_all_cameras_that_may_be_read(tree: Path) -> None:
    left = tree / "main" / "videos" / f".{DAY}.mp4.part"
    left.touch()
    look = Look(tree)
    look.tidy()
    look.delete_old(NOW_S, 3.0)
    assert list(left.parent.iterdir()) == []
    assert look.passed_over == {}, "nobody has asked for what it is told of"


def test_nothing_old_goes_where_all_is_kept_or_there_is_no_tree(tree: Path) -> None:
    Look(tree).delete_old(NOW_S, 0.0)
    assert (tree / "main" / "videos" / f"{DAY}.mp4").exists()
    Look(tree / "gone").delete_old(NOW_S, 3.0)


def test_disk_that_answers_with_an_error_is_everybodys_trouble(tree: Path) -> None:
    loop = tree / "loop"
    loop.mkdir()
    (loop / "videos").symlink_to("videos")
    with pytest.raises(DiskError, match=r"loop/videos: can't be read: Too many levels"), reading(tree):
        Look(tree).results(["loop"])


def test_directory_that_is_no_mount_point_is_refused(tmp_path: Path) -> None:
    check_mounted(Path("/"))
    with pytest.raises(DiskError, match=r"no file system is mounted there \(require_mount\)"):
        check_mounted(tmp_path)


def test_what_fails_is_told_with_its_next_try_the_newest_days_first_and_not_all(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path)
    results = [Result(f"2026-06-0{day}", camera, "video") for day in range(5, 9) for camera in ("main", "garden")]
    for result in results:
        notebook.failed(result, NOW_S - 60, "no ffmpeg")
    notebook.cancelled(Result("2026-06-08", "garden", "video"), NOW_S)
    never = Result("2026-06-09", "main", "video")
    told = failing(notebook, [never, *results], NOW_S)
    assert [(each.day[-1], each.camera) for each in told] == [
        ("8", "main"),
        ("7", "garden"),
        ("7", "main"),
        ("6", "garden"),
        ("6", "main"),
    ]
    assert (told[0].message, told[0].tries) == ("no ffmpeg", 1)
    assert told[0].next_try_wall_ns == (NOW_S - 60 + 300) * NS_PER_S
