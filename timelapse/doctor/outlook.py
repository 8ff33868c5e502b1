"""What will become of the disk: how soon the archive fills it, and whether somebody else does.

Owns: that judgement, of what the storage worker has told. Does not own: the figures (`storage_worker`), nor how full
the disk is now (`disk`).
Invariant: pure. What the storage worker does not know yet is no finding.
"""

from __future__ import annotations

import shlex

from shared.status import ForecastStatus, GrowthStatus, Status, StorageStatus
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known
from timelapse.show.disk import ahead, whose

_SOON_DAYS = 7.0
_LEAST_REACH_DAYS = 1.0


def judge(status: Status, known: Known) -> list[Finding]:
    """Both judgements, as far as there is something to judge."""
    storage, findings = status.storage, list[Finding]()
    if storage.forecast is not None:
        findings.append(_forecast(storage.forecast, storage, known))
    if storage.growth is not None:
        findings.append(_others(storage.growth, storage, known))
    return findings


def _forecast(forecast: ForecastStatus, storage: StorageStatus, known: Known) -> Finding:
    saw = ahead(forecast, known.now_wall_ns)
    if forecast.full_in_days is not None and forecast.full_in_days <= _SOON_DAYS:
        key = "storage.when_full delete_oldest" if storage.clean else "storage.clean true"
        return warning(
            "disk.forecast",
            saw,
            do=f"{known.config(f'set {key}')} && {known.control('reload')}",
            advice="Or make room, take a longer interval, or let storage.keep thin out what is old.",
        )
    reach, begins = forecast.reaches_back_days, forecast.cleans_in_days
    if reach is not None and reach < _LEAST_REACH_DAYS and begins is not None and begins <= _SOON_DAYS:
        return warning("disk.forecast", saw, do=_du(storage), advice="Take a larger disk, or a longer interval.")
    return ok("disk.forecast", saw)


def _others(growth: GrowthStatus, storage: StorageStatus, known: Known) -> Finding:
    saw = whose(growth)
    if growth.exhausted:
        raised = known.config("set storage.yield 100%")
        advice = f"Or let them have the rest of the archive: {raised} && {known.control('reload')}"
        return fault("disk.others", f"{saw}: the disk is not cleaned for them any more", do=_du(storage), advice=advice)
    if growth.yielded_percent:
        return warning("disk.others", saw, do=_du(storage), advice="The oldest frames go for what else grows there.")
    return ok("disk.others", saw)


def _du(storage: StorageStatus) -> str:
    """Of the whole file system, wherever the output directory is on it."""
    return (
        f'sudo du -xh --max-depth=3 "$(findmnt -no TARGET -T {shlex.quote(storage.output_dir)})" | sort -h | tail -20'
    )
