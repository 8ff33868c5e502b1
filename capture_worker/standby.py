"""A capture process that waits with everything loaded, to take over from a worker that dies.

Owns: what is loaded ahead, and the waiting. Does not own: who is told to take over and when (`supervisor.standby`), nor
the work, which begins afterwards as in any other worker.
Invariant: until it is told it opens no camera and no socket, starts no thread and has no wake-ups. It ends with its
supervisor: the end of its standard input is its own.

Loading is all that a start costs, 0.2 s on a desktop and some seconds on a small board. It is done at the ordinary
priority: a process may lower its own, but not raise it again without privilege, and beside a recording worker on one
and the same core no difference could be measured.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from shared.config.model import Configuration
from shared.config.outcome import MOST_BYTES, unpack
from shared.errors import EX_OK, WireError
from shared.parent import die_with_parent
from shared.stack import leave_a_stack
from shared.standby import LONGEST_ORDER_BYTES, READY, StandbyPlace, arguments_of, parse_place
from shared.worker import be_called

log = logging.getLogger(__name__)

_STDIN = 0
_OOM_SCORE = Path("/proc/self/oom_score_adj")
_FIRST_TO_GO = "1000"


def wait_to_be_told(arguments: list[str]) -> list[str]:
    """Load everything, say so, and wait; the arguments of the worker that this process is from then on.

    Does not return where the supervisor wants it no longer. Blocks, for months.
    """
    place = _place_in(arguments)
    die_with_parent(place.parent_pid)
    leave_a_stack(place.evidence_fd)
    be_called("standby")
    with _first_to_go():
        _load(place.configuration_fd)
        os.write(place.ready_fd, READY)
        os.close(place.ready_fd)
        order = os.read(_STDIN, LONGEST_ORDER_BYTES)
    if not order:
        sys.exit(EX_OK)
    _be_as_if_just_started()
    return arguments_of(order)


def _place_in(arguments: list[str]) -> StandbyPlace:
    try:
        return parse_place(arguments)
    except (ValueError, KeyError) as error:
        sys.stderr.write(f"A stand-by of timelapse. The supervisor starts it; nobody else should ({error}).\n")
        sys.exit(2)


@contextlib.contextmanager
def _first_to_go() -> Iterator[None]:
    """Where memory runs out the kernel is to end this process rather than one that records."""
    try:
        before = _OOM_SCORE.read_text()
        _OOM_SCORE.write_text(_FIRST_TO_GO)
    except OSError:
        yield
        return
    yield
    with contextlib.suppress(OSError):
        # Permitted to anybody, down to what an administrator has set last.
        _OOM_SCORE.write_text(before)


def _load(configuration_fd: int) -> None:
    """Load what a worker has loaded when it has stored its first frame, for every camera of the configuration."""
    with open(configuration_fd, "rb") as file:
        configuration = unpack(file.read(MOST_BYTES))
    if not isinstance(configuration, Configuration):
        raise WireError("a stand-by was given no configuration")
    from capture_worker.preload import preload  # noqa: PLC0415 - as late as possible: it loads everything

    for camera in configuration.cameras.values():
        try:
            preload(camera, configuration.location)
        except Exception as error:  # noqa: BLE001 - whatever hinders a camera, its own worker is there to say it
            log.debug("camera %s can't be loaded ahead: %s", camera.name, error)


def _be_as_if_just_started() -> None:
    """What a process takes from the machine once, at its start."""
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - its descriptor is wanted
        os.dup2(nothing.fileno(), _STDIN)
    # The time zone may have been set meanwhile.
    time.tzset()
