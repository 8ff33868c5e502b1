"""The configuration in force, and what a reload makes of it.

Owns: reading the file again, and which of its changes wait for a restart. Does not own: telling the workers.
Invariant: a file with mistakes changes nothing: the last good configuration stays. A change waits for a restart exactly
as long as the last good file differs from what the worker, or the supervisor, was started with.
"""

from __future__ import annotations

import logging

from msgspec.structs import replace

from shared.clock import Clock
from shared.config.changes import Changes, compare, merge_for_reload
from shared.config.model import CameraConfig, Configuration
from shared.config.read import read
from shared.errors import ConfigError
from shared.events import ConfigRejected, ConfigReloaded
from shared.status import ConfigStatus

log = logging.getLogger(__name__)


class Reloader:
    """Holds the configuration in force."""

    def __init__(self, configuration: Configuration, clock: Clock) -> None:
        self.configuration = configuration
        self._clock = clock
        self._loaded_wall_ns = clock.wall_ns()
        self._read = configuration
        self._started_with: dict[str, CameraConfig] = {}
        self._rejected: ConfigError | None = None

    def reload_event(self) -> tuple[str, ConfigReloaded | ConfigRejected]:
        """Read the file again and take it over if it is good; the event that tells of it. Blocks for the file."""
        try:
            new = read(self.configuration.path)
        except ConfigError as error:
            self._rejected = error
            log.error("the configuration was not reloaded:\n%s", error)  # noqa: TRY400 - it is the user's mistake
            return "config.rejected", ConfigRejected(errors=str(error).splitlines())
        self._rejected = None
        changes = compare(self.configuration, new)
        self._take_over(new)
        applied, waiting = _applied(changes), self._needs_restart()
        log.info("configuration reloaded; applied: %s", ", ".join(applied) or "no change")
        for key in waiting:
            log.warning("%s has changed, and takes effect at a restart only", key)
        return "config.reloaded", ConfigReloaded(applied=applied, needs_restart=waiting)

    def note_restarted(self, camera: str) -> None:
        """A camera's worker begins with the configuration as it is now: its changes wait no longer."""
        if camera in self.configuration.cameras:
            self._started_with[camera] = self.configuration.cameras[camera]

    def raise_if_rejected(self) -> None:
        """Raise the `ConfigError` of the last reload, if it was refused."""
        if self._rejected is not None:
            raise self._rejected

    def status(self) -> ConfigStatus:
        """Its part of the picture."""
        return ConfigStatus(
            path=self.configuration.path,
            loaded_wall_ns=self._loaded_wall_ns,
            needs_restart=self._needs_restart(),
            errors=str(self._rejected).splitlines() if self._rejected else [],
        )

    def _take_over(self, new: Configuration) -> None:
        self._read = new
        self.configuration = merge_for_reload(self.configuration, new)
        self._loaded_wall_ns = self._clock.wall_ns()
        # One that is gone and comes back has a new worker, which begins with what is read then.
        self._started_with = {name: camera for name, camera in self._started_with.items() if name in new.cameras}

    def _needs_restart(self) -> list[str]:
        started_with = replace(self.configuration, cameras=self.configuration.cameras | self._started_with)
        return sorted(compare(started_with, self._read).needs_restart)


def _applied(changes: Changes) -> list[str]:
    """The settings in force at once, and the cameras that came and went, as dotted keys."""
    return [*changes.applied, *(f"cameras.{name}" for name in changes.added_cameras + changes.removed_cameras)]
