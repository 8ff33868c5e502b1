"""What is known of a render before anything is made: the frames, the pictures, where it goes.

Owns: opening the archive, looking whether the result may go where it is asked for, the first frame that can be used.
Does not own: choosing (`render_worker.selection`), making the file (`render_worker.encoding.output`).
Invariant: nothing is written. What would fail after an hour and can be known now fails now.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from render_worker.encoding.plan import Container
from render_worker.request import RenderRequest
from render_worker.selection.chosen import Chosen, DamagedFrame, NothingToRender, Picture, Selection
from render_worker.selection.finding import select
from render_worker.selection.reading import read_frame, size_of_jpeg
from render_worker.selection.timeline import timeline
from shared.errors import OutputError
from shared.frame_name import parse
from shared.ledger.archive import Archive
from shared.ledger.database import LedgerError
from shared.ledger.reading import reading

VIDEOS: dict[str, Container] = {".mp4": "mp4", ".mkv": "mkv"}
STILLS = (".jpg", ".jpeg", ".png")


class First(Struct, frozen=True):
    """The first frame that can be used: its place among the chosen ones, its bytes, its size in pixels.

    `damaged` are those of which it is known, those before it for one, with what is wrong with each.
    """

    index: int
    jpeg: bytes
    size: tuple[int, int]
    damaged: dict[int, str]


@contextlib.contextmanager
def opened(output_dir: Path) -> Iterator[Archive]:
    """The archive, with its ledger where there is one that can be read."""
    with contextlib.ExitStack() as stack:
        reader = None
        with contextlib.suppress(LedgerError):
            reader = stack.enter_context(reading(output_dir))
        yield Archive(output_dir, reader)


def selection_of(request: RenderRequest, archive: Archive) -> Selection:
    """The frames, of which there is one at least. Blocks for the disk. Raises what `select` does."""
    return select(request.picking, archive, request.camera, request.fps, request.gaps)


def pictures_of(request: RenderRequest, selection: Selection) -> list[Picture]:
    """The pictures of the video, in order."""
    return timeline(selection, request.gaps, request.fps)


def first_of(frames: Sequence[Chosen], known: Mapping[int, str] | None = None) -> First:
    """Reads until one can be used; those `known` to be damaged can't. Raises `NothingToRender` where none can."""
    damaged = dict(known or {})
    for index, chosen in enumerate(frames):
        if index in damaged:
            continue
        try:
            jpeg = read_frame(chosen)
            return First(index, jpeg, size_of_jpeg(jpeg), damaged)
        except DamagedFrame as error:
            damaged[index] = error.reason
    raise NothingToRender(
        f"none of the {len(frames):,} frames can be used; the first one, {frames[0].path}: {damaged[0]}"
    )


def check_output(request: RenderRequest) -> None:
    """Whether the result may go there. Raises `OutputError`."""
    path = Path(request.output)
    endings = tuple(VIDEOS) if request.kind == "video" else STILLS
    if path.suffix.lower() not in endings:
        raise OutputError(f"{path}: its name has to end in {' or '.join(endings)}")
    # Wherever it is: a frame would be replaced, or one that was never taken be found.
    if parse(path.name) is not None:
        raise OutputError(f"{path}: that is how a frame is called; choose another name with -o")
    _check_directory(path.parent)
    try:
        found = path.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise OutputError(f"{path}: can't be looked at: {error.strerror}") from error
    else:
        if not stat.S_ISREG(found.st_mode):
            raise OutputError(f"{path}: is there already, and no file; choose another name with -o")
        if not request.replace:
            raise OutputError(f"{path}: is there already; --force replaces it, -o names another file")


def _check_directory(directory: Path) -> None:
    if not directory.is_dir():
        raise OutputError(f"{directory}: there is no such directory; make it first, or choose another one with -o")
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        raise OutputError(f"{directory}: its file system is mounted read-only; choose another directory with -o")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise OutputError(f"{directory}: no permission to write there; choose another directory with -o")
