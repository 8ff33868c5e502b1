"""The results on the disk: which are there, which are too old, and what was left unfinished.

Owns: looking into `CAMERA/videos`, and deleting there what this worker made itself. Does not own: frames, of which it
only asks whether a day has any; making results.
Invariant: what is deleted is a regular file in that directory, with a name that only a result has; no link in it is
followed. Nothing that is still being made is taken for a leftover.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from render_worker.local_day import days_before
from render_worker.results import Result, directory_of, result_called, unfinished_of
from shared.frame_name import parse

log = logging.getLogger(__name__)


def results_there(output_dir: Path, cameras: Iterable[str]) -> set[Result]:
    """The results of these cameras. Blocks for the disk. Raises OSError, but not where there is no such directory."""
    return {
        result
        for camera in cameras
        for entry in _files(directory_of(output_dir, camera))
        if (result := result_called(camera, entry.name)) is not None
    }


def has_frames(output_dir: Path, camera: str, day: str) -> bool:
    """Whether a day has a frame at all. Blocks for the disk. Raises OSError."""
    return any(parse(entry.name) is not None for entry in _files(output_dir / camera / day.replace("-", "/")))


def too_old(results: Iterable[Result], now_s: float, keep_days: float) -> list[Result]:
    """Those of more than `keep_days` days ago, the oldest first; none where that is 0, which is for ever. Pure."""
    if not keep_days:
        return []
    # In whole days of the calendar, and never yesterday's: it may have been made a minute ago.
    kept = days_before(now_s, max(1, round(keep_days)))
    return sorted(result for result in results if result.day < kept[0])


def delete(output_dir: Path, results: Iterable[Result]) -> int:
    """Delete every file of these results; how many went. Blocks for the disk. What can't be deleted is logged."""
    wanted = set(results)
    gone = 0
    for camera in sorted({result.camera for result in wanted}):
        for entry in _files(directory_of(output_dir, camera)):
            if result_called(camera, entry.name) in wanted:
                gone += _removed(Path(entry.path))
    return gone


def delete_unfinished(output_dir: Path, cameras: Iterable[str]) -> int:
    """Delete what renders of results have left unfinished; how many files went. Blocks for the disk.

    What a living process holds is still being made, by `timelapse render` perhaps, and stays.
    """
    found = [
        Path(entry.path)
        for camera in cameras
        for entry in _files(directory_of(output_dir, camera))
        if unfinished_of(camera, entry.name) is not None
    ]
    if not found:
        return 0
    from render_worker.encoding.output import remove_leftover  # noqa: PLC0415 - 2 MB that are hardly ever needed

    return sum(remove_leftover(path) for path in found)


def _removed(path: Path) -> int:
    try:
        path.unlink()
    except OSError as error:
        log.warning("%s can't be deleted: %s", path, error.strerror)
        return 0
    log.info("%s was deleted", path)
    return 1


def _files(directory: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            yield from (entry for entry in entries if entry.is_file(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return
