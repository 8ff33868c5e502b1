"""How much memory a whole render takes where little was asked for: the process and its ffmpeg together, at 1080p."""

from __future__ import annotations

import contextlib
import select
from pathlib import Path

import numpy as np
import simplejpeg

from render_worker.child import Child
from render_worker.request import Encoding, Look, Overlay, Picking, RenderRequest
from render_worker.telling import Finished
from tests.rig.figures import say
from tests.rig.gray_frames import record
from tests.rig.zone import utc_ns

START_NS = utc_ns("2026-06-01T10:00:00")
FRAMES = 24
MOST_BYTES = 200_000_000


def test_small_render_with_everything_drawn_stays_below_200_mb_at_1080p(tmp_path: Path) -> None:
    for number, path in enumerate(record(tmp_path / "out", range(FRAMES), start_ns=START_NS)):
        path.write_bytes(_noise(110 + 8 * (number % 2), number))
    overlay = Overlay(timestamp="%Y-%m-%d %H:%M", day_bar=True)
    first_ms = START_NS // 1_000_000
    child = Child(
        RenderRequest(
            output_dir=str(tmp_path / "out"),
            camera="main",
            output=str(tmp_path / "v.mp4"),
            picking=Picking(first_ms, first_ms + 3_600_000),
            look=Look(overlay=overlay),
            encoding=Encoding(profile="small"),
            stop_above_percent=100.0,
        )
    )
    try:
        peaks = _followed(child)
        outcome = child.outcome
    finally:
        child.close()
    assert isinstance(outcome, Finished), outcome
    assert (outcome.pictures, outcome.width) == (FRAMES, 1920)
    job, ffmpeg = peaks.pop(child.pid), max(peaks.values())
    say("megabytes of a small render at 1080p and of its ffmpeg", f"{job / 1e6:.0f} + {ffmpeg / 1e6:.0f}")
    assert 40_000_000 < ffmpeg < job + ffmpeg < MOST_BYTES


def _followed(child: Child) -> dict[int, int]:
    """The peak of each process until it has ended. They are sums of what need not have been at one time."""
    peaks: dict[int, int] = {}
    poll = select.poll()
    poll.register(child.fd, select.POLLIN)
    while child.outcome is None:
        poll.poll(20)
        child.lines()
        for pid in (child.pid, *_children(child.pid)):
            with contextlib.suppress(OSError, StopIteration):
                peaks[pid] = _peak(pid)
    return peaks


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [
            int(child)
            for thread in Path(f"/proc/{pid}/task").iterdir()
            for child in (thread / "children").read_text().split()
        ]
    return []


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _noise(mean: int, seed: int) -> bytes:
    """A frame of 1920x1080 with a sensor's noise, and the sampling of USB cameras."""
    pixels = np.random.default_rng(seed).normal(mean, 6, (1080, 1920, 1)).clip(0, 255).astype(np.uint8)
    jpeg: bytes = simplejpeg.encode_jpeg(pixels.repeat(3, axis=2), quality=90, colorspace="RGB", colorsubsampling="422")
    return jpeg
