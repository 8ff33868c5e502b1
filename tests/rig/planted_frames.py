"""Frames put into a tree as capture would have, without a camera.

Owns: their names and sizes. Does not own: their content, which is not a picture.
Invariant: a planted frame lies where a frame of that slot lies.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from shared.clock import NS_PER_MS, NS_PER_S
from shared.frame_name import FrameName


def plant(
    output_dir: Path,
    camera: str,
    slot_ns: int,
    *,
    size: int = 1,
    take: int = 1,
    offset_min: int | None = None,
    raw_size: int | None = None,
) -> str:
    """Write one frame; its path relative to `output_dir`. `offset_min` is the zone's, else this machine's is taken.

    With `raw_size` a raw file is put beside it.
    """
    inner = FrameName(slot_ns, take).path() if offset_min is None else path_in_zone(slot_ns, take, offset_min)
    path = output_dir / camera / inner
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0" * size)
    if raw_size is not None:
        path.with_suffix(".dng").write_bytes(b"\0" * raw_size)
    return f"{camera}/{inner}"


def plant_row(
    output_dir: Path, camera: str, *, newest_ns: int, count: int, apart_s: float = 60, size: int = 1
) -> list[str]:
    """Write `count` frames that end with `newest_ns`; their paths, oldest first. Stops where the disk is full."""
    planted = []
    for back in reversed(range(count)):
        try:
            planted.append(plant(output_dir, camera, newest_ns - int(back * apart_s * NS_PER_S), size=size))
        except OSError:
            break
    return planted


def path_in_zone(slot_ns: int, take: int, offset_min: int) -> str:
    """The path within the camera's directory that the slot has in a zone `offset_min` east of UTC."""
    local_ms = slot_ns // NS_PER_MS + offset_min * 60_000
    local = time.gmtime(local_ms // 1000)
    sign = "-" if offset_min < 0 else "+"
    zone = f"{sign}{abs(offset_min) // 60:02d}{abs(offset_min) % 60:02d}"
    suffix = f"-{take}" if take > 1 else ""
    return time.strftime("%Y/%m/%d/%Y%m%dT%H%M%S", local) + f".{local_ms % 1000:03d}{zone}{suffix}.jpg"


def frames_in(output_dir: Path) -> set[str]:
    """The paths of everything that is called .jpg, relative to `output_dir`, though it is being deleted meanwhile."""
    # rglob raises where a directory goes away; walk passes it over.
    paths = (Path(directory, name) for directory, _, names in os.walk(output_dir) for name in names)
    return {str(path.relative_to(output_dir)) for path in paths if path.suffix == ".jpg"}
