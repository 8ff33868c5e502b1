"""The way in: one still of many frames."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from PIL import Image

from render_worker.request import Kind, Look
from render_worker.selection.chosen import Chosen, NothingToRender
from render_worker.selection.reading import read_frame
from render_worker.stills import still
from render_worker.stills.saving import QUALITY, encoded
from render_worker.stills.still import StillResult, make_still
from shared.errors import DiskError, UsageError
from tests.rig.chosen_frames import jpeg_of, plain, planted

KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != "video")
SIZE = (96, 64)
QUARTERS = np.array([[(0, 0, 255), (0, 255, 0)], [(255, 0, 0), (255, 255, 255)]], np.uint8)
QUARTERS = QUARTERS.repeat(64, axis=0).repeat(96, axis=1)
"""Red and green over blue and white; (width, height) = (192, 128)."""
LOOKS = [
    (Look(crop=(0, 0, 0.5, 0.5)), (96, 64), "rrrr"),
    (Look(rotation=90), (128, 192), "brgw"),
    (Look(rotation=180), (192, 128), "wbrg"),
    (Look(rotation=270), (128, 192), "gwbr"),
    (Look(crop=(0, 0.5, 1, 0.5), rotation=90), (64, 192), "bbww"),
]


class StoppedError(Exception):
    """What somebody who does not want it any more raises."""


def _ignore(_done: int, _total: int) -> None:
    pass


def _frames(directory: Path, count: int = 12) -> list[Chosen]:
    return planted(directory, [plain((90, 60, 10 * number), SIZE) for number in range(count)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_still_of_any_kind_is_a_file_of_that_kind_with_its_comment(kind: Kind, suffix: str, tmp_path: Path) -> None:
    output = tmp_path / ".part"
    comment = "Søndre brygge, 2026-06-01"
    result = make_still(kind, _frames(tmp_path), output, None, _ignore, suffix=suffix, comment=comment)
    with Image.open(output) as image:
        image.load()
        told = image.info["comment"].decode() if suffix == ".jpg" else image.text["Comment"]  # type: ignore[attr-defined]  # a PNG's
        assert (image.format, image.size) == ("JPEG" if suffix == ".jpg" else "PNG", (result.width, result.height))
    assert told == comment
    assert (result.used, result.damaged) == (12, 0)
    assert cv2.haveImageReader(str(output))


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_frames_are_passed_over_and_counted(kind: Kind, tmp_path: Path) -> None:
    frames = _frames(tmp_path)
    whole = jpeg_of(plain((1, 2, 3), SIZE))
    for number, content in ((0, b""), (4, whole[:-20]), (5, None), (8, whole[: len(whole) // 2] + b"\xff\xd9")):
        Path(frames[number].path).unlink() if content is None else Path(frames[number].path).write_bytes(content)
    result = make_still(kind, frames, tmp_path / "a.png", None, _ignore)
    assert (result.used, result.damaged, result.gone) == (8, 3, 1), "what was deleted meanwhile is not damaged"


@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_another_size_count_as_any(kind: Kind, tmp_path: Path) -> None:
    frames = planted(tmp_path, [plain((9, 9, 9), size) for size in (SIZE, (200, 100), (31, 77), (640, 480))])
    assert make_still(kind, frames, tmp_path / "a.png", None, _ignore).used == 4


@pytest.mark.parametrize("kind", KINDS)
def test_single_frame_is_enough(kind: Kind, tmp_path: Path) -> None:
    assert make_still(kind, _frames(tmp_path, 1), tmp_path / "a.jpg", None, _ignore).used == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_frame_is_an_error_that_says_so(kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(NothingToRender, match=f"no frame to make a {kind} of"):
        make_still(kind, [], tmp_path / "a.jpg", None, _ignore)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [b"", jpeg_of(plain((1, 2, 3), SIZE))[:-300]])
def test_nothing_but_damaged_frames_is_an_error_with_the_first_reason(
    kind: Kind, content: bytes, tmp_path: Path
) -> None:
    frames = planted(tmp_path, [content] * 3)
    with pytest.raises(NothingToRender, match=r"not one of the frames can be used; the first: /.*: it"):
        make_still(kind, frames, tmp_path / "a.jpg", None, _ignore)
    assert not (tmp_path / "a.jpg").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_damage_behind_the_header_alone_is_an_error_too(kind: Kind, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 96, 3)).astype(np.uint8)
    whole = jpeg_of(noise)
    frames = planted(tmp_path, [whole[: len(whole) // 2] + b"\xff\xd9"] * 3)
    with pytest.raises(NothingToRender, match="not one of the frames"):
        make_still(kind, frames, tmp_path / "a.jpg", None, _ignore)


@pytest.mark.parametrize("kind", KINDS)
def test_progress_is_told_from_none_to_all(kind: Kind, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    make_still(kind, _frames(tmp_path), tmp_path / "a.jpg", None, lambda done, total: told.append((done, total)))
    assert told == [(done, 12) for done in range(13)]


@pytest.mark.parametrize("kind", KINDS)
def test_who_tells_may_end_it_and_nothing_is_left(kind: Kind, tmp_path: Path) -> None:
    read: list[Chosen] = []

    def counted(chosen: Chosen) -> bytes:
        read.append(chosen)
        return read_frame(chosen)

    def stopping(done: int, _total: int) -> None:
        if done == 3:
            raise StoppedError

    frames = _frames(tmp_path)
    with pytest.raises(StoppedError):
        make_still(kind, frames, tmp_path / "a.jpg", None, stopping, counted)
    assert len(read) == 4  # the first one's size was asked for before
    assert not (tmp_path / "a.jpg").exists()


@pytest.mark.parametrize("name", ["a.gif", "a", "a.mp4"])
def test_other_endings_are_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a still is a \.jpg or a \.png"):
        make_still("average", _frames(tmp_path), tmp_path / name, None, _ignore, read=lambda _: pytest.fail("read"))


def test_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        path.write_bytes(data[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(still, "write_synced", full)
    with pytest.raises(DiskError, match="No space left"):
        make_still("average", _frames(tmp_path), tmp_path / "a.jpg", None, _ignore)
    assert not (tmp_path / "a.jpg").exists()


def test_jpeg_is_of_the_quality_that_is_promised() -> None:
    tables = Image.open(io.BytesIO(encoded(plain((1, 2, 3)), ".jpg", ""))).quantization  # type: ignore[attr-defined]  # a JPEG's
    wanted = io.BytesIO()
    Image.new("RGB", SIZE).save(wanted, "JPEG", quality=QUALITY)
    assert tables == Image.open(wanted).quantization  # type: ignore[attr-defined]  # likewise


def test_result_tells_the_size_that_was_asked_for(tmp_path: Path) -> None:
    result = make_still("brightest", _frames(tmp_path), tmp_path / "a.jpg", (48, 0), _ignore)
    assert result == StillResult(48, 32, 12, 0)


@pytest.mark.parametrize("kind", ["average", "brightest"])
@pytest.mark.parametrize(("look", "size", "corners"), LOOKS)
@pytest.mark.parametrize("scale", [1, 8])
def test_still_is_cropped_and_then_turned_as_a_video_is(
    tmp_path: Path, kind: Kind, look: Look, size: tuple[int, int], corners: str, scale: int
) -> None:
    asked = size[0] // scale, size[1] // scale
    output = tmp_path / "still.png"
    made = make_still(kind, planted(tmp_path, [QUARTERS] * 2), output, asked, _ignore, look=look)
    assert (made.width, made.height) == asked
    assert _named(output) == corners


@pytest.mark.parametrize("kind", ["average", "brightest", "keogram"])
def test_own_size_of_a_still_follows_the_crop_and_the_rotation(tmp_path: Path, kind: Kind) -> None:
    look = Look(crop=(0, 0, 0.5, 1), rotation=90)
    made = make_still(kind, planted(tmp_path, [QUARTERS] * 30), tmp_path / "still.png", None, _ignore, look=look)
    assert (made.width, made.height) == (128, 96)


def test_frames_on_a_contact_sheet_are_cropped_and_turned(tmp_path: Path) -> None:
    output = tmp_path / "still.png"
    look = Look(crop=(0, 0, 0.5, 0.5), rotation=90)
    make_still("contact-sheet", planted(tmp_path, [QUARTERS] * 4), output, None, _ignore, look=look)
    picture = cv2.imread(str(output))
    assert picture is not None
    seen = {_name_of(pixel) for pixel in picture.reshape(-1, 3)}
    assert "r" in seen
    assert not seen & {"g", "b"}


def test_turning_that_stands_in_the_exif_is_not_heeded_as_in_videos(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(QUARTERS[:, :, ::-1]).save(file, "JPEG", quality=97, subsampling=0, exif=exif)
    output = tmp_path / "still.png"
    made = make_still("brightest", planted(tmp_path, [file.getvalue()]), output, None, _ignore)
    assert ((made.width, made.height), _named(output)) == ((192, 128), "rgwb")


def _named(path: Path) -> str:
    """The corners, clockwise from the left upper one."""
    picture = cv2.imread(str(path))
    assert picture is not None
    height, width = picture.shape[:2]
    places = ((0.2, 0.2), (0.2, 0.8), (0.8, 0.8), (0.8, 0.2))
    return "".join(_name_of(picture[int(y * height), int(x * width)]) for y, x in places)


def _name_of(pixel: Iterable[int]) -> str:
    names = {(0, 0, 255): "r", (0, 255, 0): "g", (255, 0, 0): "b", (255, 255, 255): "w", (0, 0, 0): "k"}
    blue, green, red = (255 * int(value > 127) for value in pixel)
    return names.get((blue, green, red), "?")
