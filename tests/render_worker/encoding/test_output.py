"""The hidden file, its lock and its name; and the room on the disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from render_worker.encoding.output import (
    DiskGuard,
    Unfinished,
    estimate_bytes,
    leftovers,
    remove_leftover,
)
from render_worker.request import Encoding, Look
from render_worker.results import unfinished_beside
from shared.errors import BusyError, DiskError, OutputError
from tests.rig.tiny_video import plan

ROOT = Path(__file__).parents[3]


@pytest.fixture
def final(tmp_path: Path) -> Path:
    return tmp_path / "2026-11-24.mp4"


def test_placed_file_has_its_name_and_nothing_else_is_left(final: Path) -> None:
    with Unfinished(final, replace=False) as unfinished:
        unfinished.path.write_bytes(b"whole")
        assert not final.exists()
        unfinished.place()
    assert [(path.name, path.read_bytes()) for path in final.parent.iterdir()] == [(final.name, b"whole")]


def test_unplaced_file_is_gone_and_what_was_there_stays(final: Path) -> None:
    final.write_bytes(b"before")
    with Unfinished(final, replace=True) as unfinished:
        unfinished.path.write_bytes(b"half")
    assert [(path.name, path.read_bytes()) for path in final.parent.iterdir()] == [(final.name, b"before")]


def test_file_that_came_meanwhile_is_not_replaced_unasked(final: Path) -> None:
    with Unfinished(final, replace=False) as unfinished:
        final.write_bytes(b"somebody's")
        with pytest.raises(OutputError, match="not replaced"):
            unfinished.place()
    assert final.read_bytes() == b"somebody's"
    with Unfinished(final, replace=True) as unfinished:
        unfinished.path.write_bytes(b"ours")
        unfinished.place()
    assert final.read_bytes() == b"ours"


def test_same_result_is_made_once_at_a_time(final: Path) -> None:
    with (
        Unfinished(final, replace=False),
        pytest.raises(BusyError, match="another process"),
        Unfinished(final, replace=False),
    ):
        pass
    with Unfinished(final, replace=False):
        pass


def test_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file"), Unfinished(tmp_path / "no" / "v.mp4", replace=False):
        pass


def test_killed_run_leaves_what_the_next_one_takes_over(final: Path) -> None:
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom render_worker.encoding.output import Unfinished\n"
        "unfinished = Unfinished(Path(sys.argv[1]), replace=False).__enter__()\n"
        "unfinished.path.write_bytes(b'half')\n"
        "print('ready', flush=True); sys.stdin.read(1)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program, str(final)], cwd=ROOT, stdin=pipe, stdout=pipe) as run:
        assert run.stdout is not None
        assert run.stdin is not None
        assert run.stdout.readline() == b"ready\n"
        alive = leftovers(final.parent), remove_leftover(unfinished_beside(final))
        run.stdin.write(b"x")
        run.stdin.close()
        run.wait()
    assert alive == ([], False)
    assert leftovers(final.parent) == [unfinished_beside(final)]
    with Unfinished(final, replace=False) as unfinished:
        assert unfinished.path.read_bytes() == b""
        unfinished.place()
    assert leftovers(final.parent) == []


def test_only_what_a_render_leaves_is_a_leftover(tmp_path: Path) -> None:
    for name in (".notes.part", "v.mp4.part", ".v.mp4", ".v.mp4.part.jpg"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / ".link.mp4.part").symlink_to(tmp_path / "v.mp4.part")
    (tmp_path / ".directory.mp4.part").mkdir()
    (tmp_path / ".v.mkv.part").write_bytes(b"")
    assert [path.name for path in leftovers(tmp_path)] == [".v.mkv.part"]
    assert not remove_leftover(tmp_path / ".notes.part")
    assert remove_leftover(tmp_path / ".v.mkv.part")
    assert not remove_leftover(tmp_path / ".v.mkv.part")


def test_link_under_the_hidden_name_is_not_followed(final: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"frame")
    unfinished_beside(final).symlink_to(precious)
    with pytest.raises(OutputError), Unfinished(final, replace=True):
        pass
    assert precious.read_bytes() == b"frame"


def test_estimate_follows_pictures_size_and_quality() -> None:
    of = replace(plan(Path("v")), source=(1920, 1080), pictures=1000)
    whole = estimate_bytes(of, 400_000)
    assert whole == pytest.approx(80e6, rel=0.1)
    assert estimate_bytes(replace(of, look=Look(size=(960, 0))), 400_000) == pytest.approx(whole / 4, rel=0.01)
    assert estimate_bytes(replace(of, encoding=Encoding(crf=27)), 400_000) == pytest.approx(whole / 2, rel=0.01)
    assert estimate_bytes(replace(of, encoding=Encoding(codec="copy")), 400_000) == pytest.approx(400e6, rel=0.01)


def test_guard_counts_what_is_still_to_come(tmp_path: Path) -> None:
    stat = os.statvfs(tmp_path)
    free = stat.f_bavail * stat.f_frsize
    DiskGuard(tmp_path, 100.0).check(0)
    with pytest.raises(DiskError, match=r"needs about .* GB, and .* may still be written"):
        DiskGuard(tmp_path, 100.0).check(free + 10**9)
    with pytest.raises(DiskError, match=r"stay below 0 %"):
        DiskGuard(tmp_path, 0.0).check(0)


def test_guard_of_a_disk_that_went_says_so(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="does not answer"):
        DiskGuard(tmp_path / "gone", 90.0).check(0)
