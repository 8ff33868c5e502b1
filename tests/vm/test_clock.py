"""The machine's clock is really set while the service records: hours, days, fifty years, and a boot without a clock.

Judged from outside of the recorder: by the names on the disk, and by what went over the tap.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.rig.figures import say, say_spread
from tests.rig.recorder import slot_of, slots_of
from tests.rig.zone import utc_ns
from tests.vm.image import Image
from tests.vm.installation import TIMELAPSE, UNIT, recording_on
from tests.vm.machine import Machine
from tests.vm.service import OUTPUT_DIR, Service

pytestmark = pytest.mark.vm

_INTERVAL_S = 1
_RECORDING = {"cameras__main__interval": f"{_INTERVAL_S}s", "cameras__main__resolution": "320x180"}
_SLEEP_S = 30.0
"""Between two frames at most, where the machine is emulated: a recorder that slept for a step would take an hour."""
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

    def begin(self, start: str = _START, zone: str = "UTC") -> None:
        """Start the service anew, with no frames, by a clock that stands there."""
        self.machine.run(f"systemctl stop announce.service {UNIT}; rm -rf /run/timelapse {OUTPUT_DIR}/main")
        self.machine.run(f"ln -sf /usr/share/zoneinfo/{zone} /etc/localtime")
        self.set_clock(str(utc_ns(start) // 10**9))
        self.machine.run(f"systemctl start {UNIT}")
        self.wait_for_frames(2, 180)

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

    def told(self, *prefixes: str, after_seq: int = 0) -> dict[str, list[dict[str, Any]]]:
        """The data of these events, by topic."""
        told: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in self.service.events(*prefixes):
            if event["seq"] > after_seq:
                told[event["topic"]].append(event["data"] | {"mono_ns": event["mono_ns"]})
        return told

    def last_seq(self) -> int:
        """Of all events until now."""
        return int(self.service.status()["seq"])

    def check_told(self) -> dict[str, list[dict[str, Any]]]:
        """What was told: each frame is there and was told once, no worker has ended, each miss has its cause."""
        told, on_disk = self.told("frame", "clock", "worker"), self.frames()
        paths = [data["path"] for data in told["frame.written"]]
        assert len(paths) == len(set(paths))
        assert set(paths) <= set(on_disk)
        assert {data["cause"] for data in told["frame.missed"]} <= _TO_BE_EXPECTED | {"starting", "down"}
        assert told["worker.exited"] + told["worker.hung"] == []
        moments_ns = [data["mono_ns"] for data in told["frame.written"]]
        slept_s = [(later_ns - sooner_ns) / 1e9 for sooner_ns, later_ns in pairwise(moments_ns)]
        say_spread("from one frame to the next, s", slept_s)
        assert max(slept_s) < _SLEEP_S
        return told


@pytest.fixture
def recorder(image: Image, directory: Path) -> Iterator[_Recorder]:
    """Recording."""
    with Machine.resumed(image, recording_on(image, **_RECORDING), directory) as machine:
        machine.wait_for_shell()
        yield _Recorder(machine)


def test_clock_that_is_set_prevents_no_picture_and_writes_over_none(recorder: _Recorder) -> None:
    recorder.begin()
    first_s = min(slot_of(Path(name)) for name in recorder.frames()) // 10**9
    for step_s in _STEPS_S:
        recorder.step(step_s)
        recorder.wait_for_frames(4)
    # Where it began: each name is taken now.
    recorder.set_clock(str(first_s - 2))
    recorder.wait_for_frames(8)
    told = recorder.check_told()
    stepped_s = [round(data["step_ns"] / 1e9) for data in told["clock.stepped"]]
    assert len(stepped_s) == len(_STEPS_S) + 1
    assert all(abs(seen - set_) < 30 for seen, set_ in zip(stepped_s, _STEPS_S, strict=False)), stepped_s
    assert {data["take"] for data in told["frame.written"]} >= {1, 2}
    left_out = [data["count"] for data in told["frame.missed"] if data["cause"] == "clock_step"]
    assert max(left_out) > _YEARS_50_S // _INTERVAL_S // 2, "fifty years as one"
    say("frames, by takes", Counter(data["take"] for data in told["frame.written"]))
    say("slots missed, by cause", _by_cause(told["frame.missed"]))


@pytest.mark.parametrize("zone", _CHANGES)
def test_change_of_the_zones_clock_loses_and_doubles_nothing(recorder: _Recorder, zone: str) -> None:
    recorder.begin(zone=zone)
    for change in _CHANGES[zone]:
        change_ns, after_seq = utc_ns(change), recorder.last_seq()
        recorder.set_clock(str(change_ns // 10**9 - 12))
        recorder.wait_for_frames(20)
        told = recorder.told("frame", after_seq=after_seq)
        slots = [data["slot_ns"] for data in told["frame.written"]]
        late = [data for data in told["frame.missed"] if data["cause"] != "clock_step"]
        slots += [slot_ns for data in late for slot_ns in slots_of(data)]
        around = range(change_ns - 6 * 10**9, change_ns + 5 * 10**9, _INTERVAL_S * 10**9)
        assert sorted(slot_ns for slot_ns in slots if around[0] <= slot_ns <= around[-1]) == list(around), "each once"
    offsets = {match[1] for name in recorder.frames() if (match := re.search(r"([+-]\d{4})(?:-\d+)?\.jpg", name))}
    assert len(offsets) == 2
    told = recorder.check_told()
    say("slots missed, by cause", _by_cause(told["frame.missed"]))


def test_machine_without_a_clock_records_from_1970_on_and_marks_it_until_it_is_right(recorder: _Recorder) -> None:
    recorder.begin("1970-01-02T00:00")
    assert recorder.service.status()["cameras"]["main"]["synchronised"] is False
    assert "not synchronised" in recorder.machine.run(f"{TIMELAPSE} status", check=False).out
    recorder.set_clock(str(utc_ns(_START) // 10**9))
    recorder.machine.run("/usr/local/sbin/clock-synchronised")
    recorder.wait_for_frames(3)
    assert recorder.service.status()["cameras"]["main"]["synchronised"] is True
    written = recorder.check_told()["frame.written"]
    assert written[0]["path"].startswith("main/1970/01/02/")
    assert {data["synchronised"] for data in written if data["path"].startswith("main/1970")} == {False}
    assert written[-1]["path"].startswith("main/2026/06/15/")
    assert written[-1]["synchronised"] is True


def test_boot_with_a_clock_that_is_never_right_waits_a_while_and_records(recorder: _Recorder) -> None:
    machine = recorder.machine
    machine.run("systemctl --quiet disable clock-synchronised.service")
    machine.power_off()
    machine.boot()
    machine.wait_until(f"systemctl --quiet is-active {UNIT}", 300)
    said = recorder.service.journal("timelapse-time-wait.service")
    assert "the clock is not synchronised after 90 s: recording begins all the same" in said
    recorder.wait_for_frames(1)
    assert recorder.service.status()["cameras"]["main"]["synchronised"] is False


def _by_cause(missed: list[dict[str, Any]]) -> dict[str, int]:
    causes: Counter[str] = Counter()
    for data in missed:
        causes[data["cause"]] += data["count"]
    return dict(causes)
