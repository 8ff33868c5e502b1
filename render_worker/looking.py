"""One look at the tree: which results are there, and whether a day has frames.

Owns: passing over the cameras whose directories may not be read. Does not own: the files (`keeping`), what is due.
Invariant: what one camera's directories forbid is never another one's trouble; what the disk itself answers (EIO, a
loop of links) is raised.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from render_worker.keeping import delete, delete_unfinished, has_frames, results_there, too_old
from render_worker.notebook import Notebook
from render_worker.results import Result
from render_worker.retry import not_before_s
from shared import tree
from shared.clock import NS_PER_S
from shared.disk import is_mount_point
from shared.errors import DiskError
from shared.events import MOST_FAILING, RenderFailing


class Look:
    """Blocks for the disk, in every method. `passed_over` is, by camera, why nothing can be made of it."""

    def __init__(self, output_dir: Path) -> None:
        self._output_dir = output_dir
        self.passed_over: dict[str, str] = {}
        self._unread: set[str] = set()

    def results(self, cameras: Iterable[str]) -> set[Result]:
        """The results of these cameras that are there. Raises OSError."""
        found: set[Result] = set()
        for camera in cameras:
            try:
                found |= results_there(self._output_dir, [camera])
            except PermissionError as error:
                self._unread.add(camera)
                self._pass_over(camera, error)
        return found

    def has_frames(self, camera: str, day: str) -> bool:
        """Whether a day has a frame, and what is made of it could be found again. Raises OSError."""
        if camera in self._unread:
            return False
        try:
            return has_frames(self._output_dir, camera, day)
        except PermissionError as error:
            self._pass_over(camera, error)
            return False

    def tidy(self) -> None:
        """Delete what renders have left unfinished, of every camera that the tree has. Raises OSError."""
        for camera in tree.cameras(self._output_dir):
            with contextlib.suppress(PermissionError):
                delete_unfinished(self._output_dir, [camera])

    def delete_old(self, now_s: float, keep_days: float) -> None:
        """Delete the results that are too old, of every camera that the tree has. Raises OSError."""
        if keep_days:
            # Apart: a directory that only looks like a camera's is nobody's concern.
            with contextlib.suppress(FileNotFoundError):
                there = Look(self._output_dir).results(tree.cameras(self._output_dir))
                delete(self._output_dir, too_old(there, now_s, keep_days))

    def _pass_over(self, camera: str, error: PermissionError) -> None:
        self.passed_over.setdefault(camera, f"{error.filename or camera}: {error.strerror}")


def failing(notebook: Notebook, missing: Collection[Result], now_s: float) -> list[RenderFailing]:
    """Of what is missing, what has failed and is tried again; the newest days first, and not all of many. Pure."""
    found = []
    for result in sorted(missing, key=lambda each: (each.camera, each.kind)):
        tries = notebook.tries_of(result)
        at_s = not_before_s(tries, now_s)
        if tries is not None and tries.failed and at_s is not None:
            found.append(
                RenderFailing(
                    camera=result.camera,
                    day=result.day,
                    kind=result.kind,
                    message=tries.message,
                    tries=tries.failed,
                    next_try_wall_ns=int(at_s) * NS_PER_S,
                )
            )
    return sorted(found, key=lambda each: each.day, reverse=True)[:MOST_FAILING]


def check_mounted(output_dir: Path) -> None:
    """Raises `DiskError` where no file system is mounted there. Blocks for the disk."""
    if not is_mount_point(output_dir):
        raise DiskError(f"{output_dir}: no file system is mounted there (require_mount)")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """What can't be read ends this worker: when to try again is for the supervisor to say."""
    try:
        yield
    except OSError as error:
        raise DiskError(f"{error.filename or path}: can't be read: {error.strerror}") from error
