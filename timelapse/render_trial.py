"""`timelapse render --dry-run`: what it would be.

Owns: what is printed. Does not own: finding it out (`render_worker.trial`), how it looks (`timelapse.show.render`).
Invariant: nothing is written. What would end the render ends this, with the same words and the same status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shared.errors import EX_IOERR, EX_OK
from shared.ledger.archive import Archive
from timelapse.show import render as show

if TYPE_CHECKING:
    from render_worker.request import RenderRequest


def tell(request: RenderRequest, archive: Archive, *, as_json: bool) -> int:
    """Print it; the exit status. Blocks for the disk."""
    from render_worker.trial import look

    trial = look(request, archive)
    if as_json:
        print(msgspec.json.encode(trial).decode())
    else:
        print("\n".join(show.trial(trial)))
    return EX_OK if trial.fits else EX_IOERR
