"""The configuration in force, and what a reload makes of it.

Owns: taking over what was read, and which of its changes wait for a restart. Does not own: reading (`reading`), nor
telling the workers.
Invariant: a file with mistakes changes nothing: the last good configuration stays. A change waits for a restart exactly
as long as the last good file differs from what the worker, or the supervisor, was started with.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msgspec.structs import replace

from shared.clock import Clock
from shared.config.model import CameraConfig, Configuration
from shared.errors import ConfigError
from shared.events import ConfigRejected, ConfigReloaded
from shared.status import ConfigStatus

if TYPE_CHECKING:
    from shared.config.changes import Changes

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

    def take(self, new: Configuration | ConfigError) -> tuple[str, ConfigReloaded | ConfigRejected]:
        """Take over what was read if it is good; the event that tells of it."""
        if isinstance(new, ConfigError):
            self._rejected = new
            log.error("the configuration was not reloaded:\n%s", new)
            return "config.rejected", ConfigRejected(errors=str(new).splitlines())
        from shared.config.changes import compare, merge_for_reload  # noqa: PLC0415 - not before it is reloaded

        self._rejected = None
        changes = compare(self.configuration, new)
        self._take_over(new, merge_for_reload(self.configuration, new))
        applied, waiting = _applied(changes), self._needs_restart()
        log.info("configuration reloaded; applied: %s", ", ".join(applied) or "no change")
        for key in waiting:
            log.warning("%s has changed, and takes effect at a restart only", key)
        return "config.reloaded", ConfigReloaded(applied=applied, needs_restart=waiting)

    def note_restarted(self, camera: str) -> None:
        """A camera's worker begins with the configuration as it is now: its changes wait no longer."""
        if camera in self.configuration.cameras:
            self._started_with[camera] = self.configuration.cameras[camera]

    def status(self) -> ConfigStatus:
        """Its part of the picture."""
        return ConfigStatus(
            path=self.configuration.path,
            loaded_wall_ns=self._loaded_wall_ns,
            needs_restart=self._needs_restart(),
            errors=str(self._rejected).splitlines() if self._rejected else [],
        )

    def _take_over(self, new: Configuration, in_force: Configuration) -> None:
        self._read, self.configuration = new, in_force
        self._loaded_wall_ns = self._clock.wall_ns()
        # One that is gone and comes back has a new worker, which begins with what is read then.
        self._started_with = {name: camera for name, camera in self._started_with.items() if name in new.cameras}

    def _needs_restart(self) -> list[str]:
        started_with = replace(self.configuration, cameras=self.configuration.cameras | self._started_with)
        if started_with == self._read:
            # The ordinary case, of each status, for which the schema needs not be loaded.
            return []
        from shared.config.changes import compare  # noqa: PLC0415 - as above

        return sorted(compare(started_with, self._read).needs_restart)


def _applied(changes: Changes) -> list[str]:
    """The settings in force at once, and the cameras that came and went, as dotted keys."""
    return [*changes.applied, *(f"cameras.{name}" for name in changes.added_cameras + changes.removed_cameras)]
