"""Making one still of many frames: the way in.

Owns: which kind is made by whom, and writing the file. Does not own: the kinds themselves, and the final name.
Invariant: nothing is written before the whole picture is there, and nothing is left where writing fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from render_worker.request import Kind, Look
from render_worker.selection.chosen import Chosen, NothingToRender
from render_worker.selection.reading import read_frame
from render_worker.stills import contact_sheet, keogram, saving, stack
from render_worker.stills.taking import Read, Size, Taking
from shared.durable import write_synced
from shared.errors import DiskError

if TYPE_CHECKING:
    from render_worker.stills.taking import Pixels

Progress = Callable[[int, int], None]
"""Told how many of how many frames are done; it may raise, which ends the still."""
_Make = Callable[[Sequence[Chosen], Taking, "Size | None", Progress, str], "Pixels"]

_MAKERS: dict[str, _Make] = {
    "keogram": keogram.make,
    "contact-sheet": contact_sheet.make,
    "average": stack.average,
    "brightest": stack.brightest,
}


class StillResult(Struct, frozen=True):
    """A still that is on the disk. `used` frames are in it, `damaged` and `gone` ones (deleted meanwhile) are not."""

    width: int
    height: int
    used: int
    damaged: int
    gone: int = 0


def make_still(
    kind: Kind,
    frames: Sequence[Chosen],
    output: Path,
    size: Size | None,
    progress: Progress,
    read: Read = read_frame,
    *,
    suffix: str = "",
    title: str = "",
    comment: str = "",
    look: Look = Look(),  # noqa: B008 - it can't be changed
) -> StillResult:
    """Write the still of that kind of these frames, in order, to `output`, and wait until it is on the disk.

    `size` is (width, height), with 0 for what keeps the proportions; None is the kind's own size. `suffix` is that of
    the final name where `output` has another one. `title` is drawn on a contact sheet; `comment` stands in the file.
    `look` says how each frame is cropped and turned; the rest of it is for videos. `progress` is called before the
    first frame and after each; what it raises passes through, with nothing written.

    Raises `NothingToRender` where no frame can be used, `UsageError` for a suffix or size that can't be,
    `DiskError` where it can't be written. Blocks.
    """
    ending = suffix or output.suffix
    saving.check_suffix(ending)
    if not frames:
        raise NothingToRender(f"there is no frame to make a {kind} of")
    taking = Taking(read, look)
    pixels = _MAKERS[kind](frames, taking, size, progress, title)
    if not taking.used:
        raise taking.nothing()
    file = saving.encoded(pixels, ending, comment)
    try:
        write_synced(output, file)
    except OSError as error:
        output.unlink(missing_ok=True)
        raise DiskError(f"{output}: the {kind} can't be written: {error.strerror}") from error
    return StillResult(pixels.shape[1], pixels.shape[0], taking.used, taking.damaged, taking.gone)
