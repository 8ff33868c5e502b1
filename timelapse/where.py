"""Which archive a verb is about: the running supervisor's, else the configuration's.

Owns: finding the output directory and how its cameras are configured. Does not own: anything in it.
Invariant: `--config` counts before a supervisor, a supervisor before a file that nobody named.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from shared.config.locate import locate
from shared.config.model import CameraConfig, Configuration, StorageConfig
from shared.config.read import read
from shared.errors import ConfigError, NotRunningError, TimelapseError, UsageError
from shared.ledger.rows import SettingsRow
from shared.ledger.zone import zone_name
from timelapse.client import find


class Where(Struct, frozen=True):
    """An archive. Of a supervisor's configuration `configuration` has what its status tells."""

    configuration: Configuration

    @property
    def output_dir(self) -> Path:
        """Where the frames are."""
        return Path(self.configuration.output_dir)

    @property
    def settings(self) -> dict[str, SettingsRow]:
        """How each camera is configured now."""
        place, zone = self.configuration.location, zone_name()
        located = (place.latitude, place.longitude) if place else (None, None)
        return {
            name: SettingsRow(0, camera.interval_ms, camera.window, zone, *located)
            for name, camera in self.configuration.cameras.items()
        }


def where(arguments: argparse.Namespace) -> Where:
    """The archive that is meant. Blocks for an answer, or for the file. Raises `ConfigError`, `NotRunningError`."""
    if arguments.config is not None:
        return Where(read(locate(arguments.config)))
    try:
        client = find(arguments.runtime_dir)
    except NotRunningError:
        if arguments.runtime_dir is not None:
            raise
        return Where(read(locate(None)))
    try:
        _, status = client.status()
    finally:
        client.close()
    cameras = {
        name: CameraConfig(name, interval_ms=round(camera.interval_s * 1000), window=camera.window)
        for name, camera in status.cameras.items()
    }
    told = Configuration(
        path="",
        output_dir=status.storage.output_dir,
        cameras=cameras,
        storage=StorageConfig(stop_above_percent=status.storage.stop_above_percent, clean=status.storage.clean),
    )
    # Where the sun rises, how hot is too hot and what goes for room stand in the file, which not everybody may read.
    with contextlib.suppress(ConfigError, TimelapseError):
        written = read(status.config.path)
        storage = replace(told.storage, when_full=written.storage.when_full)
        told = replace(told, location=written.location, render=written.render, storage=storage)
    return Where(told)


def chosen_cameras(wanted: list[str] | None, known: list[str]) -> list[str]:
    """The cameras that were asked for, or all. Raises `UsageError` for one that nobody knows."""
    for name in wanted or []:
        if name not in known:
            there = f"; there are: {', '.join(known)}" if known else ": there is no frame of any"
            raise UsageError(f"no camera is called {name!r}{there}")
    return list(dict.fromkeys(wanted)) if wanted else known
