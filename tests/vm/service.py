"""The installed service of a guest, as its user sees it: systemd's word, the events, the frames, the status.

Owns: asking for these, and the check that every slot is accounted for. Does not own: the machine.
Invariant: nothing is changed by asking; times are the guest's monotonic clock, in seconds since its kernel started.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.rig.recorder import slot_of, slots_of
from tests.vm.installation import TIMELAPSE, UNIT
from tests.vm.machine import Machine

OUTPUT_DIR = "/var/lib/timelapse"
CGROUP = f"/sys/fs/cgroup/system.slice/{UNIT}/cgroup.procs"
_FRAMES = "-name '*.jpg' -not -path '*/.tmp/*'"
_MARK = "/run/rig-mark"
_POLL_S = 0.2


class Service:
    """The recorder of one guest, whose frames go to `output_dir`."""

    def __init__(self, machine: Machine, output_dir: str = OUTPUT_DIR) -> None:
        self.machine = machine
        self.output_dir = output_dir

    def show(self, name: str, unit: str = UNIT) -> str:
        """A property of the unit, as systemd has it."""
        return self.machine.run(f"systemctl show --property {name} --value {unit}").out.strip()

    def main_pid(self) -> int:
        """The supervisor; 0 where there is none."""
        return int(self.show("MainPID"))

    def now_s(self) -> float:
        """The guest's monotonic clock."""
        return float(self.machine.run("cut -d' ' -f1 /proc/uptime").out)

    def started_s(self) -> float:
        """When systemd started the present supervisor."""
        return int(self.show("ExecMainStartTimestampMonotonic")) / 1e6

    def users(self) -> dict[str, str]:
        """The user of each process of ours, by its command line."""
        said = self.machine.run(f"ps -o user:32=,args= -p $(paste -sd, {CGROUP})").out
        rows = [line.split(maxsplit=1) for line in said.splitlines()]
        return {args: user for user, args in rows}

    def frames(self) -> set[int]:
        """The slots of all frames on the disk."""
        said = self.machine.run(f"find {self.output_dir}/*/ {_FRAMES} 2>/dev/null").out
        return {slot_of(Path(line)) for line in said.splitlines()}

    def wait_for_new_frame(self, patience_s: float = 120.0) -> None:
        """Until there is a frame that was not there now. A shell's loop: asking by our own command would cost more."""
        newest = f"find {self.output_dir} -newer {_MARK} {_FRAMES} 2>/dev/null | head -n 1"
        self.machine.run(f'touch {_MARK}; until [ -n "$({newest})" ]; do sleep {_POLL_S}; done', patience_s=patience_s)

    def events(self, *prefixes: str) -> list[dict[str, Any]]:
        """Those that the present supervisor has kept."""
        said = self.machine.run(f"{TIMELAPSE} events {' '.join(prefixes)} --since all --no-follow --json").out
        return [json.loads(line) for line in said.splitlines()]

    def misses(self) -> list[dict[str, Any]]:
        """Each that was told: to the present supervisor, from its kept events; to earlier ones, from the ledger."""
        said = self.machine.run(f"{TIMELAPSE} gaps last 2h --json", check=False).out
        known = [json.loads(line) for line in said.splitlines()]
        kept = [{"topic": "frame.missed", "data": gap} for gap in known if gap["cause"] != "unknown"]
        return [*self.events("frame.missed"), *kept]

    def status(self) -> dict[str, Any]:
        """`timelapse status --json`; where a camera does not record, its exit status says so."""
        status: dict[str, Any] = json.loads(self.machine.run(f"{TIMELAPSE} status --json", check=False).out)
        return status

    def journal(self, unit: str = UNIT) -> str:
        """What the unit, and systemd about it, have said in this boot."""
        return self.machine.run(f"journalctl --boot --unit {unit} --output short-monotonic --no-pager").out


def unaccounted(
    frames: Iterable[int], events: Iterable[Mapping[str, Any]], interval_ms: int, first_ns: int, last_ns: int
) -> list[int]:
    """The slots from `first_ns` to `last_ns` of which there is neither a frame nor word of a miss."""
    missed = {slot for event in events if event["topic"] == "frame.missed" for slot in slots_of(event["data"])}
    known = missed | set(frames)
    return [slot for slot in range(first_ns, last_ns + 1, interval_ms * 1_000_000) if slot not in known]
