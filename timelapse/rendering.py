"""`timelapse render`: one render, driven from a terminal.

Owns: the process that renders while it lasts, Ctrl-C, the summary and the exit status. Does not own: what is rendered
(`timelapse.render_request`), the progress on the screen (`timelapse.render_screen`), nor the render (`render_worker`).
Invariant: when this returns, the process has ended; after Ctrl-C, and whatever else ended it, nothing of it
is left but the file that was asked for. How often Ctrl-C is pressed, and whether anybody reads the progress, is all the
same to that.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import select
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shared.errors import EX_OK, TimelapseError
from timelapse import streams
from timelapse.frames import opened
from timelapse.interrupts import Interrupts
from timelapse.render_pausing import Watch, cleaned_for, watch
from timelapse.render_request import request_of, restore_range
from timelapse.render_screen import Screen
from timelapse.show import render as show
from timelapse.where import where

if TYPE_CHECKING:
    from render_worker.child import Child
    from render_worker.request import RenderRequest
    from render_worker.telling import Failed, Finished

_INTERRUPTED = 130
_TURN_S = 0.5
_CANCELS_WITHIN_S = 20.0
_DIES_WITHIN_S = 5.0


class RenderError(TimelapseError):
    """It did not come about. Message and exit status are those of the process that rendered."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def render(arguments: argparse.Namespace) -> int:
    """Make what was asked for; the exit status. Blocks. For `--json` a failure is an object too, and raised as ever."""
    try:
        return _cancelled(arguments) if arguments.cancel else _rendered(arguments)
    except TimelapseError as error:
        if arguments.json:
            _print_object(error)
        raise


def _cancelled(arguments: argparse.Namespace) -> int:
    from timelapse.render_cancel import cancel

    restore_range(arguments)
    return cancel(arguments)


def _rendered(arguments: argparse.Namespace) -> int:
    restore_range(arguments)
    place = where(arguments)
    with opened(place) as (archive, _):
        request = request_of(arguments, place, archive, time.time_ns())
        if arguments.dry_run:
            from timelapse.render_trial import tell

            return tell(request, archive, as_json=arguments.json)
    watched = watch(arguments.runtime_dir, place.configuration.render.pause_above_c, cleaned_for(place, request))
    try:
        return _told(_carried_out(request, watched), as_json=arguments.json)
    finally:
        if watched is not None:
            watched.close()


def _print_object(error: TimelapseError) -> None:
    from render_worker.telling import Failed

    # A name from the command line may be of any bytes; JSON is of characters.
    message = str(error).encode(errors="backslashreplace").decode()
    try:
        print(msgspec.json.encode(Failed(message, error.status)).decode(), flush=True)
    except OSError:
        # Nobody reads it; the sentence and the status are still to come.
        streams.abandon_output()


def _told(outcome: Finished | Failed, *, as_json: bool) -> int:
    from render_worker.telling import Failed

    if isinstance(outcome, Failed):
        raise RenderError(outcome.message, outcome.status)
    if as_json:
        print(msgspec.json.encode(outcome).decode())
    else:
        print("\n".join(show.summary(outcome)))
    return EX_OK


def _carried_out(request: RenderRequest, watched: Watch | None) -> Finished | Failed:
    from render_worker.child import Child
    from render_worker.telling import Failed

    with Interrupts() as interrupts:
        try:
            child = Child(request)
        except OSError as error:
            return Failed(f"no process can be started to render: {error.strerror}", TimelapseError.status)
        screen = Screen()
        try:
            return _followed(child, screen, watched, interrupts)
        except BaseException:
            child.cancel()
            child.wait(_CANCELS_WITHIN_S)
            raise
        finally:
            screen.clear()
            _put_away(child, Path(request.output))


def _followed(child: Child, screen: Screen, watched: Watch | None, interrupts: Interrupts) -> Finished | Failed:
    """Shows its progress until it has ended, and has it stand still where it would disturb."""
    from render_worker.telling import Failed, Progress

    poll = select.poll()
    for fd in (child.fd, interrupts.fd):
        poll.register(fd, select.POLLIN)
    ending = _Ending(child)
    while child.outcome is None:
        poll.poll(_TURN_S * 1000)
        if not ending.heed(interrupts.taken(), time.monotonic()):
            return Failed("the render was cancelled; its process does not end: is the disk dead?", _INTERRUPTED)
        if watched is not None:
            watched.steer(child)
        for told in child.lines():
            if isinstance(told, Progress):
                screen.show(told)
    child.wait(_CANCELS_WITHIN_S)
    return child.outcome


class _Ending:
    """What signals bring about: the first has it cancelled; a second, or its not ending in time, killed."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._by_s = math.inf
        self._is_killed = False

    def heed(self, signals: int, now_s: float) -> bool:
        """Do what is due; whether there is something to wait for."""
        if signals and self._by_s == math.inf:
            self._child.cancel()
            self._by_s, signals = now_s + _CANCELS_WITHIN_S, signals - 1
        if (signals or now_s >= self._by_s) and not self._is_killed:
            self._child.kill()
            self._by_s, self._is_killed = now_s + _DIES_WITHIN_S, True
        return now_s < self._by_s


def _put_away(child: Child, output: Path) -> None:
    """Ends it where it has not ended, and removes what it left: killed, or dead without a word, it could not."""
    from render_worker.encoding.output import remove_leftover
    from render_worker.results import unfinished_beside

    child.kill()
    has_ended = child.wait(_DIES_WITHIN_S) is not None
    child.close()
    # What a dead disk holds in the kernel keeps its file: to look at it would hold this process there too.
    if has_ended:
        with contextlib.suppress(OSError):
            remove_leftover(unfinished_beside(output))
