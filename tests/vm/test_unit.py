"""The unit under a real systemd: reload, restart, stop; a supervisor that hangs, crashes, or is killed; giving up.

Each begins with a machine that records a frame a second, in the very moment in which it was saved.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.figures import say, say_spread
from tests.vm.image import Image
from tests.vm.installation import TIMELAPSE, UNIT, configure, recording_on
from tests.vm.machine import Machine
from tests.vm.service import CGROUP, Service, unaccounted

pytestmark = pytest.mark.vm
INTERVAL_MS = 1000
RESTARTED_S, STOPPED_S, ORPHANS_GONE_S = 5.0, 15.0, 1.0
"""Systemd's part of it: a restart's back-off and the replacing; the stop's limit; what the kernel does by itself."""
BURST = 5
REVIVE = "timelapse-revive.service"


@pytest.fixture
def service(image: Image, directory: Path) -> Iterator[Service]:
    """Recording at a frame a second."""
    values = {"cameras__main__interval": "1s", "cameras__main__resolution": "320x180"}
    with Machine.resumed(image, recording_on(image, **values), directory) as machine:
        machine.wait_for_shell()
        yield Service(machine)


def test_reload_restart_and_stop_do_what_they_say_in_time(service: Service, times: int) -> None:
    machine, took_s = service.machine, defaultdict[str, list[float]](list)
    for interval_s in [2 + number % 2 for number in range(times)]:
        pid = _counted_from_here(service)
        configure(machine, cameras__main__interval=f"{interval_s}s")
        took_s["reload"].append(_timed(machine, f"systemctl reload {UNIT}"))
        assert service.main_pid() == pid, "a reload started another supervisor"
        machine.wait_until(f"{TIMELAPSE} status --json | grep -q '\"interval_s\": *{interval_s}\\.'", patience_s=60)
        took_s["restart"].append(_timed(machine, f"systemctl restart {UNIT}"))
        assert service.main_pid() not in {0, pid}
        service.wait_for_new_frame()
        took_s["stop"].append(_timed(machine, f"systemctl stop {UNIT}"))
        assert (service.show("ActiveState"), service.show("Result")) == ("inactive", "success")
        assert machine.run("pgrep -u timelapse", check=False).out == "", "something of ours outlives the stop"
        took_s["start"].append(_timed(machine, f"systemctl start {UNIT}"))
    for verb, values in took_s.items():
        say_spread(f"systemctl {verb}, s", values)
    assert max(took_s["stop"]) < STOPPED_S


def test_supervisor_that_stands_still_is_replaced_by_the_watchdog(service: Service, times: int) -> None:
    watchdog_s, replaced_s = _seconds(service.show("WatchdogUSec")), []
    for _ in range(times):
        pid, old = _counted_from_here(service), _workers(service)
        first_ns = max(service.frames())
        stopped_s = _at(service.machine, f"kill -STOP {pid}")
        _wait_for_another(service, pid, patience_s=watchdog_s + 60)
        replaced_s.append(service.started_s() - stopped_s)
        _wait_for_gone(service.machine, old)
        _records_on_and_has_accounted(service, first_ns)
    say_spread(f"SIGSTOP of the supervisor (watchdog {watchdog_s:g} s): replaced after, s", replaced_s)
    assert max(replaced_s) < watchdog_s + RESTARTED_S
    assert "watchdog" in service.journal().lower()


def test_supervisor_that_is_killed_takes_its_workers_with_it_and_comes_back(service: Service, times: int) -> None:
    gone_s, back_s = [], []
    for _ in range(times):
        pid, old = _counted_from_here(service), _workers(service)
        first_ns = max(service.frames())
        killed_s = _at(service.machine, f"kill -KILL {pid}")
        gone_s.append(_wait_for_gone(service.machine, old) - killed_s)
        _wait_for_another(service, pid)
        back_s.append(service.started_s() - killed_s)
        _records_on_and_has_accounted(service, first_ns)
        (started,) = service.events("supervisor.started")
        assert started["data"]["gaps"]["main"]["slots"] > 0
    say_spread("SIGKILL of the supervisor: its workers gone after, s (a shell's look included)", gone_s)
    say_spread("SIGKILL of the supervisor: the next one started after, s", back_s)
    assert max(gone_s) < ORPHANS_GONE_S


def test_unit_that_crashes_too_often_gives_up_and_says_so_and_is_revived(service: Service) -> None:
    _counted_from_here(service)
    crashes = _crash_until_it_gives_up(service)
    say("crashes until it gave up", crashes)
    assert crashes == BURST + 1
    assert "start request repeated too quickly" in service.journal().lower()
    timer = service.machine.run("systemctl is-active timelapse-revive.timer", check=False).out.strip()
    assert timer == "active", "nobody would ever look again"
    # The window of 5 minutes is over when the timer fires. Here it is made short, and the timer's time comes at once.
    _drop_in(service.machine, UNIT, "[Unit]\nStartLimitIntervalSec=1s\n")
    service.machine.run(f"systemctl start {REVIVE}")
    service.machine.wait_until(f"systemctl is-active --quiet {UNIT}")
    service.wait_for_new_frame()


def test_unit_that_an_operator_stopped_or_that_has_a_bad_configuration_is_not_revived(service: Service) -> None:
    machine = service.machine
    machine.run(f"systemctl stop {UNIT}; systemctl start {REVIVE}", check=False)
    assert service.show("ActiveState") == "inactive"
    machine.run("sed -i 's/^cameras:/camreas:/' /etc/timelapse/timelapse.yml")
    machine.run(f"systemctl start {UNIT}", check=False)
    machine.wait_until(f"systemctl is-failed --quiet {UNIT}")
    assert service.show("ExecMainStatus") == "78"
    assert "camreas" in service.journal(), "the journal does not say what is wrong"
    pid = service.show("ExecMainPID")
    machine.run(f"systemctl start {REVIVE}", check=False)
    assert (service.show("ActiveState"), service.show("ExecMainPID")) == ("failed", pid)


def _counted_from_here(service: Service) -> int:
    """Have none of the starts until now counted against the unit's limit; its supervisor."""
    service.machine.run(f"systemctl reset-failed {UNIT}")
    return service.main_pid()


def _crash_until_it_gives_up(service: Service) -> int:
    crashes = 0
    while service.show("ActiveState") != "failed":
        if pid := service.main_pid():
            service.machine.run(f"kill -SEGV {pid}", check=False)
            crashes += 1
            _wait_for_another(service, pid)
        assert crashes <= 2 * BURST, "it never gives up"
    return crashes


def _records_on_and_has_accounted(service: Service, first_ns: int) -> None:
    """Every slot from the last frame before it happened until now is a frame, or a miss that was told."""
    service.wait_for_new_frame()
    events = service.misses()
    frames = service.frames()
    lost = unaccounted(frames, events, INTERVAL_MS, first_ns, max(frames))
    say("causes of misses", sorted({event["data"]["cause"] for event in events}))
    assert not lost, f"{len(lost)} slots are not accounted for"


def _workers(service: Service) -> list[int]:
    pid = service.main_pid()
    return [int(word) for word in service.machine.run(f"cat {CGROUP}").out.split() if int(word) != pid]


def _wait_for_gone(machine: Machine, pids: list[int]) -> float:
    """When none of these was there any more: the guest's monotonic clock."""
    there = " || ".join(f"[ -e /proc/{pid}/exe ]" for pid in pids)
    return float(machine.run(f"while {there}; do :; done; read -r up rest </proc/uptime; echo $up").out)


def _wait_for_another(service: Service, pid: int, patience_s: float = 60.0) -> None:
    """Until the unit has another supervisor, or has given up."""
    deadline = time.monotonic() + patience_s
    while service.main_pid() in {0, pid} and service.show("ActiveState") != "failed":
        assert time.monotonic() < deadline, f"the supervisor was not replaced: {service.journal()[-1500:]}"


def _at(machine: Machine, command: str) -> float:
    """Do it; when, by the guest's monotonic clock."""
    return float(machine.run(f"read -r up rest </proc/uptime; {command}; echo $up").out)


def _timed(machine: Machine, command: str) -> float:
    """How long it took in the guest, in seconds."""
    said = machine.run(
        f"read -r began rest </proc/uptime; {command} && read -r ended rest </proc/uptime; echo $began $ended"
    )
    began, ended = map(float, said.out.split())
    return round(ended - began, 2)


def _drop_in(machine: Machine, unit: str, content: str) -> None:
    place = f"/run/systemd/system/{unit}.d"
    machine.run(f"mkdir -p {place} && cat >{place}/rig.conf && systemctl daemon-reload", stdin=content.encode())


def _seconds(span: str) -> float:
    """Of `20s` or `1min 30s`, as systemd writes them."""
    units = {"ms": 0.001, "s": 1.0, "min": 60.0}
    words = [(word.rstrip("abcdefghijklmnopqrstuvwxyz"), word.lstrip("0123456789.")) for word in span.split()]
    return sum(float(number) * units[unit] for number, unit in words)
