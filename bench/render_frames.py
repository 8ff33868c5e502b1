"""Frames for a render: a bare tree of one camera.

Owns: drawing them and their names. Does not own: what is made of them.
Invariant: the same numbers give the same bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

from capture_worker.cameras.scene import render
from capture_worker.encode import encode_jpeg
from shared.clock import NS_PER_MS, NS_PER_S
from shared.frame_name import path_in_zone
from tests.rig.bad_pictures import noisy

CAMERA = "main"
FIRST_S = 1_795_435_200
INTERVAL_S = 10
_NOISE = 3.0
_QUALITY = 90


def planted(output_dir: Path, count: int, different: int, size: tuple[int, int], camera: str = CAMERA) -> list[Path]:
    """So many frames, in order, of which only so many are different; the others are hard links to those. Blocks."""
    drawn: list[Path] = []
    frames: list[Path] = []
    for number in range(count):
        slot_ns = (FIRST_S + number * INTERVAL_S) * NS_PER_S
        path = output_dir / camera / path_in_zone(slot_ns // NS_PER_MS, 0, 0)
        path.parent.mkdir(parents=True, exist_ok=True)
        if number < different:
            path.write_bytes(encode_jpeg(noisy(render(slot_ns, *size), _NOISE, number), _QUALITY))
            drawn.append(path)
        else:
            os.link(drawn[number % len(drawn)], path)
        frames.append(path)
    return frames
