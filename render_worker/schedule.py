"""Which results are due: of each finished day of the last week that has frames, what is not there yet.

Owns: that decision, and when to look again. Does not own: the disk (`keeping`), the tries (`retry`), the work.
Invariant: pure but for the local time zone; `now` is an argument. Never today, and never a day before the minute of the
next one that the configuration names. The oldest comes first; one that waits after a failure holds up none behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from msgspec import Struct

from render_worker.local_day import begin_s, day_of, days_before
from render_worker.results import Result
from shared.config.model import ALL_CAMERAS, Configuration

MOST_DAYS_BACK = 7
UNSYNCHRONISED_S = 3600.0
"""A clock that nobody has set for so long after the boot is the one that there is, and what frames are named by."""
SETTLING_S = 600.0
LARGE_STEP_S = 60.0


class Due(Struct, frozen=True):
    """What could be made now, in order; and the wall time, in seconds, at which there may be something more.

    `later` is what waits after a failure.
    """

    results: list[Result]
    next_s: float
    later: list[Result] = []


class ClockView(Struct, frozen=True):
    """What is known of the clock: the kernel's word, since when it is up, and since the last large step."""

    synchronised: bool | None
    up_s: float
    since_step_s: float | None


def why_no_clock(clock: ClockView) -> str:
    """Why no day can be called finished at present; empty where it can."""
    if clock.since_step_s is not None and clock.since_step_s < SETTLING_S:
        return "the clock was set a moment ago"
    if clock.synchronised is False and clock.up_s < UNSYNCHRONISED_S:
        return "the clock is not synchronised"
    return ""


def cameras_of(configuration: Configuration) -> list[str]:
    """The cameras whose days are rendered."""
    chosen = configuration.render.cameras
    return [name for name in configuration.cameras if ALL_CAMERAS in chosen or name in chosen]


def finished_days(now_s: float, daily_minute: int) -> list[str]:
    """The days whose time has come, of the last week, the oldest first."""
    return [day for day in days_before(now_s, MOST_DAYS_BACK) if begin_s(day, 1, daily_minute) <= now_s]


def due(
    now_s: float,
    configuration: Configuration,
    *,
    there: Collection[Result],
    has_frames: Callable[[str, str], bool],
    not_before_s: Callable[[Result], float | None],
) -> Due:
    """What is due, given what is `there`.

    `has_frames(camera, day)` is asked only where something is missing. `not_before_s` is the wall time before which a
    result is not tried (again); None where it is not tried at all.
    """
    minute = configuration.render.daily_minute
    if minute is None:
        return Due([], _next_daily_s(now_s, 0))
    results, later, waits = [], [], [_next_daily_s(now_s, minute)]
    for missing in _missing(finished_days(now_s, minute), configuration, there):
        at_s = not_before_s(missing)
        if at_s is None or not has_frames(missing.camera, missing.day):
            continue
        if at_s <= now_s:
            results.append(missing)
        else:
            later.append(missing)
            waits.append(at_s)
    return Due(results, min(waits), later)


def _missing(days: Iterable[str], configuration: Configuration, there: Collection[Result]) -> list[Result]:
    wanted = (
        Result(day, camera, kind)
        for day in days
        for camera in cameras_of(configuration)
        for kind in configuration.render.kinds
    )
    return [result for result in wanted if result not in there]


def _next_daily_s(now_s: float, minute: int) -> float:
    today = day_of(now_s)
    coming = (begin_s(today, later, minute) for later in (0, 1, 2))
    return min(at_s for at_s in coming if at_s > now_s)
