"""One picture without a supervisor: by a process of its own, which is killed when it takes too long.

Owns: that process, and its configuration. Does not own: taking the picture (`capture_worker.one_picture`).
Invariant: this process opens no camera, and so can't hang with one.
"""

from __future__ import annotations

import os
import subprocess

import msgspec
from msgspec.structs import replace

from shared.config.locate import locate
from shared.config.model import CameraConfig, Configuration
from shared.config.read import read
from shared.config.source import parse_source
from shared.errors import BusyError, TimelapseError, UsageError


class TakenError(TimelapseError):
    """The process that had the camera failed. Message and exit status are its own."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def of_source(source: str) -> Configuration:
    """A configuration of one camera, called `camera`, that is nothing but this source. Raises `UsageError`."""
    try:
        parsed = parse_source(source, os.getcwd())  # noqa: PTH109 - as text, like every directory of a configuration
    except ValueError as error:
        raise UsageError(f"--source: {error}") from error
    return Configuration(path="", output_dir="", cameras={"camera": CameraConfig("camera", parsed)})


def of_file(config_path: str | None, camera: str | None) -> Configuration:
    """The configuration with one camera left: `camera`, or the only one. Raises `UsageError`, `ConfigError`."""
    configuration = read(locate(config_path))
    name = chosen(camera, list(configuration.cameras))
    return replace(configuration, cameras={name: configuration.cameras[name]})


def chosen(camera: str | None, known: list[str]) -> str:
    """The camera that is meant. Raises `UsageError` where it is unknown, or where there are several to choose from."""
    if camera is None and len(known) == 1:
        return known[0]
    if camera is None:
        raise UsageError(f"which camera? There are: {', '.join(known)}")
    name = camera.removeprefix("capture.")
    if name not in known:
        raise UsageError(f"no camera is called {camera!r}; there are: {', '.join(known)}")
    return name


def take(configuration: Configuration, timeout_s: float) -> bytes:
    """The JPEG of the configuration's only camera. Blocks. Raises `TakenError`, or `BusyError` after `timeout_s`."""
    from shared.interpreter import command

    process = subprocess.Popen(
        command("capture_worker.one_picture", []),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        jpeg, said = process.communicate(msgspec.json.encode(configuration), timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise BusyError(f"the camera gave no picture within {timeout_s:g} s") from None
    finally:
        # Not waited for: who is stuck in the kernel does not even end by this.
        process.kill()
    if process.returncode != 0:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["its process ended without a word"]
        raise TakenError(last[0], process.returncode if process.returncode > 0 else BusyError.status)
    return jpeg
