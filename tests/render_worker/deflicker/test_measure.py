"""What is measured is what capture notes, so that both mix without a step."""

from __future__ import annotations

import numpy as np
import pytest
import simplejpeg

from capture_worker.check import check_jpeg
from capture_worker.inspection import Inspection
from render_worker.deflicker.measure import measure


def picture(height: int, width: int) -> bytes:
    """Coarse and fine structure, in colours."""
    random = np.random.default_rng(height)
    coarse = random.integers(0, 255, (height // 16 + 1, width // 16 + 1, 3)).repeat(16, axis=0).repeat(16, axis=1)
    rgb = (coarse[:height, :width] * 0.7 + random.normal(30, 20, (height, width, 3))).clip(0, 255).astype(np.uint8)
    return simplejpeg.encode_jpeg(np.ascontiguousarray(rgb), quality=85)  # type: ignore[no-any-return]


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (180, 320), (1000, 3000), (1079, 1918), (2160, 3840)])
def test_measured_brightness_is_the_one_that_capture_notes(size: tuple[int, int]) -> None:
    jpeg = picture(*size)
    noted = Inspection().take(0, jpeg, check_jpeg(jpeg)).measures.brightness_percent
    assert measure(jpeg) * 100 == pytest.approx(noted, abs=1e-9)


@pytest.mark.parametrize("gray", [0, 64, 255])
def test_brightness_is_the_part_of_white(gray: int) -> None:
    jpeg = simplejpeg.encode_jpeg(np.full((48, 64, 1), gray, np.uint8), colorspace="GRAY", colorsubsampling="Gray")
    assert measure(jpeg) == pytest.approx(gray / 255, abs=1e-6)


@pytest.mark.parametrize("damage", ["empty", "no JPEG", "cut", "overwritten"])
def test_damaged_frame_is_not_measured(damage: str) -> None:
    whole = picture(180, 320)
    middle = len(whole) // 2
    bad = {
        "empty": b"",
        "no JPEG": b"\x89PNG" * 100,
        "cut": whole[:middle],
        "overwritten": whole[:middle] + b"\xff\xd9" + whole[-2:],
    }[damage]
    with pytest.raises(ValueError, match="damaged frame"):
        measure(bad)
