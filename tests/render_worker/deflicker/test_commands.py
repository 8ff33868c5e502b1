"""Picture k gets gain k, exactly: by real ffmpeg, picture by picture."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray

from render_worker.deflicker.commands import FILTER, commands

Plane = NDArray[Any]
WIDTH, HEIGHT = 320, 180
_VIDEO_RANGE = "scale=out_range=tv,format=yuv420p"


def jpeg(*, width: int = WIDTH, height: int = HEIGHT, sampling: str = "420") -> bytes:
    """All gray values from left to right, and colours from top to bottom."""
    levels = np.linspace(0, 255, width)[None, :] * np.ones((height, 1))
    tint = np.sin(np.linspace(0, 6, height))[:, None] * np.ones((1, width)) * 40
    if sampling == "Gray":
        gray = np.ascontiguousarray(levels[:, :, None].astype(np.uint8))
        return simplejpeg.encode_jpeg(gray, quality=95, colorspace="GRAY", colorsubsampling="Gray")  # type: ignore[no-any-return]
    rgb = np.stack((levels + tint, levels, levels - tint), axis=2).clip(0, 255).astype(np.uint8)
    return simplejpeg.encode_jpeg(np.ascontiguousarray(rgb), quality=95, colorsubsampling=sampling)  # type: ignore[no-any-return]


def decoded(pictures: bytes, fps: str, filters: str, size: tuple[int, int]) -> Plane:
    """What comes out of ffmpeg: (pictures, bytes of one in yuv420p)."""
    command = ["ffmpeg", "-v", "error", "-f", "image2pipe", "-c:v", "mjpeg", "-framerate", fps, "-i", "pipe:"]
    command += ["-vf", filters, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:"]
    done = subprocess.run(command, input=pictures, capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, size[0] * size[1] * 3 // 2).astype(float)


def steered(tmp_path: Path, gains: list[float], fps: float) -> str:
    """The filters for these gains."""
    filters = []
    for number, text in enumerate(commands(gains, fps)):
        file = tmp_path / f"gains-{number}"
        file.write_text(text)
        filters.append(f"sendcmd=f={file}")
    return ",".join([_VIDEO_RANGE, *filters, FILTER])


@pytest.mark.parametrize("fps", ["23.976", "24000/1001", "25", "30", "60"])
def test_each_of_many_pictures_gets_its_own_gain(tmp_path: Path, fps: str) -> None:
    count = 12_000 if fps == "24000/1001" else 2000
    gains = np.random.default_rng(1).uniform(0.73, 1.37, count).round(4)
    one = simplejpeg.encode_jpeg(np.full((16, 16, 1), 128, np.uint8), colorspace="GRAY", colorsubsampling="Gray")
    plain = decoded(one, fps, _VIDEO_RANGE, (16, 16))[0, 0]
    found = decoded(
        one * count, fps, steered(tmp_path, gains.tolist(), 24_000 / 1001 if "/" in fps else float(fps)), (16, 16)
    )
    assert len(found) == count
    assert np.abs(found[:, 0] - (16 + gains * (plain - 16))).max() <= 0.51
    assert np.ptp(found[:, :256], axis=1).max() == 0


@pytest.mark.parametrize("sampling", ["420", "422", "444", "Gray"])
def test_gain_multiplies_luma_and_chroma_to_half_a_level_whatever_the_jpeg_is(tmp_path: Path, sampling: str) -> None:
    gains = [0.73, 1.0, 1.37, 1.0, 0.9, 1.1, 1.004, 0.996]
    pictures = jpeg(sampling=sampling) * len(gains)
    plain = decoded(pictures, "25", _VIDEO_RANGE, (WIDTH, HEIGHT))
    found = decoded(pictures, "25", steered(tmp_path, gains, 25), (WIDTH, HEIGHT))
    luma, gain = WIDTH * HEIGHT, np.array(gains)[:, None]
    off = found - np.where(np.arange(plain.shape[1]) < luma, 16 + gain * (plain - 16), 128 + gain * (plain - 128))
    within = (found > 0) & (found < 255)
    assert np.abs(off[:, :luma][within[:, :luma]]).max() <= 0.51
    assert np.abs(off[:, luma:][within[:, luma:]]).max() <= 0.75
    assert np.abs(off[:, :luma].mean(axis=1))[np.array(gains) <= 1.0].max() < 0.1, "no bias, which would itself flicker"
    assert np.array_equal(found[1], plain[1]), "a gain of 1 changes nothing"


def test_pictures_in_a_row_with_one_gain_are_one_line(tmp_path: Path) -> None:
    gains = [1.0] * 5 + [1.2] * 3 + [1.00001] * 2
    (text,) = commands(gains, 25)
    assert [line.split()[0] for line in text.splitlines()] == [
        "0.0000-0.1800",
        "0.1800-0.3000",
        "0.3000-0.3800",
    ]
    pictures = jpeg() * len(gains)
    plain = decoded(pictures, "25", _VIDEO_RANGE, (WIDTH, HEIGHT))
    found = decoded(pictures, "25", steered(tmp_path, gains, 25), (WIDTH, HEIGHT))
    assert [np.array_equal(*pair) for pair in zip(found, plain, strict=True)] == [True] * 5 + [False] * 3 + [True] * 2


def test_gain_stays_right_where_ffmpeg_builds_its_filters_anew(tmp_path: Path) -> None:
    gains = [1.0, 1.3, 1.3, 1.3, 0.8, 0.8]
    small, other = jpeg(), jpeg(width=WIDTH // 2, height=HEIGHT // 2)
    pictures = small * 2 + other * 3 + small
    size = f"scale={WIDTH}:{HEIGHT}:in_range=pc:out_range=pc"
    plain = decoded(pictures, "25", f"{size},{_VIDEO_RANGE}", (WIDTH, HEIGHT))
    found = decoded(pictures, "25", f"{size},{steered(tmp_path, gains, 25)}", (WIDTH, HEIGHT))
    middle = HEIGHT // 2 * WIDTH + WIDTH // 2
    assert np.abs(found[:, middle] - (16 + np.array(gains) * (plain[:, middle] - 16))).max() <= 0.51


def test_no_pictures_are_no_commands() -> None:
    assert commands([], 25) == []
