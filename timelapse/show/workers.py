"""The table of workers on the status page.

Owns: its columns, and what is left out where there is little room. Does not own: the page.
Invariant: pure. A worker's name, state, process and age are shown at any width.
"""

from __future__ import annotations

from shared.clock import NS_PER_S
from shared.status import WorkerStatus
from timelapse.show import words
from timelapse.show.ink import Ink

_WIDE = 100
_FIXED = 37
"""All columns between the name and the restarts, with their gaps."""
_RESTARTS_NARROW = 8
_RESTARTS = 24
_DOING = 20
_FOR_LONG = {"render": "rendering"}
"""What is done in turns, one lease after the other: when the present one runs out is nobody's concern."""


def worker_lines(
    workers: dict[str, WorkerStatus], now_wall_ns: int, age_s: float, *, width: int, ink: Ink
) -> list[str]:
    """The table, with its heading."""
    wide = width >= _WIDE
    room = width - _FIXED - (_RESTARTS + _DOING if wide else _RESTARTS_NARROW)
    name_width = min(max([len("worker"), *map(len, workers)]), room)
    heading = _row("worker", "state", "pid", "for", "restarts", name_width)
    if wide:
        heading = f"{heading:<{name_width + _FIXED + _RESTARTS}}doing"
    lines = [ink.dim(heading.rstrip())]
    for name, worker in workers.items():
        row = _worker_row(name, worker, now_wall_ns, name_width)
        if wide:
            column = name_width + _FIXED + _RESTARTS
            row = f"{words.cut(row, column - 2):<{column}}{doing(worker, age_s)}"
        lines.append(_painted(worker, words.cut(row.rstrip(), width), ink))
    return lines


def doing(worker: WorkerStatus, age_s: float) -> str:
    """What its threads say that they do, and how long each has left: `camera: grab (2 s left)`; or that all wait."""
    busy = {thread: lease for thread, lease in worker.leases.items() if lease.operation != "sleep"}
    if worker.leases and not busy:
        return "waiting"
    parts = []
    for thread, lease in busy.items():
        left = "" if lease.left_s is None else f" ({words.duration(lease.left_s - age_s)} left)"
        label = "" if thread == "main" else f"{thread}: "
        what = _FOR_LONG.get(lease.operation) or f"{lease.operation}{left}"
        parts.append(words.plain(f"{label}{what}"))
    return ", ".join(parts)


def _worker_row(name: str, worker: WorkerStatus, now_wall_ns: int, name_width: int) -> str:
    in_state = words.duration((now_wall_ns - worker.since_wall_ns) / NS_PER_S)
    pid = "-" if worker.pid is None else str(worker.pid)
    causes = sorted(worker.restarts.by_cause.items(), key=lambda item: -item[1])
    by_cause = ", ".join(f"{count} {cause}" for cause, count in causes if cause)
    restarts = f"{worker.restarts.total}{f' ({by_cause})' if by_cause else ''}"
    return _row(words.cut(name, name_width), worker.state, pid, in_state, restarts, name_width)


def _row(name: str, state: str, pid: str, age: str, restarts: str, name_width: int) -> str:
    return f"{name:<{name_width}}  {state:<11}  {pid:>7}  {age:<11}  {restarts}"


def _painted(worker: WorkerStatus, row: str, ink: Ink) -> str:
    if worker.state == "running":
        return row
    return ink.warn(row) if worker.state in {"starting", "stopping"} or worker.desired == "down" else ink.bad(row)
