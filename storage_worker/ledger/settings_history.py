"""How each camera was configured, and since when, as far as the ledger knows.

Owns: which settings are news, and a camera's interval at a slot. Does not own: writing them (`batch`).
Invariant: what was configured before anything was noted is not guessed here.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.ledger.database import Database
from shared.ledger.rows import SettingsRow, interval_at


class SettingsHistory:
    """`now` is the configuration in force, by camera, since `now_ms` in a machine whose zone is `zone`."""

    def __init__(self) -> None:
        self.now: dict[str, SettingsRow] = {}
        self.now_ms = 0
        self.zone = ""
        self._known: dict[str, list[SettingsRow]] = {}

    def load(self, database: Database) -> None:
        """Read what the ledger knows. Raises `LedgerError`."""
        self._known = {name: [] for (name,) in database.rows("SELECT name FROM cameras")}
        for name, *values in database.rows(
            "SELECT name, from_ms, interval_ms, window, zone, latitude, longitude FROM settings "
            "JOIN cameras ON cameras.id = settings.camera ORDER BY from_ms"
        ):
            self._known[name].append(SettingsRow(*values))

    def news(self) -> Iterator[tuple[str, SettingsRow]]:
        """What is configured otherwise than the ledger says; it is taken as known from then on."""
        gone = (name for name, rows in self._known.items() if name not in self.now and rows)
        wanted = {**self.now, **{name: SettingsRow(self.now_ms, 0, "", self.zone) for name in gone}}
        for name, row in wanted.items():
            rows = self._known.setdefault(name, [])
            if not rows or not rows[-1].same_as(row):
                rows.append(row)
                yield name, row

    def interval_ms(self, camera: str, slot_ms: int) -> int | None:
        """The interval in force at a slot; None where that is not known."""
        return interval_at(self._known.get(camera, []), slot_ms)
