"""The configuration in force, and what a reload makes of it.

Owns: reading the file again, and which of its changes wait for a restart. Does not own: telling the workers.
Invariant: a file with mistakes changes nothing: the last good configuration stays.
"""

from __future__ import annotations

import logging

from shared.clock import Clock
from shared.config.changes import compare, merge_for_reload
from shared.config.model import Configuration
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
        self._needs_restart: list[str] = []
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
        self.configuration = merge_for_reload(self.configuration, new)
        self._loaded_wall_ns = self._clock.wall_ns()
        self._needs_restart = sorted({*self._needs_restart, *changes.needs_restart})
        log.info("configuration reloaded; applied: %s", ", ".join(changes.applied) or "no change")
        for key in changes.needs_restart:
            log.warning("%s has changed, and takes effect at a restart only", key)
        return "config.reloaded", ConfigReloaded(applied=list(changes.applied), needs_restart=self._needs_restart)

    def note_restarted(self, camera: str) -> None:
        """A camera's worker begins with the configuration as it is now: its changes wait no longer."""
        self._needs_restart = [key for key in self._needs_restart if not key.startswith(f"cameras.{camera}.")]

    def raise_if_rejected(self) -> None:
        """Raise the `ConfigError` of the last reload, if it was refused."""
        if self._rejected is not None:
            raise self._rejected

    def status(self) -> ConfigStatus:
        """Its part of the picture."""
        return ConfigStatus(
            path=self.configuration.path,
            loaded_wall_ns=self._loaded_wall_ns,
            needs_restart=self._needs_restart,
            errors=str(self._rejected).splitlines() if self._rejected else [],
        )
