"""Encoding: what comes out is a whole JPEG of the picture, or an error."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from capture_worker.cameras.scene import read_mark, render
from capture_worker.check import check_jpeg
from capture_worker.encode import encode_jpeg
from shared.errors import CameraError

SLOT_NS = 1_795_421_730_100_000_000


def test_encode_jpeg_picture_comes_back() -> None:
    jpeg = encode_jpeg(render(SLOT_NS, 640, 480), 90)
    assert check_jpeg(jpeg) == (640, 480)
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
