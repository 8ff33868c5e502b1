"""Encoding: what comes out is a whole JPEG of the picture, or an error."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import simplejpeg

from capture_worker.cameras.base import Planes
from capture_worker.cameras.scene import read_mark, render
from capture_worker.check import check_jpeg
from capture_worker.encode import encode_jpeg, encode_planes
from shared.errors import CameraError

SLOT_NS = 1_795_421_730_100_000_000


def test_encode_jpeg_picture_comes_back() -> None:
    jpeg = encode_jpeg(render(SLOT_NS, 640, 480), 90)
    assert check_jpeg(jpeg).size == (640, 480)
    assert read_mark(np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)) == (
        SLOT_NS // 1_000_000
    )


def test_encode_jpeg_lower_quality_is_smaller() -> None:
    image = render(SLOT_NS, 640, 480)
    assert len(encode_jpeg(image, 40)) < len(encode_jpeg(image, 95))


@pytest.mark.parametrize("shape", [(0, 0, 3), (10, 10, 2), (4, 70_000, 3)])
def test_encode_jpeg_no_picture_raises_camera_error(shape: tuple[int, int, int]) -> None:
    with pytest.raises(CameraError, match="can't be encoded"):
        encode_jpeg(np.zeros(shape, np.uint8), 90)


def _planes(width: int = 642, height: int = 482, stride: int = 704) -> Planes:
    """A gradient with colour in it, its rows views into longer ones: 642 is no multiple of a block."""
    y = np.full((height, stride), 255, np.uint8)
    u, v = np.full((2, height // 2, stride // 2), 255, np.uint8)
    y[:, :width] = np.linspace(60, 190, width, dtype=np.uint8)
    u[:, : width // 2], v[:, : width // 2] = 110, 145
    return Planes(y[:, :width], u[:, : width // 2], v[:, : width // 2])


@pytest.fixture(params=["with planes", "before simplejpeg 1.8"])
def encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Either way of encoding planes."""
    if request.param != "with planes":
        monkeypatch.delattr(simplejpeg, "encode_jpeg_yuv_planes", raising=False)
    elif not hasattr(simplejpeg, "encode_jpeg_yuv_planes"):
        pytest.skip("simplejpeg is older than 1.8")
    return str(request.param)


@pytest.mark.usefixtures("encoder")
def test_encode_planes_picture_comes_back_in_full_range() -> None:
    planes = _planes()
    jpeg = encode_planes(planes, 95)
    assert check_jpeg(jpeg).size == (642, 482)
    decoded = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    y, cr, cb = (plane.astype(float) for plane in cv2.split(cv2.cvtColor(decoded, cv2.COLOR_BGR2YCrCb)))
    assert np.abs(y - planes.y).mean() < 2
    assert (cb.mean(), cr.mean()) == pytest.approx((110, 145), abs=1)


def test_encode_planes_keeps_the_samples_out_of_the_padding() -> None:
    planes = _planes()
    packed = Planes(*(np.ascontiguousarray(plane) for plane in planes))
    assert encode_planes(planes, 90) == encode_planes(packed, 90)


@pytest.mark.usefixtures("encoder")
def test_encode_planes_lower_quality_is_smaller() -> None:
    assert len(encode_planes(_planes(), 40)) < len(encode_planes(_planes(), 95))


def test_encode_planes_that_are_of_no_one_picture_raises_camera_error() -> None:
    y, u, _ = _planes()
    with pytest.raises(CameraError, match="482x642 in planes can't be encoded"):
        encode_planes(Planes(y, u, np.zeros((3, 3), np.uint8)), 90)
