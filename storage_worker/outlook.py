"""The forecast as it is told: worked out now and then, and kept in between.

Owns: when it is worked out anew. Does not own: the arithmetic (`forecast`), the counts (`totals`).
Invariant: at most once a minute, whatever is asked; at once where the configuration has changed.
"""

from __future__ import annotations

import time

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.status import ForecastStatus
from storage_worker.counting import Counting
from storage_worker.forecast import Counts, forecast

_AGAIN_NS = 60 * NS_PER_S


class Outlook:
    """What was worked out last."""

    def __init__(self) -> None:
        self._forecast: ForecastStatus | None = None
        self._storage: StorageConfig | None = None
        self._until_ns = 0

    def of(
        self, counting: Counting, usage: DiskUsage, storage: StorageConfig, *, wall_ns: int, now_ns: int
    ) -> ForecastStatus | None:
        """The forecast; None until the archive has been counted. `now_ns` is monotonic. Touches no disk."""
        totals = counting.totals
        if not totals.complete:
            return None
        if self._forecast is None or storage != self._storage or now_ns >= self._until_ns:
            today = time.strftime("%Y/%m/%d", time.localtime(wall_ns // NS_PER_S))
            counts = Counts(totals.came, totals.bytes_by_day(), totals.cameras(), today)
            self._forecast = forecast(counts, usage, storage)
            self._storage, self._until_ns = storage, now_ns + _AGAIN_NS
        return self._forecast
