"""Memory: how much there is, whether limits of it have an effect, and where it is swapped to.

Owns: reading /proc and /sys/fs/cgroup, and the judgement. Does not own: the limits (the unit), the stand-by
(`supervisor.room`).
Invariant: the judgement is pure.
"""

from __future__ import annotations

import os

from msgspec import Struct

from shared.mounts import Mount
from timelapse.doctor import mounting
from timelapse.doctor.finding import Finding, ok, warning
from timelapse.doctor.known import Known
from timelapse.doctor.places import Places
from timelapse.show.words import size

LIMIT_S = 5.0
_KIB = 1024
_SHORT_BYTES = 60_000_000
_STANDBY_BYTES = 800_000_000
"""As in supervisor/room.py: below it there is no stand-by unless it is asked for."""
_CMDLINE = "/boot/firmware/cmdline.txt"


class Swap(Struct, frozen=True, kw_only=True):
    """A place to swap to, and whether it is on an SD card."""

    name: str
    is_card: bool


class Seen(Struct, frozen=True, kw_only=True):
    """In bytes; None where the kernel does not tell. `ended`: how many processes it has ended for lack of memory."""

    total_bytes: int | None = None
    available_bytes: int | None = None
    has_group: bool | None = None
    swaps: tuple[Swap, ...] = ()
    ended: int = 0


def look(places: Places) -> Seen:
    """Read them. Asks no disk."""
    fields = _fields(places.lines("/proc/meminfo"))
    return Seen(
        total_bytes=_bytes(fields.get("MemTotal:")),
        available_bytes=_bytes(fields.get("MemAvailable:")),
        has_group=_has_group(places),
        swaps=tuple(_swaps(places)),
        ended=_fields(places.lines("/proc/vmstat")).get("oom_kill", 0),
    )


def judge(seen: Seen, known: Known) -> list[Finding]:
    """All of it. Pure."""
    findings = [_room(seen, known)] if seen.total_bytes is not None else []
    if seen.has_group is not None:
        findings.append(_group(known, has_group=seen.has_group))
    return [*findings, _swap(seen.swaps), _ended(seen.ended)]


def _room(seen: Seen, known: Known) -> Finding:
    assert seen.total_bytes is not None, "the caller has looked"
    check, saw = "memory.room", f"{size(seen.total_bytes)} of memory"
    if seen.available_bytes is not None:
        saw += f", {size(seen.available_bytes)} free"
        if seen.available_bytes < _SHORT_BYTES:
            do = "ps -eo rss,pid,args --sort=-rss | head"
            advice = "One camera, below 12 megapixels, keep_open: never: docs/hardware.md."
            return warning(check, f"{saw}: a large picture does not fit any more", do=do, advice=advice)
    if seen.total_bytes >= _STANDBY_BYTES:
        return ok(check, saw)
    if known.configuration is not None and known.configuration.supervisor.standby == "always":
        do = f"{known.config('set supervisor.standby auto')} && {known.control('reload')}"
        return warning(check, f"{saw}, and supervisor.standby: always takes 40 MB of it", do=do)
    return ok(check, f"{saw}; too little for a stand-by, which stays off")


def _group(known: Known, *, has_group: bool) -> Finding:
    check = "memory.cgroup"
    if has_group:
        return ok(check, "limits of memory have an effect (memory control group)")
    saw = "the memory control group is off: MemoryMax= and MemoryHigh= of the unit have no effect"
    if not (known.board and known.is_installed):
        return ok(check, saw)
    do = f"sudo sed -i '1s/$/ cgroup_enable=memory/' {_CMDLINE} && sudo reboot"
    return warning(check, saw, do=do, advice="One process that leaks may then take the whole machine down.")


def _swap(swaps: tuple[Swap, ...]) -> Finding:
    check = "memory.swap"
    if card := [swap.name for swap in swaps if swap.is_card]:
        saw = f"{card[0]} swaps to the SD card: pictures come late while it does, and the card wears out"
        file = card[0].startswith("/var/swap")
        do = "sudo systemctl disable --now dphys-swapfile" if file else f"sudo swapoff {card[0]}"
        return warning(check, saw, do=do, advice="sudo apt install zram-tools swaps to memory instead.")
    return ok(check, f"swaps to {', '.join(swap.name for swap in swaps)}" if swaps else "no swap")


def _ended(count: int) -> Finding:
    check = "memory.ended"
    if not count:
        return ok(check, "the kernel has ended no process for lack of memory since the boot")
    saw = f"the kernel has ended {count} processes for lack of memory since the boot"
    return warning(check, saw, do="sudo dmesg --ctime | grep -i 'killed process'")


def _has_group(places: Places) -> bool | None:
    """Whether the kernel counts memory by group; None where it tells in neither way."""
    if controllers := places.text("/sys/fs/cgroup/cgroup.controllers"):
        return "memory" in controllers.split()
    for line in places.lines("/proc/cgroups"):
        words = line.split()
        if words[:1] == ["memory"] and len(words) == 4:
            return words[3] == "1"
    return False if "cgroup_disable=memory" in places.text("/proc/cmdline").split() else None


def _swaps(places: Places) -> list[Swap]:
    mounted = mounting.mounts(places)
    found = []
    for line in places.lines("/proc/swaps")[1:]:
        words = line.split()
        if len(words) < 2:
            continue
        if words[1] == "file":
            mount = mounting.holding(mounted, os.path.normpath(words[0]))
        else:
            mount = Mount(point="", kind="swap", source=words[0], options=())
        disk = mounting.disk_of(mount, places) if mount else ""
        found.append(Swap(name=words[0], is_card=mounting.is_card(disk, places)))
    return found


def _fields(lines: list[str]) -> dict[str, int]:
    """The first two words of each line."""
    words = (line.split() for line in lines)
    return {line[0]: int(line[1]) for line in words if len(line) > 1 and line[1].isdigit()}


def _bytes(kibibytes: int | None) -> int | None:
    return None if kibibytes is None else kibibytes * _KIB
