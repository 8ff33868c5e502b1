"""Reading a frame: what is good comes as it is, and what is not is said."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render_worker.selection.chosen import Chosen, DamagedFrame
from render_worker.selection.reading import read_frame, size_of_jpeg
from tests.rig.descriptors import open_descriptors

WIDTH, HEIGHT = 320, 180


def jpeg_of(width: int = WIDTH, height: int = HEIGHT, *flags: int) -> bytes:
    """A picture of noise."""
    image = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", image, flags)[1].tobytes()


JPEG = jpeg_of()
APP1 = b"\xff\xe1\x00\x12Exif\0\0" + b"\xff\xd8\xff\xd9" + b"\0" * 6
"""A thumbnail of nothing, whose end must not count as the picture's."""


@pytest.fixture
def frame(tmp_path: Path) -> Chosen:
    """A good one, of which everything is known."""
    path = tmp_path / "frame.jpg"
    path.write_bytes(JPEG)
    return Chosen(0, 0, str(path), len(JPEG), checksum=zlib.crc32(JPEG))


def reason(chosen: Chosen) -> str:
    """Why it can't be used."""
    with pytest.raises(DamagedFrame) as error:
        read_frame(chosen)
    assert str(error.value) == f"{chosen.path}: {error.value.reason}"
    return error.value.reason


def of(chosen: Chosen, data: bytes) -> Chosen:
    """The same file with other content, of which nothing is known."""
    Path(chosen.path).write_bytes(data)
    return Chosen(0, 0, chosen.path)


def test_frame_that_is_whole_comes_as_it_is_and_leaves_nothing_open(frame: Chosen) -> None:
    before = open_descriptors()
    assert read_frame(frame) == JPEG
    assert open_descriptors() == before


def test_frame_does_not_stay_in_memory(frame: Chosen) -> None:
    path = Path(frame.path)
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    read_frame(frame)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
    try:
        cached = os.preadv(fd, [bytearray(1)], 0, os.RWF_NOWAIT)
    except BlockingIOError:
        cached = 0
    except OSError:
        pytest.skip("this file system can't tell what is in memory")
    finally:
        os.close(fd)
    if path.stat().st_dev == Path("/dev/shm").stat().st_dev:
        pytest.skip("this file system is in memory")
    assert cached == 0


@pytest.mark.parametrize("tail", [b"", b"\0\0", b"\r\n", b"\0" * 5000, b"maker's own"])
def test_frame_with_something_behind_its_end_is_taken_with_it(frame: Chosen, tail: bytes) -> None:
    assert read_frame(of(frame, JPEG + tail)) == JPEG + tail


def test_frame_of_another_length_than_written_is_damaged(frame: Chosen) -> None:
    Path(frame.path).write_bytes(JPEG[:-10])
    assert reason(frame) == f"{len(JPEG) - 10} bytes, and {len(JPEG)} were written"


def test_frame_with_another_content_than_written_is_damaged(frame: Chosen) -> None:
    changed = bytearray(JPEG)
    changed[len(JPEG) // 2] ^= 1
    Path(frame.path).write_bytes(changed)
    assert reason(frame) == "its bytes are not those that were written"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"\0" * len(JPEG), "it does not begin as a JPEG"),
        (JPEG[:300], "its header is damaged"),
        (b"\xff\xd8\xff\xd9", "its header is damaged"),
        (JPEG[: len(JPEG) // 2], "it has no end: it was cut off"),
        (JPEG[: len(JPEG) // 2] + b"\0" * 4096, "it has no end: it was cut off"),
        (JPEG[:2] + APP1 + JPEG[2 : len(JPEG) // 2], "it has no end: it was cut off"),
    ],
)
def test_frame_that_is_no_whole_jpeg_is_damaged(frame: Chosen, data: bytes, why: str) -> None:
    assert reason(of(frame, data)) == why


def test_frame_that_is_gone_a_link_a_pipe_or_a_directory_is_damaged(frame: Chosen, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(frame.path)
    (tmp_path / "directory.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    reasons = {
        name: reason(msgspec.structs.replace(frame, path=str(tmp_path / name)))
        for name in ("none.jpg", "link.jpg", "directory.jpg", "pipe.jpg")
    }
    assert reasons == {
        "none.jpg": "it is gone",
        "link.jpg": "it is a link",
        "directory.jpg": "it is no file",
        "pipe.jpg": "it is no file",
    }


@pytest.mark.parametrize("flags", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 4)])
@pytest.mark.parametrize(("width", "height"), [(320, 180), (1, 1), (17, 4001)])
def test_size_is_what_was_encoded(width: int, height: int, flags: tuple[int, ...]) -> None:
    jpeg = jpeg_of(width, height, *flags)
    assert size_of_jpeg(jpeg) == (width, height)
    assert size_of_jpeg(jpeg[:2] + APP1 + b"\xff\xff" + jpeg[2:]) == (width, height)


@given(st.integers(0, len(JPEG)), st.binary(max_size=8))
def test_size_of_whatever_it_is_is_a_size_or_damage(at: int, noise: bytes) -> None:
    try:
        width, height = size_of_jpeg(JPEG[:at] + noise + JPEG[at + len(noise) :])
    except DamagedFrame:
        return
    assert width > 0
    assert height > 0
