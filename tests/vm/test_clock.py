"""The machine's clock is really set while the service records: hours, days, fifty years, and a boot without a clock.

Judged from outside of the recorder: by the names on the disk, and by what went over the tap.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.rig.recorder import slots_of
from tests.rig.zone import utc_ns
from tests.vm.installation import TIMELAPSE, UNIT, configure
from tests.vm.machine import Machine
from tests.vm.service import OUTPUT_DIR, Service

pytestmark = pytest.mark.vm

_INTERVAL_S = 2
_START = "2026-06-15T12:00"
_HOUR_S, _DAY_S, _YEARS_50_S = 3600, 86_400, 50 * 365 * 86_400
_STEPS_S = [_HOUR_S, -_HOUR_S, _DAY_S, -_DAY_S, _YEARS_50_S, -_YEARS_50_S]
_CHANGES = {
    # Each change of the clock in 2026, in UTC: it goes forward, and back.
    "Europe/Oslo": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2026-04-04T15:00"),
    "Africa/Casablanca": ("2026-03-22T02:00", "2026-02-15T02:00"),
}
_TO_BE_EXPECTED = {"clock_step", "overrun", "stale"}
"""An emulated machine is slow: it may be late for a slot."""


class _Recorder:
    """The service of a machine whose clock is set."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.service = Service(machine)

    def set_clock(self, to: str) -> None:
        """`to` is seconds since 1970, or what a shell makes of it."""
        self.machine.run(f"date -u -s @{to} > /dev/null")

    def step(self, step_s: int) -> None:
        """Forward, or back."""
        self.set_clock(f"$(( $(date +%s) + {step_s} ))")

    def frames(self) -> dict[str, str]:
        """The sums of all that is on the disk, by their names."""
        said = self.machine.run(
            f"cd {OUTPUT_DIR} && find main -name '*.jpg' -not -path '*/.tmp/*' -exec cksum {{}} + || true"
        )
        rows = [line.rsplit(maxsplit=1) for line in said.out.splitlines()]
        return {name: summed for summed, name in rows}

    def wait_for_frames(self, more: int, patience_s: float = 120) -> None:
        """Until there are so many more than now; of those that are there none may go or be written over."""
        before, deadline = self.frames(), time.monotonic() + patience_s
        while len(now := self.frames()) < len(before) + more:
            assert time.monotonic() < deadline, f"{len(now) - len(before)} of {more} frames within {patience_s:.0f} s"
            time.sleep(1)
        assert before.items() <= now.items()

    def told(self, topic: str, after_seq: int = 0) -> list[dict[str, Any]]:
        """The data of these events."""
        return [event["data"] for event in self.service.events(topic) if event["seq"] > after_seq]

    def last_seq(self) -> int:
        """Of all events until now."""
        return int(self.service.status()["seq"])

    def check_told(self) -> None:
        """Each frame is there and was told once, no worker has ended, each miss has a cause that is to be expected."""
        written, on_disk = self.told("frame.written"), self.frames()
        paths = [data["path"] for data in written]
        assert len(paths) == len(set(paths))
        assert set(paths) <= set(on_disk)
        assert {data["cause"] for data in self.told("frame.missed")} <= _TO_BE_EXPECTED | {"starting", "down"}
        assert self.told("worker.exited") + self.told("worker.hung") == []


@contextmanager
def _recording(machine: Machine, start: str = _START, zone: str = "UTC") -> Iterator[_Recorder]:
    """The service, started anew by a clock that stands there."""
    recorder = _Recorder(machine)
    machine.boot()
    machine.run(f"systemctl stop {UNIT}; rm -rf /run/timelapse {OUTPUT_DIR}/main")
    machine.run(f"ln -sf /usr/share/zoneinfo/{zone} /etc/localtime")
    recorder.set_clock(str(utc_ns(start) // 10**9))
    configure(machine, cameras__main__interval=f"{_INTERVAL_S}s")
    machine.run(f"systemctl start {UNIT}")
    recorder.wait_for_frames(2, 180)
    yield recorder


def test_clock_that_is_set_prevents_no_picture_and_writes_over_none(installed: Machine) -> None:
    with _recording(installed) as recorder:
        for step_s in _STEPS_S:
            recorder.step(step_s)
            recorder.wait_for_frames(4)
        # Where it began: each name is taken now.
        recorder.set_clock(str(utc_ns(_START) // 10**9))
        recorder.wait_for_frames(8)
        recorder.check_told()
        stepped_s = [round(data["step_ns"] / 1e9) for data in recorder.told("clock.stepped")]
        assert len(stepped_s) == len(_STEPS_S) + 1
        assert all(abs(seen - set_) < 30 for seen, set_ in zip(stepped_s, _STEPS_S, strict=False)), stepped_s
        assert {data["take"] for data in recorder.told("frame.written")} >= {1, 2}
        left_out = [data["count"] for data in recorder.told("frame.missed") if data["cause"] == "clock_step"]
        assert max(left_out) > 700_000_000, "fifty years as one"


@pytest.mark.parametrize("zone", _CHANGES)
def test_change_of_the_zones_clock_loses_and_doubles_nothing(installed: Machine, zone: str) -> None:
    with _recording(installed, zone=zone) as recorder:
        for change in _CHANGES[zone]:
            change_ns = utc_ns(change)
            after_seq = recorder.last_seq()
            recorder.set_clock(str(change_ns // 10**9 - 30))
            recorder.wait_for_frames(20, 240)
            slots = [data["slot_ns"] for data in recorder.told("frame.written", after_seq)]
            late = [data for data in recorder.told("frame.missed", after_seq) if data["cause"] != "clock_step"]
            slots += [slot_ns for data in late for slot_ns in slots_of(data)]
            around = range(change_ns - 20 * 10**9, change_ns + 9 * 10**9, _INTERVAL_S * 10**9)
            told = sorted(slot_ns for slot_ns in slots if around[0] <= slot_ns <= around[-1])
            assert told == list(around), "each once"
        offsets = {match[1] for name in recorder.frames() if (match := re.search(r"([+-]\d{4})(?:-\d+)?\.jpg", name))}
        assert len(offsets) == 2
        recorder.check_told()


def test_machine_without_a_clock_records_from_1970_on_and_marks_it_until_it_is_right(installed: Machine) -> None:
    with _recording(installed, "1970-01-02T00:00") as recorder:
        installed.run("/usr/local/sbin/clock-synchronised no")
        recorder.wait_for_frames(3)
        assert recorder.service.status()["cameras"]["main"]["synchronised"] is False
        assert "not synchronised" in installed.run(f"{TIMELAPSE} status", check=False).out
        recorder.set_clock(str(utc_ns(_START) // 10**9))
        installed.run("/usr/local/sbin/clock-synchronised")
        recorder.wait_for_frames(3)
        assert recorder.service.status()["cameras"]["main"]["synchronised"] is True
        recorder.check_told()
        written = recorder.told("frame.written")
        assert written[0]["path"].startswith("main/1970/01/02/")
        assert False in {data["synchronised"] for data in written if data["path"].startswith("main/1970")}
        assert written[-1]["path"].startswith("main/2026/06/15/")
        assert written[-1]["synchronised"] is True


def test_boot_with_a_clock_that_is_never_right_waits_a_while_and_records(installed: Machine) -> None:
    installed.boot()
    installed.run("systemctl --quiet disable clock-synchronised.service")
    installed.power_off()
    installed.boot()
    recorder = _Recorder(installed)
    installed.wait_until(f"systemctl --quiet is-active {UNIT}", 300)
    said = recorder.service.journal("timelapse-time-wait.service")
    assert "the clock is not synchronised after 90 s: recording begins all the same" in said
    recorder.wait_for_frames(1)
    assert recorder.service.status()["cameras"]["main"]["synchronised"] is False
