"""`timelapse render`: one render, driven from a terminal.

Owns: the process that renders while it lasts, Ctrl-C, the summary and the exit status. Does not own: what is rendered
(`timelapse.render_request`), the progress on the screen (`timelapse.render_screen`), nor the render (`render_worker`).
Invariant: when this returns, the process has ended; after Ctrl-C nothing of it is left.
"""

from __future__ import annotations

import argparse
import contextlib
import select
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from shared.errors import EX_OK, DiskError, TimelapseError
from timelapse.frames import opened, say_done_without
from timelapse.render_pausing import Watch, watch
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


class RenderError(TimelapseError):
    """It did not come about. Message and exit status are those of the process that rendered."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def render(arguments: argparse.Namespace) -> int:
    """Make what was asked for; the exit status. Blocks."""
    restore_range(arguments)
    if arguments.cancel:
        from timelapse.render_cancel import cancel

        return cancel(arguments)
    place = where(arguments)
    with opened(place) as (archive, _):
        try:
            request = request_of(arguments, place, archive, time.time_ns())
            if arguments.dry_run:
                from timelapse.render_trial import tell

                return tell(request, archive, as_json=arguments.json)
        except OSError as error:
            if error.filename is None:
                raise
            raise DiskError(f"{error.filename}: can't be read: {error.strerror}") from error
        if archive.problem:
            say_done_without(archive.problem)
    watched = watch(arguments.runtime_dir, place.configuration.render.pause_above_c)
    try:
        return _told(_carried_out(request, watched), as_json=arguments.json)
    finally:
        if watched is not None:
            watched.close()


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

    try:
        child = Child(request)
    except OSError as error:
        return Failed(f"no process can be started to render: {error.strerror}", TimelapseError.status)
    screen = Screen()
    try:
        with _ending_as_interrupted():
            return _followed(child, screen, watched)
    except KeyboardInterrupt:
        screen.clear()
        return _cancelled(child)
    finally:
        screen.clear()
        child.close()


def _followed(child: Child, screen: Screen, watched: Watch | None) -> Finished | Failed:
    """Shows its progress until it has ended, and has it stand still where it would disturb."""
    from render_worker.telling import Progress

    poll = select.poll()
    poll.register(child.fd, select.POLLIN)
    while child.outcome is None:
        poll.poll(_TURN_S * 1000)
        if watched is not None:
            watched.steer(child)
        for told in child.lines():
            if isinstance(told, Progress):
                screen.show(told)
    child.wait(_CANCELS_WITHIN_S)
    return child.outcome


def _cancelled(child: Child) -> Failed | Finished:
    """Ends it, and waits until it has cleaned up; a second Ctrl-C does not wait."""
    from render_worker.telling import Failed

    child.cancel()
    with contextlib.suppress(KeyboardInterrupt):
        child.wait(_CANCELS_WITHIN_S)
        child.lines()
    if child.outcome is not None:
        return child.outcome
    return Failed("the render was cancelled; its process did not end by itself, and was killed", _INTERRUPTED)


@contextlib.contextmanager
def _ending_as_interrupted() -> Iterator[None]:
    """SIGTERM and SIGHUP end it as Ctrl-C does: with everything removed."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
