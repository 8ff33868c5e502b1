"""One picture now: who takes it, and where it goes.

Owns: the choice between the worker that has the camera and a process of our own; the file. Does not own: either way of
taking it (`supervisor.commands`, `timelapse.one_picture`).
Invariant: a camera that a supervisor has is asked through it alone. The file is whole, or not there.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

from shared.clock import SystemClock
from shared.durable import replace_file
from shared.errors import EX_OK, BusyError, DiskError, NotRunningError, TimelapseError
from shared.frame_name import FrameName
from timelapse.client import Client, find
from timelapse.one_picture import chosen, of_file, of_source, take
from timelapse.operation import asked_and_finished
from timelapse.show.words import plain, size

_STDOUT = "-"


def snapshot(arguments: argparse.Namespace) -> int:
    """Take the picture and put it where it was asked for; the exit status. Blocks."""
    began_s = time.monotonic()
    name, jpeg = _taken(arguments)
    if arguments.output == _STDOUT:
        sys.stdout.buffer.write(jpeg)
        sys.stdout.buffer.flush()
        return EX_OK
    path = Path(arguments.output) if arguments.output else _own_name(name)
    try:
        replace_file(path, jpeg)
    except OSError as error:
        raise DiskError(f"{path}: the picture can't be written there: {error.strerror}") from error
    print(f"{path}: {size(len(jpeg))}, in {time.monotonic() - began_s:.1f} s")
    return EX_OK


def _taken(arguments: argparse.Namespace) -> tuple[str, bytes]:
    if arguments.source:
        return "camera", take(of_source(arguments.source), arguments.timeout)
    try:
        client = find(arguments.runtime_dir)
    except NotRunningError:
        if arguments.runtime_dir is not None:
            raise
        configuration = of_file(arguments.config, arguments.camera)
        return next(iter(configuration.cameras)), take(configuration, arguments.timeout)
    try:
        _, status = client.status()
        name = chosen(arguments.camera, list(status.cameras))
        return name, _through_its_worker(client, name, arguments.timeout)
    finally:
        client.close()


def _through_its_worker(client: Client, camera: str, timeout_s: float) -> bytes:
    finished = asked_and_finished(client, "snapshot", f"capture.{camera}", timeout_s)
    if not finished.ok:
        raise BusyError(f"camera {camera}: {plain(finished.detail)}")
    path = Path(finished.path)
    try:
        jpeg = path.read_bytes()
    except OSError as error:
        raise TimelapseError(f"{path}: the picture was taken, but can't be read here: {error.strerror}") from error
    # It lies in memory. Who may read it and not remove it leaves that to the next one.
    with contextlib.suppress(OSError):
        path.unlink()
    return jpeg


def _own_name(camera: str) -> Path:
    """`CAMERA-` and the time as in a frame's name, in the current directory."""
    return Path(f"{camera}-{Path(FrameName(SystemClock().wall_ns()).path()).name}")
