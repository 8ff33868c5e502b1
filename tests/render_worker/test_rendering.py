"""A render as a whole, in this process: from frames on a disk to a file, and what is told of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from render_worker.course import Course
from render_worker.rendering import render
from render_worker.request import Encoding, Look, Picking, RenderRequest
from render_worker.telling import Finished, Teller
from shared.errors import OutputError
from tests.rig.gray_frames import probed, record
from tests.rig.zone import utc_ns

NOON_NS = utc_ns("2026-06-01T12:00:00")
DAY = Picking(NOON_NS // 1_000_000, NOON_NS // 1_000_000 + 3_600_000)

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="takes ffmpeg")


def _rendered(request: RenderRequest) -> Finished:
    fd = os.open(os.devnull, os.O_WRONLY)
    try:
        return render(request, Course(Teller(fd)))
    finally:
        os.close(fd)


def test_copy_leaves_out_frames_of_another_size_and_says_so(tmp_path: Path) -> None:
    record(tmp_path / "out", [0, 1, 4, 5], start_ns=NOON_NS)
    odd = record(tmp_path / "out", [2, 3], start_ns=NOON_NS, size=(160, 90))
    output = tmp_path / "a.mkv"
    request = RenderRequest(
        str(tmp_path / "out"), "main", str(output), DAY, look=Look(deflicker=False), encoding=Encoding(codec="copy")
    )
    told = _rendered(request)
    assert (told.frames, told.damaged, told.gone, told.pictures) == (4, 2, 0, 6)
    assert told.detail.splitlines()[0] == (
        f"left out: {odd[0]}: it is of another size (160x90), which a copy can't have"
    )
    video = probed(output)
    assert (video["width"], video["height"], video["frames"]) == (320, 180, 6)


def test_frame_is_never_replaced_by_a_result(tmp_path: Path) -> None:
    frames = record(tmp_path / "out", range(3), start_ns=NOON_NS)
    before = frames[0].read_bytes()
    request = RenderRequest(str(tmp_path / "out"), "main", str(frames[0]), DAY, kind="average", replace=True)
    with pytest.raises(OutputError, match="how a frame is called"):
        _rendered(request)
    assert frames[0].read_bytes() == before
    assert sorted(frames[0].parent.iterdir()) == frames
