"""A picture between two others."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import simplejpeg

from render_worker.selection.chosen import DamagedFrame
from render_worker.selection.fade import faded


def plain(value: int, width: int = 64, height: int = 48, sampling: str = "420") -> bytes:
    """A picture of one gray."""
    image = np.full((height, width, 3), value, np.uint8)
    jpeg: bytes = simplejpeg.encode_jpeg(image, quality=95, colorspace="BGR", colorsubsampling=sampling)
    return jpeg


def mean(jpeg: bytes) -> float:
    """How bright a picture is."""
    return float(simplejpeg.decode_jpeg(jpeg, colorspace="GRAY").mean())


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 1.0])
def test_fade_is_the_weighted_mean(weight: float) -> None:
    assert mean(faded(plain(40), plain(200), weight)) == pytest.approx(40 + 160 * weight, abs=1)


@pytest.mark.parametrize("sampling", ["420", "422", "444"])
def test_fade_to_another_size_has_the_size_and_sampling_of_the_first(sampling: str) -> None:
    found = faded(plain(40, sampling=sampling), plain(200, 160, 90), 0.5)
    height, width, _, found_sampling = simplejpeg.decode_jpeg_header(found)
    assert (width, height, found_sampling) == (64, 48, sampling)
    assert mean(found) == pytest.approx(120, abs=1)


def test_fade_of_gray_pictures_is_gray() -> None:
    gray = cv2.imencode(".jpg", np.full((48, 64), 40, np.uint8))[1].tobytes()
    found = faded(gray, plain(200, 32, 24), 0.5)
    assert simplejpeg.decode_jpeg_header(found)[3].lower() == "gray"
    assert mean(found) == pytest.approx(120, abs=1)


@pytest.mark.parametrize("bad", [b"", b"nothing", plain(40)[:200]])
def test_fade_with_a_damaged_one_is_said(bad: bytes) -> None:
    with pytest.raises(DamagedFrame):
        faded(plain(40), bad, 0.5)
    with pytest.raises(DamagedFrame):
        faded(bad, plain(40), 0.5)
