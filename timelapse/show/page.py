"""The status page: from a `Status` to lines of text.

Owns: the order of the page, and the part about supervisor and configuration.
Does not own: terminals; where the lines go is the caller's business.
Invariant: pure. No line is longer than the width, down to 60 columns.
"""

from __future__ import annotations

from shared.status import ConfigStatus, Status, SupervisorStatus
from timelapse.show import words
from timelapse.show.camera import camera_lines
from timelapse.show.daily import daily_lines
from timelapse.show.disk import disk_lines
from timelapse.show.ink import Ink
from timelapse.show.layout import NARROWEST, field
from timelapse.show.needs import restart_advice
from timelapse.show.standby import standby_lines
from timelapse.show.verdict import verdict
from timelapse.show.workers import worker_lines

_MOST_ERRORS = 5


def page(status: Status, now_wall_ns: int, age_s: float, *, width: int, ink: Ink) -> list[str]:
    """The whole page, its first line the verdict. `age_s`: how long ago, in seconds, the status was got."""
    width = max(width, NARROWEST)
    found = verdict(status, now_wall_ns, age_s)
    paint = ink.warn if found.warned else ink.good if found.well else ink.bad
    lines = [paint(words.cut(found.sentence, width)), ""]
    for name in status.cameras:
        lines += [*camera_lines(status, name, now_wall_ns, age_s, width=width, ink=ink), ""]
    lines += worker_lines(status.workers, now_wall_ns, age_s, width=width, ink=ink)
    lines += [*standby_lines(status.standby, width, ink), ""]
    if status.render is not None:
        renderer = status.workers.get("render")
        lines += [*daily_lines(status.render, renderer, now_wall_ns, age_s, width=width, ink=ink), ""]
    lines += [*disk_lines(status.storage, now_wall_ns, width=width, ink=ink), ""]
    lines += _supervisor_lines(status.supervisor, age_s, width, ink)
    return lines + _config_lines(status.config, width, ink)


def _supervisor_lines(supervisor: SupervisorStatus, age_s: float, width: int, ink: Ink) -> list[str]:
    uptime = words.duration(supervisor.uptime_s + age_s)
    lines = [f"{ink.bold('supervisor')}  {supervisor.version}, pid {supervisor.pid}, up {uptime}"]
    lines += field("sockets", words.plain(supervisor.runtime_dir), width, ink)
    dropped = ", ".join(f"{count} on {socket}" for socket, count in supervisor.dropped_messages.items() if count)
    return lines + (field("malformed", f"dropped messages: {dropped}", width, ink) if dropped else [])


def _config_lines(config: ConfigStatus, width: int, ink: Ink) -> list[str]:
    lines = field("configured", words.plain(config.path), width, ink)
    for advice in restart_advice(config.needs_restart):
        lines += [ink.warn(line) for line in field("changed", advice, width, Ink())]
    if config.errors:
        lines += [
            ink.bad(line)
            for line in field("mistakes", "the last reload was refused; what ran before runs on", width, Ink())
        ]
    shown = config.errors[:_MOST_ERRORS]
    if len(shown) < len(config.errors):
        shown.append(f"... and {len(config.errors) - len(shown)} more: timelapse config check")
    for error in shown:
        lines += [ink.bad(line) for line in field("", words.plain(error), width, Ink())]
    return lines
