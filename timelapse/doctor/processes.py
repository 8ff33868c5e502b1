"""Our own processes: one supervisor, and no worker that outlived one.

Owns: finding them by their command lines, and the judgement. Does not own: ending any of them.
Invariant: /proc is read, and nothing is signalled.
"""

from __future__ import annotations

import os
import time

from msgspec import Struct

from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known
from timelapse.doctor.places import Places
from timelapse.show import words

LIMIT_S = 5.0
_MODULES = frozenset({"supervisor", "capture_worker", "storage_worker", "render_worker"})
_UNINTERRUPTIBLE = "D"
_AGAIN_S = 0.3
"""Whoever waits for a disk is uninterruptible for some milliseconds, which is no fault."""
_INITS = frozenset({"systemd", "init"})
"""Who takes over what others leave behind."""


class Process(Struct, frozen=True, kw_only=True):
    """One of ours. `state` is the kernel's letter; `worker` and `config` as its command line says.

    `is_orphan`: the process that started it has ended.
    """

    pid: int
    parent: int
    module: str
    state: str
    is_orphan: bool
    worker: str = ""
    config: str = ""


def look(places: Places) -> list[Process]:
    """All of them that this user may see. One that waits for a disk is looked at twice, 0.3 s apart."""
    pids = (int(name) for name in places.names("/proc") if name.isdigit())
    found = [process for pid in sorted(pids) if (process := _process(pid, places)) is not None]
    if not any(process.is_orphan and process.state == _UNINTERRUPTIBLE for process in found):
        return found
    time.sleep(_AGAIN_S)
    return [again for process in found if (again := _process(process.pid, places)) is not None]


def judge(found: list[Process], known: Known) -> list[Finding]:
    """Whether there are more of them than there should be. Pure."""
    supervisors = [process for process in found if process.module == "supervisor"]
    left = [process for process in found if process.module != "supervisor" and process.is_orphan]
    return [_left_over(process) for process in left] + [_supervisors(supervisors, known)]


def _left_over(process: Process) -> Finding:
    name = process.worker or process.module
    if process.state == _UNINTERRUPTIBLE:
        saw = f"{name} (pid {process.pid}) outlived its supervisor: it hangs in the kernel, and nothing can end it"
        advice = "Unplug its camera, or the disk that it writes to; where that does not help, restart the machine."
        return fault("processes.left_over", saw, subject=name, do="sudo reboot", advice=advice)
    saw = f"{name} (pid {process.pid}) has no supervisor any more, and keeps its camera from the next one"
    return warning("processes.left_over", saw, subject=name, do=f"sudo kill -9 {process.pid}")


def _supervisors(supervisors: list[Process], known: Known) -> Finding:
    check, pids = "processes.supervisors", ", ".join(str(process.pid) for process in supervisors)
    if not supervisors:
        return ok(check, "no supervisor runs")
    if len({process.config for process in supervisors}) == len(supervisors):
        own = "" if len(supervisors) == 1 else ", each with a configuration of its own"
        return ok(check, f"{words.count(len(supervisors), 'supervisor')}, pid {pids}{own}")
    saw = f"{len(supervisors)} supervisors run (pid {pids}), two of them with one configuration: one would not end"
    kept = known.status.supervisor.pid if known.status else supervisors[-1].pid
    other = next(process.pid for process in supervisors if process.pid != kept)
    return warning(check, saw, do=f"sudo kill {other}", advice=f"The one with pid {kept} is the newer, or answers.")


def _process(pid: int, places: Places) -> Process | None:
    try:
        arguments = [os.fsdecode(word) for word in places.at(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
        # The command's name stands in brackets, and may hold any character.
        state, parent = places.text(f"/proc/{pid}/stat").rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return None
    module = arguments[arguments.index("-m") + 1] if "-m" in arguments[:-1] else ""
    if module not in _MODULES:
        return None
    return Process(
        pid=pid,
        parent=int(parent),
        module=module,
        state=state,
        is_orphan=parent == "1" or places.text(f"/proc/{parent}/comm") in _INITS,
        worker=_option(arguments, "--worker"),
        config=_option(arguments, "--config"),
    )


def _option(arguments: list[str], name: str) -> str:
    """Of `--name=value`, or of `--name value`."""
    for index, word in enumerate(arguments):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name and index + 1 < len(arguments):
            return arguments[index + 1]
    return ""
