"""When to clean up: above the watermark, and each hour for `keep_days`.

Owns: that decision, with what it has to remember for it. Does not own: the levels (`pressure`), cleaning (`clean_up`).
Invariant: pure, every time is an argument. No clean-up while the last one's room has not shown, none within seconds of
one that could not free enough, none ever with `clean: false`. No frame is too old by a clock that nobody vouches for:
that of a machine that has just started may be years ahead.
"""

from __future__ import annotations

import msgspec

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from storage_worker.pressure import Need, need_of
from storage_worker.settling import Settling

_HOUR_NS = 3600 * NS_PER_S
_AGAIN_NS = 10 * NS_PER_S
_AGAIN_AFTER_FAILURES_NS = 60 * NS_PER_S


class Schedule:
    """What is due. Monotonic nanoseconds everywhere.

    `synchronised` is what the kernel says of its wall clock; None, where it does not say, is taken for yes.
    """

    def __init__(self, now_ns: int) -> None:
        self._settling: Settling | None = None
        self._pressure_from_ns = 0
        # A step that came before this process is not seen: it is as if there had been one.
        self._days_from_ns = now_ns + _HOUR_NS
        self._sweep_from_ns = 0
        self._swept_day = ""

    def due(
        self,
        usage: DiskUsage,
        storage: StorageConfig,
        *,
        written_bytes: int,
        now_ns: int,
        today: str,
        synchronised: bool | None,
    ) -> Need | None:
        """How much to delete if a clean-up is due now, else None. A met need means one for `keep_days` alone.

        `written_bytes` counts up from the start of the worker, `today` is any name of the local day.
        """
        if not storage.clean:
            return None
        if usage.worst_percent > storage.clean_above_percent:
            return need_of(usage, storage.clean_to_percent) if self._may_relieve(usage, written_bytes, now_ns) else None
        self._pressure_from_ns, self._settling = 0, None
        days_count = self.rules(storage, now_ns, synchronised=synchronised).keep_days > 0
        if days_count and (now_ns >= self._sweep_from_ns or today != self._swept_day):
            self._sweep_from_ns, self._swept_day = now_ns + _HOUR_NS, today
            return Need()
        return None

    def rules(self, storage: StorageConfig, now_ns: int, *, synchronised: bool | None) -> StorageConfig:
        """The rules in force: a clock that is ahead makes every frame old, so `keep_days` waits until it is trusted."""
        trusted = synchronised is not False and now_ns >= self._days_from_ns
        return storage if trusted else msgspec.structs.replace(storage, keep_days=0.0)

    def ended(self, settling: Settling, *, met: bool, failures: bool) -> None:
        """A clean-up has ended: `met` where it freed what was needed.

        `failures` where frames could not be deleted, or made no room: trying often does harm there, and no good.
        """
        self._settling = settling
        if not met:
            self._pressure_from_ns = settling.ended_mono_ns + (_AGAIN_AFTER_FAILURES_NS if failures else _AGAIN_NS)

    def clock_stepped(self, step_ns: int, now_ns: int) -> None:
        """Wall time jumped. Forward by hours, it may well jump back in a minute: frames must not go for that."""
        if step_ns > _HOUR_NS:
            self._days_from_ns = now_ns + _HOUR_NS

    def reconfigured(self) -> None:
        """Other thresholds: what was decided by the old ones counts no longer, except that the disk has to settle."""
        self._pressure_from_ns = self._sweep_from_ns = 0

    def _may_relieve(self, usage: DiskUsage, written_bytes: int, now_ns: int) -> bool:
        if self._settling is not None and self._settling.is_over(usage, written_bytes, now_ns):
            self._settling = None
        return self._settling is None and now_ns >= self._pressure_from_ns
