"""A browser plays what is rendered: all of it, as long as promised, in the colours of the frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from shared.clock import NS_PER_S
from shared.frame_name import FrameName
from tests.rig import chromium
from tests.rig.scripted_supervisor import ROOT
from tests.rig.zone import utc_ns
from timelapse.cli import main

CONFIG = "output_dir: {out}\ncameras: {{main: {{source: test, interval: 10s}}}}\n"
FRAMES = 50
FIRST, LAST = (30, 200, 40), (210, 60, 50)
"""Red, green, blue of the first half of the frames, and of the second."""
CLOSE = 8
"""A JPEG, a conversion to BT.709 and back, and an encoder, are off by some levels; a wrong matrix by 13 to 28."""
BROWSER = chromium.find()


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here: apt-get install chromium")
@pytest.mark.parametrize("size", [(320, 180), (1280, 720)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_video_plays_in_a_browser_from_its_beginning_to_its_end(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smaller one is of BT.601, the larger of BT.709."""
    assert BROWSER is not None
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    config, video = tmp_path / "timelapse.yml", tmp_path / "video.mp4"
    config.write_text(CONFIG.format(out=tmp_path / "out"))
    _record(tmp_path / "out", size)
    assert main(["render", "--no-deflicker", "--config", str(config), "-o", str(video), "--json"]) == 0
    played = chromium.play(BROWSER, video)
    assert (played.error, played.ended) == ("", True)
    assert (played.width, played.height, played.pictures) == (*size, FRAMES)
    assert played.duration_s == pytest.approx(FRAMES / 25, abs=0.01)
    for colour, wanted in zip(played.colours, (FIRST, LAST), strict=True):
        assert colour == pytest.approx(wanted, abs=CLOSE)


def _record(output_dir: Path, size: tuple[int, int]) -> None:
    for number in range(FRAMES):
        red, green, blue = FIRST if number < FRAMES // 2 else LAST
        image = np.full((size[1], size[0], 3), (blue, green, red), np.uint8)
        slot_ns = utc_ns("2026-06-01T10:00:00") + number * 10 * NS_PER_S
        path = output_dir / "main" / FrameName(slot_ns).path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
