"""From raw bytes to a picture: the same scene in each layout, with and without longer rows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from capture_worker.cameras.base import Planes
from capture_worker.cameras.usb_modes import RAW_FORMATS
from capture_worker.cameras.usb_pixels import picture_of
from capture_worker.cameras.v4l2_types import Layout

_WIDTH, _HEIGHT = 48, 32
Bytes = NDArray[np.uint8]


def _scene() -> Planes:
    """Planes whose every value differs from its neighbours'."""
    y = (np.arange(_WIDTH * _HEIGHT).reshape(_HEIGHT, _WIDTH) % 251).astype(np.uint8)
    u = (np.arange(_WIDTH * _HEIGHT // 4).reshape(_HEIGHT // 2, _WIDTH // 2) % 241).astype(np.uint8)
    return Planes(y, u, 255 - u)


def _interleaved(scene: Planes, order: str) -> Bytes:
    u, v = (np.repeat(plane, 2, axis=0) for plane in (scene.u, scene.v))
    parts = {"y": scene.y[:, 0::2], "Y": scene.y[:, 1::2], "u": u, "v": v}
    return np.stack([parts[letter] for letter in order], axis=2).reshape(_HEIGHT, 2 * _WIDTH)


def _sent(scene: Planes, fourcc: str) -> list[Bytes]:
    """The planes that follow each other in the buffer, each as rows."""
    pairs = np.stack([scene.u, scene.v], axis=2).reshape(_HEIGHT // 2, _WIDTH)
    swapped = np.stack([scene.v, scene.u], axis=2).reshape(_HEIGHT // 2, _WIDTH)
    return {
        "YUYV": [_interleaved(scene, "yuYv")],
        "UYVY": [_interleaved(scene, "uyvY")],
        "YVYU": [_interleaved(scene, "yvYu")],
        "NV12": [scene.y, pairs],
        "NV21": [scene.y, swapped],
        "YU12": [scene.y, scene.u, scene.v],
        "YV12": [scene.y, scene.v, scene.u],
        "GREY": [scene.y],
    }[fourcc]


def _padded(rows: list[Bytes], extra: int) -> Bytes:
    """Rows made longer, the short ones of chroma by their share, as a driver does that aligns them."""
    longest = rows[0].shape[1]
    return np.concatenate(
        [
            np.pad(plane, ((0, 0), (0, extra * plane.shape[1] // longest)), constant_values=99).reshape(-1)
            for plane in rows
        ]
    )


_PLANAR = [fourcc for fourcc in RAW_FORMATS if fourcc not in {"BGR3", "RGB3"}]


@pytest.mark.parametrize("extra", [0, 16])
@pytest.mark.parametrize("fourcc", _PLANAR)
def test_each_layout_gives_the_scene(fourcc: str, extra: int) -> None:
    scene = _scene()
    rows = _sent(scene, fourcc)
    picture = picture_of(_padded(rows, extra), Layout(fourcc, _WIDTH, _HEIGHT, rows[0].shape[1] + extra))
    assert isinstance(picture, Planes)
    assert np.array_equal(picture.y, scene.y)
    expected = (np.full_like(scene.u, 128),) * 2 if fourcc == "GREY" else (scene.u, scene.v)
    assert np.array_equal(picture.u, expected[0])
    assert np.array_equal(picture.v, expected[1])


@pytest.mark.parametrize("fourcc", RAW_FORMATS)
def test_bytes_that_are_too_few_are_no_picture(fourcc: str) -> None:
    whole = {"BGR3": 3.0, "RGB3": 3.0, "GREY": 1.0, "YUYV": 2.0, "UYVY": 2.0, "YVYU": 2.0}.get(fourcc, 1.5)
    data = np.zeros(int(whole * _WIDTH * _HEIGHT), np.uint8)
    assert picture_of(data, Layout(fourcc, _WIDTH, _HEIGHT)) is not None
    assert picture_of(data[:-1], Layout(fourcc, _WIDTH, _HEIGHT)) is None
    assert picture_of(data[:0], Layout(fourcc, _WIDTH, _HEIGHT)) is None


def test_colours_come_in_opencvs_order() -> None:
    image = np.arange(_WIDTH * _HEIGHT * 3).astype(np.uint8).reshape(_HEIGHT, _WIDTH, 3)
    for fourcc, sent in (("BGR3", image), ("RGB3", image[:, :, ::-1])):
        picture = picture_of(np.ascontiguousarray(sent).reshape(-1), Layout(fourcc, _WIDTH, _HEIGHT))
        assert not isinstance(picture, Planes)
        assert np.array_equal(picture, image) if picture is not None else False


def test_limited_range_is_stretched_as_opencv_has_it() -> None:
    scene = _scene()
    data = _padded(_sent(scene, "YU12"), 0)
    picture = picture_of(data, Layout("YU12", _WIDTH, _HEIGHT, is_full_range=False))
    assert isinstance(picture, Planes)
    assert (picture.y[scene.y == 16] == 0).all()
    assert (picture.y[scene.y == 235] == 255).all()
    assert (picture.u[scene.u == 128] == 128).all()
    # OpenCV takes YUV for limited range: of gray pixels it makes what we store.
    gray = np.concatenate([scene.y.reshape(-1), np.full(_WIDTH * _HEIGHT // 2, 128, np.uint8)])
    theirs = cv2.cvtColor(gray.reshape(_HEIGHT * 3 // 2, _WIDTH), cv2.COLOR_YUV2BGR_I420)[:, :, 0]
    assert np.abs(theirs.astype(int) - picture.y).max() <= 1


def test_odd_size_loses_a_row_and_a_column() -> None:
    data = np.zeros(2 * 49 * 33, np.uint8)
    picture = picture_of(data, Layout("YUYV", 49, 33, 98))
    assert isinstance(picture, Planes)
    assert (picture.y.shape, picture.u.shape) == ((32, 48), (16, 24))
