"""Odd archives and odd places: broken frames, other sizes, odd days, no ffmpeg, and where the file may not go."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from tests.rig import small_disk
from tests.rig.gray_frames import grays, level_of, probed, record, seen
from tests.rig.slow_render import Ended, SlowRender
from tests.rig.zone import utc_ns, zone

START_NS = utc_ns("2026-06-01T10:00:00")
NAME = "main-2026-06-01.mp4"


def run(directory: Path, *words: str, **variables: str) -> Ended:
    """The whole command, undisturbed."""
    plain = () if "--still" in words else ("--no-deflicker",)
    with SlowRender(directory, *plain, *words, variables=variables, slowly=False) as render:
        return render.ended()


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _zeroed(path: Path) -> None:
    jpeg = path.read_bytes()
    at = jpeg.index(b"\xff\xda") + 20
    path.write_bytes(jpeg[:at] + bytes(len(jpeg) - at - 2) + jpeg[-2:])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _noise(path: Path) -> None:
    path.write_bytes(os.urandom(2000))


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def test_broken_frames_are_left_out_and_the_others_stay_in_their_places(tmp_path: Path) -> None:
    paths = record(tmp_path / "out", range(14), start_ns=START_NS)
    for number, damage in ((0, _truncated), (4, _zeroed), (5, _noise), (8, _empty), (12, _zeroed), (13, _zeroed)):
        damage(paths[number])
    ended = run(tmp_path)
    assert ended.status == 0, ended.err
    assert "8 of 14 frames; 6 damaged and left out" in ended.out
    places = [1, 1, 2, 3, 3, 3, 6, 7, 7, 9, 10, 11, 11, 11]
    assert seen(tmp_path / "here" / NAME) == [level_of(place) for place in places]


def test_damage_that_measuring_finds_is_left_out_too(tmp_path: Path) -> None:
    paths = record(tmp_path / "out", range(12), start_ns=START_NS, levels=(100, 104))
    for number in (0, 5, 11):
        _zeroed(paths[number])
    with SlowRender(tmp_path, slowly=False) as render:
        ended = render.ended()
    assert ended.status == 0, ended.err
    assert "9 of 12 frames; 3 damaged and left out" in ended.out
    assert f"left out: {paths[0]}: " in ended.out
    shown = grays(tmp_path / "here" / NAME)
    assert len(shown) == 12
    assert max(shown) - min(shown) < 4


def test_what_is_called_like_a_frame_and_is_none_is_passed_over(tmp_path: Path) -> None:
    paths = record(tmp_path / "out", range(12), start_ns=START_NS)
    _directory(paths[5])
    _link(paths[8])
    ended = run(tmp_path)
    assert ended.status == 0, ended.err
    assert seen(tmp_path / "here" / NAME) == [level_of({5: 4, 8: 7}.get(place, place)) for place in range(12)]


def test_frames_of_which_none_is_whole_are_told(tmp_path: Path) -> None:
    for path in record(tmp_path / "out", range(3), start_ns=START_NS):
        _empty(path)
    ended = run(tmp_path)
    assert (ended.status, list((tmp_path / "here").iterdir())) == (69, [])
    assert "none of the 3 frames can be used" in ended.err
    assert "it is empty" in ended.err


def test_resolution_that_changes_leaves_the_size_of_the_first_and_every_frame_in_its_place(tmp_path: Path) -> None:
    record(tmp_path / "out", range(5), start_ns=START_NS)
    record(tmp_path / "out", range(5, 9), start_ns=START_NS, size=(640, 360))
    record(tmp_path / "out", range(9, 14), start_ns=START_NS, size=(160, 120))
    ended = run(tmp_path)
    assert ended.status == 0, ended.err
    path = tmp_path / "here" / NAME
    video = probed(path)
    assert (video["width"], video["height"], video["frames"]) == (320, 180, 14)
    assert seen(path)[:9] == [level_of(number) for number in range(9)]
    # Of other proportions: black beside it, so a quarter of the picture is.
    assert grays(path)[9:] == pytest.approx([level_of(number) * 0.75 for number in range(9, 14)], abs=6)


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23)])
def test_day_on_which_the_clock_is_changed_has_all_its_frames_in_order(tmp_path: Path, day: str, hours: int) -> None:
    with zone("Europe/Oslo"):
        midnight_ns = utc_ns(f"{day}T00:00:00") - (2 if hours == 25 else 1) * 3600 * NS_PER_S
        record(tmp_path / "out", range(-4, hours * 2 + 4), start_ns=midnight_ns, every_s=1800.0)
    ended = run(tmp_path, day, TZ="Europe/Oslo")
    assert ended.status == 0, ended.err
    assert f"  {hours * 2} frames" in ended.out.splitlines()
    assert seen(tmp_path / "here" / f"main-{day}.mp4") == [level_of(number) for number in range(hours * 2)]


def test_single_frame_is_a_video_of_one_picture(tmp_path: Path) -> None:
    record(tmp_path / "out", [3], start_ns=START_NS)
    ended = run(tmp_path)
    assert ended.status == 0, ended.err
    assert "0.04 s of video, 1 picture, 320x180" in ended.out
    assert seen(tmp_path / "here" / NAME) == [level_of(3)]


def test_no_frame_at_all_is_told(tmp_path: Path) -> None:
    (tmp_path / "out" / "main").mkdir(parents=True)
    ended = run(tmp_path)
    assert ended.status == 69
    assert "there is no frame of" in ended.err
    record(tmp_path / "out", [0], start_ns=START_NS)
    ended = run(tmp_path, "2025")
    assert ended.status == 69
    assert "there are frames from 2026-06-01 10:00:00 to 2026-06-01 10:00:00" in ended.err


@pytest.mark.parametrize("dry", [["--dry-run"], []])
def test_no_ffmpeg_is_told_with_what_to_install(tmp_path: Path, dry: list[str]) -> None:
    record(tmp_path / "out", range(3), start_ns=START_NS)
    ended = run(tmp_path, *dry, PATH=str(tmp_path))
    assert (ended.status, list((tmp_path / "here").iterdir())) == (69, [])
    assert "sudo apt install ffmpeg" in ended.err


def test_still_needs_no_ffmpeg(tmp_path: Path) -> None:
    record(tmp_path / "out", range(3), start_ns=START_NS)
    assert run(tmp_path, "--still", "keogram", PATH=str(tmp_path)).status == 0


def test_file_that_is_there_stays_as_it_is_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    record(tmp_path / "out", range(3), start_ns=START_NS)
    path = tmp_path / "here" / NAME
    path.parent.mkdir()
    path.write_bytes(b"a film")
    ended = run(tmp_path)
    assert ended.status == 73
    assert "is there already; --force replaces it" in ended.err
    assert path.read_bytes() == b"a film"
    assert run(tmp_path, "--force").status == 0
    assert len(seen(path)) == 3


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("not/there/a.mp4", "there is no such directory"),
        ("file/a.mp4", "there is no such directory"),
        ("pipe.mp4", "is there already, and no file"),
    ],
)
def test_place_where_no_file_can_be_made_is_told(tmp_path: Path, output: str, said: str) -> None:
    record(tmp_path / "out", range(3), start_ns=START_NS)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "file").touch()
    os.mkfifo(tmp_path / "here" / "pipe.mp4")
    ended = run(tmp_path, "--force", "-o", output)
    assert (ended.status, ended.out) == (73, "")
    assert said in ended.err


def test_disk_that_is_mounted_read_only_is_told(tmp_path: Path, undo: ExitStack) -> None:
    record(tmp_path / "out", range(3), start_ns=START_NS)
    disk = undo.enter_context(small_disk.tmpfs(tmp_path / "here"))
    small_disk.remount(disk, "ro")
    ended = run(tmp_path)
    assert (ended.status, ended.out) == (73, "")
    assert "mounted read-only" in ended.err


NOBODY = 65534
NO_MORE_THAN_OTHERS = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
"""Root as any user who owns what root owns: what belongs to somebody else is not open to it."""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files to somebody else")
@pytest.mark.parametrize(
    ("others", "status", "said"),
    [
        ("here", 73, "no permission to write there"),
        ("out", 74, "Permission denied"),
        ("frames", 69, "it can't be read: Permission denied"),
    ],
)
def test_what_belongs_to_another_user_is_told(tmp_path: Path, others: str, status: int, said: str) -> None:
    paths = record(tmp_path / "out", range(3), start_ns=START_NS)
    here = tmp_path / "here"
    here.mkdir()
    given = {"here": [here], "out": [tmp_path / "out" / "main"], "frames": paths}[others]
    for path in given:
        path.chmod(0o755 if others == "here" else 0o600)
        os.chown(path, NOBODY, NOBODY)
    with SlowRender(tmp_path, "--no-deflicker", slowly=False, through=NO_MORE_THAN_OTHERS) as render:
        ended = render.ended()
    assert (ended.status, ended.out, list(here.iterdir())) == (status, "", [])
    assert said in ended.err
    assert "Traceback" not in ended.err
