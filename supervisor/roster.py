"""Which workers there should be, from the configuration alone.

Owns: the names of workers and the package that each runs. Does not own: starting them.
Invariant: pure. `capture.NAME` is the worker of camera NAME; order of start: storage, captures, then who has time.
"""

from __future__ import annotations

from shared.config.model import Configuration
from shared.errors import UsageError

STORAGE = "storage"
RENDER = "render"
CAPTURE_PACKAGE = "capture_worker"
_CAPTURE = "capture."


def workers_of(configuration: Configuration) -> dict[str, str]:
    """Worker to package, in the order in which they are started."""
    captures = {_CAPTURE + camera: CAPTURE_PACKAGE for camera in configuration.cameras}
    # Without anything to do it would be 20 MB of memory for nothing.
    optional = {RENDER: "render_worker"} if configuration.render.daily_minute is not None else {}
    return {STORAGE: "storage_worker"} | captures | optional


def camera_of(worker: str) -> str | None:
    """The camera of a capture worker; None for any other."""
    return worker.removeprefix(_CAPTURE) if worker.startswith(_CAPTURE) else None


def find(worker: str, known: list[str]) -> str:
    """The worker of that name. Raises `UsageError` with the names that there are."""
    if worker in known:
        return worker
    import difflib  # noqa: PLC0415 - for a person who mistypes, not for months of memory

    near = difflib.get_close_matches(worker, known, n=1) or [name for name in known if name == _CAPTURE + worker]
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise UsageError(f"no worker is called {worker!r}{hint}; there are: {', '.join(known)}")
