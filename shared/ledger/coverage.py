"""What became of each slot of a span: recorded, missed and why, or nothing that anybody knows of.

Owns: putting the ledger's runs, the tree and the plan together. Does not own: any of them, nor how it is shown.
Invariant: a slot is in one gap at most; one that has a frame, or had one, is in none. A time in which no slot was
planned is in none either.
"""

from __future__ import annotations

import contextlib
import os
import time
from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct

from shared.causes import MissCause
from shared.clock import NS_PER_MS
from shared.config.model import Location
from shared.config.window import ALWAYS, parse_window
from shared.ledger.archive import Archive
from shared.ledger.database import LedgerError
from shared.ledger.reading import Reader
from shared.ledger.rows import DAY_MS, Run, SettingsRow, interval_at, usual_interval_ms
from shared.ledger.schema import RECORDED, cause_of
from shared.ledger.spans import Span, cut, subtract, union
from shared.ledger.zone import zone_name
from shared.window import open_intervals

_GRACE_MS = 120_000
"""A miss that goes on is told once a minute, and written some seconds later."""
_LEAST_MS = 1000
_IN_DETAIL_MS = 800 * DAY_MS
_HEARD_APART_MS = 60_000
"""Who writes settings down and who records by them hear of a change a moment apart: a disk may hold up the first."""


class Gap(Struct, frozen=True, order=True):
    """Contiguous slots without a frame, both ends included. `cause` is `unknown` also where nobody has told of them."""

    first_ms: int
    last_ms: int
    interval_ms: int
    cause: MissCause

    @property
    def count(self) -> int:
        """How many slots these are."""
        return (self.last_ms - self.first_ms) // self.interval_ms + 1

    @property
    def end_ms(self) -> int:
        """The slot behind the last."""
        return self.last_ms + self.interval_ms


class _Account(Struct, frozen=True):
    """A run, and where the time of its last slot ends: with its interval, or where another interval takes over."""

    run: Run
    end_ms: int

    @property
    def time(self) -> Span:
        """All of its time."""
        return self.run.first_ms, self.end_ms


class Coverage(Struct, frozen=True):
    """A camera's account of the time from `first_ms` to `end_ms`, which begins with the first slot known of.

    `guessed_before_ms` is 0, or the time before which gaps had to be judged by settings that were noted later.
    """

    camera: str
    first_ms: int
    end_ms: int
    recorded: list[Span]
    gaps: list[Gap]
    guessed_before_ms: int = 0


def coverage_of(
    archive: Archive, reader: Reader | None, camera: str, span: Span, now_ms: int, configured: SettingsRow | None
) -> Coverage | None:
    """The account of a camera; None where nothing is known of it in that span. Blocks for the disk.

    `configured` is how the camera is configured now, for a time of which the ledger knows nothing.
    """
    runs, settings = _from_ledger(archive, reader, camera, span)
    if not settings and configured is not None:
        settings = [configured]
    runs = [*runs, *_from_tree(archive, camera, span, settings, runs)]
    accounts = _accounts(runs)
    known_ms = _first_known(archive, reader, camera, span, runs)
    if known_ms is None:
        return None
    recorded = union(cut((account.time for account in accounts if account.run.kind == RECORDED), *span))
    gaps, accounted = _missed(accounts, recorded, span)
    neighbours = _Neighbours(accounts)
    start_ms = max(span[0], known_ms)
    for hole in subtract(union([(start_ms, min(span[1], now_ms - _GRACE_MS))]), accounted):
        gaps += _unknown(hole, settings, neighbours)
    noted_ms = settings[0].from_ms if settings else 0
    guessed = any(gap.cause == "unknown" and gap.first_ms < noted_ms for gap in gaps)
    end_ms = max(start_ms, min(span[1], now_ms))
    return Coverage(camera, start_ms, end_ms, recorded, sorted(gaps), noted_ms if guessed else 0)


def _from_ledger(
    archive: Archive, reader: Reader | None, camera: str, span: Span
) -> tuple[list[Run], list[SettingsRow]]:
    if reader is None:
        return [], []
    try:
        return reader.runs(camera, *span), reader.settings(camera)
    except LedgerError as error:
        archive.problem = str(error)
        return [], []


def _from_tree(
    archive: Archive, camera: str, span: Span, settings: list[SettingsRow], known: list[Run]
) -> Iterator[Run]:
    """The frames of days that the ledger does not vouch for, as runs."""
    recorded = union((run.first_ms, run.last_ms + 1) for run in known if run.kind == RECORDED)
    open_run: Run | None = None
    for day in archive.days(camera, *span):
        if day.row is not None:
            continue
        slots = [row.slot_ms for row in archive.frames_of_day(camera, day, *span)]
        usual_ms = usual_interval_ms(slots)
        for slot_ms in slots:
            if _holds(recorded, slot_ms):
                continue
            interval_ms = interval_at(settings, slot_ms) or usual_ms or _LEAST_MS
            if open_run is not None and (open_run.end_ms, open_run.interval_ms) == (slot_ms, interval_ms):
                open_run = Run(open_run.first_ms, slot_ms, interval_ms, RECORDED)
                continue
            if open_run is not None:
                yield open_run
            open_run = Run(slot_ms, slot_ms, interval_ms, RECORDED)
    if open_run is not None:
        yield open_run


def _holds(spans: list[Span], at_ms: int) -> bool:
    index = bisect_right(spans, (at_ms, 1 << 60)) - 1
    return index >= 0 and at_ms < spans[index][1]


def _accounts(runs: list[Run]) -> list[_Account]:
    """Each run with its time: where the interval was changed, that of a last slot ends with the first of the others."""
    firsts = sorted({(run.first_ms, run.interval_ms) for run in runs})
    accounts = []
    for run in runs:
        at, end_ms = bisect_right(firsts, (run.last_ms, 1 << 60)), run.end_ms
        while at < len(firsts) and firsts[at][0] < end_ms:
            if firsts[at][1] != run.interval_ms:
                end_ms = firsts[at][0]
            at += 1
        accounts.append(_Account(run, end_ms))
    return accounts


class _Neighbours:
    """By which interval slots were told on both sides of a hole."""

    def __init__(self, accounts: list[_Account]) -> None:
        self._before = sorted((account.end_ms, account.run.interval_ms) for account in accounts)
        self._after = sorted((account.run.first_ms, account.run.interval_ms) for account in accounts)

    def before(self, at_ms: int) -> int | None:
        """The interval of what was told last before a time; None where nothing was."""
        index = bisect_right(self._before, (at_ms, 1 << 60)) - 1
        return self._before[index][1] if index >= 0 else None

    def agreed(self, hole: Span) -> int | None:
        """The interval on both sides, where it is one and the same."""
        index = bisect_right(self._after, (hole[1], -1))
        after = self._after[index][1] if index < len(self._after) else None
        return after if after == self.before(hole[0]) else None


def _missed(accounts: list[_Account], recorded: list[Span], span: Span) -> tuple[list[Gap], list[Span]]:
    """The gaps that were told, and all time that is accounted for."""
    gaps: list[Gap] = []
    accounted = recorded
    kinds = {(account.run.kind, account.run.interval_ms) for account in accounts if account.run.kind != RECORDED}
    # Where two accounts contradict each other, the one that knows more counts.
    for kind, interval_ms in sorted(kinds, key=lambda alike: (cause_of(alike[0]) in {"down", "unknown"}, alike)):
        alike = [a.time for a in accounts if (a.run.kind, a.run.interval_ms) == (kind, interval_ms)]
        left = subtract(union(cut(alike, *span)), accounted)
        for first_ms, end_ms in left:
            gaps += _on_grid(first_ms, end_ms, interval_ms, cause_of(kind) or "unknown")
        accounted = union([*accounted, *left])
    return gaps, accounted


def _on_grid(first_ms: int, end_ms: int, interval_ms: int, cause: MissCause) -> list[Gap]:
    first_slot = -(-first_ms // interval_ms) * interval_ms
    last_slot = (end_ms - 1) // interval_ms * interval_ms
    return [Gap(first_slot, last_slot, interval_ms, cause)] if first_slot <= last_slot else []


def _first_known(archive: Archive, reader: Reader | None, camera: str, span: Span, runs: list[Run]) -> int | None:
    """The first slot that anybody knows of; None where there is none before the end of the span."""
    known = [run.first_ms for run in runs]
    if reader is not None and not archive.problem:
        with contextlib.suppress(LedgerError):
            first_ms = reader.first_slot_ms(camera)
            known += [] if first_ms is None or first_ms >= span[1] else [first_ms]
    first = next(archive.days(camera, 0, span[1]), None)
    if first is not None and first.end_ms <= span[0]:
        known.append(span[0])
    return min(known, default=None)


def _unknown(hole: Span, settings: list[SettingsRow], neighbours: _Neighbours) -> Iterator[Gap]:
    """The slots of a time that nobody accounts for. Before the first settings those count, but for the interval.

    Where the settings were changed, slots are told by the old ones up to one moment and by the new ones from it on,
    without a hole: an account that begins or ends near a change leaves nothing open towards it.
    """
    if settings and hole[0] < settings[0].from_ms:
        guessed_ms = neighbours.before(hole[0]) or settings[0].interval_ms
        yield from _planned(hole[0], min(hole[1], settings[0].from_ms), settings[0], guessed_ms)
    for row, following in zip(settings, [*settings[1:], None], strict=True):
        first_ms, end_ms = max(hole[0], row.from_ms), hole[1]
        if row is not settings[0] and hole[1] - row.from_ms <= _HEARD_APART_MS:
            continue
        if following is not None:
            end_ms = min(end_ms, following.from_ms)
            if following.from_ms - hole[0] <= _HEARD_APART_MS:
                continue
        changed = first_ms != hole[0] or end_ms != hole[1]
        told_ms = None if changed or not row.interval_ms else neighbours.agreed(hole)
        yield from _planned(first_ms, end_ms, row, told_ms or row.interval_ms)


def _planned(first_ms: int, end_ms: int, row: SettingsRow, interval_ms: int) -> Iterator[Gap]:
    """The slots there should have been in a time."""
    if not interval_ms or first_ms >= end_ms:
        return
    place = None
    if row.latitude is not None and row.longitude is not None:
        place = Location(row.latitude, row.longitude)
    window = parse_window(row.window)
    if place is None and window.needs_location:
        window = ALWAYS
    # A span of more than two years is a clock that was wrong: ten thousand sunrises take longer than they are worth.
    detail_ms = first_ms if window == ALWAYS else max(first_ms, end_ms - _IN_DETAIL_MS)
    if first_ms < detail_ms:
        yield from _on_grid(first_ms, detail_ms, interval_ms, "unknown")
    with _zone(row.zone):
        for open_time in open_intervals(window, place, detail_ms * NS_PER_MS, end_ms * NS_PER_MS):
            first, end = open_time.start_ns // NS_PER_MS, open_time.end_ns // NS_PER_MS
            yield from _on_grid(first, end, interval_ms, "unknown")


@contextlib.contextmanager
def _zone(name: str) -> Iterator[None]:
    """Be in the zone in which the camera was, so that its window opens and closes when it did."""
    if not name or name == zone_name():
        yield
        return
    kept = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if kept is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = kept
        time.tzset()
