"""What the results of a day are called, and where they lie: `output_dir/CAMERA/videos/YYYY-MM-DD.mp4` and beside it.

Owns: those names, both ways. Does not own: the files (`keeping`), nor which are made (`schedule`).
Invariant: pure. No name that is read as a result here could be a frame's, a directory's of the tree, or somebody
else's by chance: it is a day that there is, a kind that there is, and a suffix of ours.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import get_args

from msgspec import Struct

from render_worker.request import Codec, Kind

DIRECTORY = "videos"
_KINDS: dict[str | None, Kind] = {kind: kind for kind in get_args(Kind)}
_NAME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:-(?P<still>keogram|contact-sheet|average|brightest))?\.(?P<suffix>mp4|mkv|jpg|png)",
    re.ASCII,
)
_UNFINISHED = re.compile(r"\.(?P<name>.+)\.part")
_VIDEO_SUFFIXES = frozenset({"mp4", "mkv"})


class Result(Struct, frozen=True, order=True):
    """One result of one day (`YYYY-MM-DD`) of a camera."""

    day: str
    camera: str
    kind: Kind

    @property
    def key(self) -> str:
        """It as one word."""
        return f"{self.camera}/{self.day}/{self.kind}"


def path_of(result: Result, codec: Codec) -> str:
    """Where it is put, relative to `output_dir`. Frames that are not encoded anew go into a container that any take."""
    if result.kind == "video":
        return f"{result.camera}/{DIRECTORY}/{result.day}.{'mkv' if codec == 'copy' else 'mp4'}"
    return f"{result.camera}/{DIRECTORY}/{result.day}-{result.kind}.jpg"


def unfinished_beside(output: Path) -> Path:
    """The hidden file that becomes a result when it is whole: on the same file system, and nobody's `*.mp4`."""
    return output.with_name(f".{output.name}.part")


def result_called(camera: str, name: str) -> Result | None:
    """The result that a file's name means, whatever it was encoded with; None for any other name."""
    found = _NAME.fullmatch(name)
    if found is None or not _is_a_day(found["day"]):
        return None
    if (found["suffix"] in _VIDEO_SUFFIXES) == (found["still"] is not None):
        return None
    return Result(found["day"], camera, _KINDS.get(found["still"], "video"))


def unfinished_of(camera: str, name: str) -> Result | None:
    """The result that a hidden file beside it was to become; None for any other name."""
    found = _UNFINISHED.fullmatch(name)
    return None if found is None else result_called(camera, found["name"])


def directory_of(output_dir: Path, camera: str) -> Path:
    """Where a camera's results are."""
    return output_dir / camera / DIRECTORY


def _is_a_day(day: str) -> bool:
    numbers = [int(part) for part in day.split("-")]
    year, month, day_of_month = numbers
    noon = time.localtime(time.mktime((year, month, day_of_month, 12, 0, 0, 0, 0, -1)))
    return year >= 1970 and list(noon[:3]) == numbers
