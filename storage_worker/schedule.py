"""When to clean up: above the watermark, above `max_size`, and each hour for what is too old.

Owns: that decision, with what it has to remember for it. Does not own: the levels (`pressure`), cleaning (`clean_up`).
Invariant: pure, every time is an argument. No clean-up while the last one's room has not shown, none within seconds of
one that could not free enough, none ever with `clean: false`. No frame is too old by a clock that nobody vouches for:
that of a machine that has just started may be years ahead.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from storage_worker.pressure import Need, need_of
from storage_worker.settling import Settling

_HOUR_NS = 3600 * NS_PER_S
_AGAIN_NS = 10 * NS_PER_S
_AGAIN_AFTER_FAILURES_NS = 60 * NS_PER_S
_LEAST_SWEEP_NS = 60 * NS_PER_S
_SWEEPS_IN_A_SPAN = 50
"""So that a frame stays for at most a fiftieth longer than it has to."""


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
        self._size_from_ns = 0
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
        archive_bytes: int | None = None,
        limited: Callable[[Need], Need | None] = lambda need: need,
    ) -> Need | None:
        """How much to delete if a clean-up is due now, else None. A met need means one for what is too old alone.

        `written_bytes` counts up from the start of the worker, `today` is any name of the local day. `archive_bytes` is
        what all frames occupy, None while nobody knows. `limited` says how much of what pressure asks for may go.
        """
        if not storage.clean:
            return None
        # What is too old goes first, so that nothing goes for room that is to be kept and would have had room.
        if self._sweep_is_due(storage, now_ns, today, synchronised=synchronised):
            self._sweep_from_ns, self._swept_day = now_ns + sweep_after_ns(storage), today
            return Need()
        if usage.worst_percent <= storage.clean_above_percent:
            self._pressure_from_ns, self._settling = 0, None
            return self._for_size(storage, archive_bytes, now_ns)
        if storage.when_full == "stop":
            return None
        may = self._may_relieve(usage, written_bytes, now_ns)
        return limited(need_of(usage, storage.clean_to_percent)) if may else None

    def is_settled(self, usage: DiskUsage, written_bytes: int, now_ns: int) -> bool:
        """Whether these figures show what was deleted last."""
        return self._settling is None or self._settling.is_over(usage, written_bytes, now_ns)

    def rules(self, storage: StorageConfig, now_ns: int, *, synchronised: bool | None) -> StorageConfig:
        """The rules in force: a clock that is ahead makes every frame old, so those by age wait until it is trusted."""
        trusted = self._is_trusted(now_ns, synchronised)
        return storage if trusted else msgspec.structs.replace(storage, keep_days=0.0)

    def ordered(self) -> None:
        """An operator wants it done now: everything is due, and it is he who vouches for the hour since the start."""
        self._days_from_ns = self._sweep_from_ns = self._pressure_from_ns = self._size_from_ns = 0

    def ended(self, settling: Settling, *, met: bool, failures: bool) -> None:
        """A clean-up has ended: `met` where it freed what was needed.

        `failures` where frames could not be deleted, or made no room: trying often does harm there, and no good.
        """
        self._settling = settling
        if not met:
            again_ns = settling.ended_mono_ns + (_AGAIN_AFTER_FAILURES_NS if failures else _AGAIN_NS)
            self._pressure_from_ns = self._size_from_ns = again_ns

    def clock_stepped(self, step_ns: int, now_ns: int) -> None:
        """Wall time jumped. Forward by hours, it may well jump back in a minute: frames must not go for that."""
        if step_ns > _HOUR_NS:
            self._days_from_ns = now_ns + _HOUR_NS

    def reconfigured(self) -> None:
        """Other thresholds: what was decided by the old ones counts no longer, except that the disk has to settle."""
        self._pressure_from_ns = self._sweep_from_ns = self._size_from_ns = 0

    def _is_trusted(self, now_ns: int, synchronised: bool | None) -> bool:
        return synchronised is not False and now_ns >= self._days_from_ns

    def _sweep_is_due(self, storage: StorageConfig, now_ns: int, today: str, *, synchronised: bool | None) -> bool:
        by_age = self._is_trusted(now_ns, synchronised) and (storage.keep_days > 0 or bool(storage.keep))
        return by_age and (now_ns >= self._sweep_from_ns or today != self._swept_day)

    def _for_size(self, storage: StorageConfig, archive_bytes: int | None, now_ns: int) -> Need | None:
        if archive_bytes is None or storage.when_full == "stop" or now_ns < self._size_from_ns:
            return None
        return need_of_size(archive_bytes, storage)

    def _may_relieve(self, usage: DiskUsage, written_bytes: int, now_ns: int) -> bool:
        if self._settling is not None and self._settling.is_over(usage, written_bytes, now_ns):
            self._settling = None
        return self._settling is None and now_ns >= self._pressure_from_ns


def sweep_after_ns(storage: StorageConfig) -> int:
    """How long after a look for what is too old the next one is due: an hour, or less where frames stay for hours."""
    spans_s = [kept_s for kept_s in storage.keep.values() if kept_s is not None]
    shortest_s = min(spans_s, default=_HOUR_NS / NS_PER_S * _SWEEPS_IN_A_SPAN)
    return int(min(max(shortest_s / _SWEEPS_IN_A_SPAN * NS_PER_S, _LEAST_SWEEP_NS), _HOUR_NS))


def need_of_size(archive_bytes: int, storage: StorageConfig) -> Need | None:
    """What must be deleted because the archive is larger than it may be; None where it is not.

    A little more than that, so that not each new frame is a clean-up of its own.
    """
    if not storage.max_size_bytes or archive_bytes <= storage.max_size_bytes:
        return None
    return Need(bytes=archive_bytes - storage.max_size_bytes * 99 // 100, rule="max_size")
