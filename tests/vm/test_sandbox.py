"""Who may do what with the installed service, and what the service itself may not do: each is tried."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rig.figures import say
from tests.vm import tries
from tests.vm.image import Image
from tests.vm.installation import TIMELAPSE, UNIT, configure, recording_on
from tests.vm.machine import Machine
from tests.vm.place import ROOT
from tests.vm.service import CGROUP, OUTPUT_DIR, Service
from tests.vm.shell import Done

pytestmark = pytest.mark.vm
STRANGER, MEMBER = "jane", "joan"
CONFIGURATION, SECRETS, SECRET = "/etc/timelapse/timelapse.yml", "/etc/timelapse/secrets", "correct-horse"
TRIES = "/usr/local/lib/rig/tries.py"
TRIED = "/run/timelapse/tried"
CONFINED = ("NoNewPrivs", "Seccomp", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "Uid", "Gid", "Groups")
"""Of /proc/PID/status: what a process is confined by, besides what it sees of the file system."""
CONNECT = """
import socket, sys
for name in ("control", "events", "workers", "leases"):
    try:
        socket.socket(socket.AF_UNIX).connect(f"/run/timelapse/{name}.sock")
        print(name, "connected")
    except OSError as error:
        print(name, type(error).__name__)
"""


@pytest.fixture
def service(image: Image, directory: Path) -> Iterator[Service]:
    """Recording at a frame a second, with two users beside it: one in the group `timelapse`, one not."""
    values = {"cameras__main__interval": "1s", "cameras__main__resolution": "320x180"}
    with Machine.resumed(image, recording_on(image, **values), directory) as machine:
        machine.wait_for_shell()
        # Of ours it is the one that runs as root, and no part of what is installed.
        machine.run("systemctl stop announce.service")
        machine.run(f"useradd -m {STRANGER} && useradd -m -G timelapse {MEMBER}")
        yield Service(machine)


def test_user_outside_the_group_can_neither_control_nor_tap_nor_read(service: Service) -> None:
    machine, workers = service.machine, _workers(service)
    _have_a_secret(machine)
    newest = machine.run(f"ls -t {OUTPUT_DIR}/main/*/*/*/*.jpg | head -n 1").out.strip()
    for verb in (
        "status",
        "restart capture.main",
        "stop capture.main",
        "reload",
        "snapshot main",
        "events --no-follow",
    ):
        done = _as(machine, STRANGER, f"{TIMELAPSE} {verb}")
        assert done.status != 0, f"{verb}: {done.out}"
        assert done.out == "", verb
        say(f"{STRANGER}: timelapse {verb}", (done.err.strip().splitlines() or ["?"])[-1])
    connected = _as(machine, STRANGER, f"python3 -c {shlex.quote(CONNECT)}").out.split()[1::2]
    assert connected == ["PermissionError"] * 4
    for read in (newest, CONFIGURATION, SECRETS, f"{OUTPUT_DIR}/.status.json", f"{OUTPUT_DIR}/.ledger.sqlite"):
        assert machine.run(f"test -s {read}", check=False).status == 0, f"{read} is not there"
        done = _as(machine, STRANGER, f"cat {read}")
        assert (done.out, "Permission denied" in done.err) == ("", True), read
    for listed in (f"ls {OUTPUT_DIR}", "ls /run/timelapse", f"{TIMELAPSE} frames today"):
        done = _as(machine, STRANGER, listed)
        assert (done.status != 0, done.out) == (True, ""), listed
    seen = _as(machine, STRANGER, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '")
    assert "timelapse" in seen.out
    assert SECRET not in seen.out
    assert UNIT not in _as(machine, STRANGER, f"journalctl --unit {UNIT} --no-pager").out
    assert _as(machine, STRANGER, f"kill -TERM {service.main_pid()}").status != 0
    assert _workers(service).items() >= workers.items(), "what a stranger asked for was done"


def test_user_of_the_group_can_control_and_tap_and_read_and_changes_nothing_by_hand(service: Service) -> None:
    machine, pid = service.machine, _workers(service)["capture.main"]
    status = json.loads(_as(machine, MEMBER, f"{TIMELAPSE} status --json", check=True).out)
    assert status["workers"]["capture.main"]["state"] == "running"
    events = _as(machine, MEMBER, f"{TIMELAPSE} events frame.written --since all --no-follow --json", check=True)
    path = f"{OUTPUT_DIR}/{json.loads(events.out.splitlines()[-1])['data']['path']}"
    assert _as(machine, MEMBER, f"head -c 2 {path} | od -An -tx1", check=True).out.split() == ["ff", "d8"]
    assert "output_dir" in _as(machine, MEMBER, f"cat {CONFIGURATION}", check=True).out
    _as(machine, MEMBER, f"{TIMELAPSE} restart capture.main", check=True)
    assert _workers(service)["capture.main"] not in {None, pid}
    _as(machine, MEMBER, f"{TIMELAPSE} stop capture.main", check=True)
    assert service.status()["workers"]["capture.main"]["state"] == "stopped"
    _as(machine, MEMBER, f"{TIMELAPSE} start capture.main", check=True)
    service.wait_for_new_frame()
    for changed in (f"rm -f {path}", f"touch {OUTPUT_DIR}/main/x", f"sh -c 'echo >>{CONFIGURATION}'"):
        assert _as(machine, MEMBER, changed).status != 0, changed
    assert machine.run(f"test -s {path}", check=False).status == 0


def test_what_the_sandbox_forbids_is_refused_to_a_process_of_the_service(service: Service) -> None:
    machine = service.machine
    machine.run(tries.BEFOREHAND)
    machine.run(f"cat >{TRIES}", stdin=(ROOT / "tests/vm/tries.py").read_bytes())
    # What is tried is there to be done, but for the sandbox.
    beside = "setpriv --reuid timelapse --regid timelapse --init-groups"
    outside = _tried(machine.run(f"{beside} python3 {TRIES} user")) | _tried(machine.run(f"python3 {TRIES} root"))
    assert set(outside["user"].values()) == {"done"}, outside["user"]
    assert set(outside["root"].values()) == {"done"}, outside["root"]
    inside = _tried_by_the_service(service)
    for name, outcome in (inside["user"] | inside["root"]).items():
        say(name, outcome)
    done = [name for name, outcome in (inside["user"] | inside["root"]).items() if outcome == "done"]
    assert not done, f"the sandbox lets it: {done}"
    assert set(inside["allowed"].values()) == {"done"}, inside["allowed"]
    assert machine.run("ls /tmp /var/tmp | grep rig-try", check=False).out == "", "its /tmp is everybody's"
    service.wait_for_new_frame()
    _all_are_confined_as(service, inside["status"])


def test_none_of_ours_is_root_and_the_units_figure_is_the_documented_one(service: Service) -> None:
    machine, users = service.machine, service.users()
    say("processes of ours", len(users))
    assert set(users.values()) == {"timelapse"}, users
    assert machine.run("pgrep -u root -af '[/]opt/timelapse'", check=False).out == ""
    (last,) = machine.run(f"systemd-analyze security {UNIT} --no-pager").out.strip().splitlines()[-1:]
    say("systemd-analyze security", last)
    figure = re.search(r"(\d+\.\d+)", last)
    documented = re.search(r"`systemd-analyze security .*` says (\d+\.\d+) ", (ROOT / "docs/install.md").read_text())
    assert figure is not None
    assert documented is not None
    assert figure[1] == documented[1]


def _as(machine: Machine, user: str, command: str, *, check: bool = False) -> Done:
    """A line of shell, as a user who has just signed in."""
    return machine.run(f"cd / && setpriv --reuid {user} --regid {user} --init-groups {command}", check=check)


def _workers(service: Service) -> dict[str, int | None]:
    """Their processes."""
    return {name: worker["pid"] for name, worker in service.status()["workers"].items()}


def _have_a_secret(machine: Machine) -> None:
    """As docs/install.md has it: a password for a network camera, which nobody answers for."""
    machine.run(f"install -m 640 -g timelapse /dev/stdin {SECRETS}", stdin=f"PASSWORD={SECRET}\n".encode())
    configure(machine, secrets=SECRETS, cameras__gate__source="http://admin:${PASSWORD}@127.0.0.1:9/")
    machine.run(f"systemctl reload {UNIT}")
    machine.wait_until(f"{TIMELAPSE} status --json | grep -q capture.gate")


def _tried(done: Done) -> dict[str, Any]:
    outcomes: dict[str, Any] = json.loads(done.out)
    return outcomes


def _tried_by_the_service(service: Service) -> dict[str, Any]:
    """By a process that systemd starts for the unit beside the supervisor, with all that it sets for that one."""
    command = f"/bin/sh -c 'exec /usr/bin/python3 {TRIES} {' '.join(tries.GROUPS)} >{TRIED}'"
    place = f"/run/systemd/system/{UNIT}.d"
    dropin = f"[Service]\nExecStartPost={command}\n".encode()
    service.machine.run(f"mkdir -p {place} && cat >{place}/rig.conf && systemctl daemon-reload", stdin=dropin)
    service.machine.run(f"systemctl restart {UNIT}")
    return _tried(service.machine.run(f"cat {TRIED}"))


def _all_are_confined_as(service: Service, tried: dict[str, str]) -> None:
    """That one is no other than those that record."""
    wanted = {name: tried[name].split() for name in CONFINED}
    say("each process of the unit", {name: " ".join(value) for name, value in wanted.items()})
    assert wanted["NoNewPrivs"] == ["1"]
    assert {number for name in CONFINED if name.startswith("Cap") for number in wanted[name]} == {"0" * 16}
    for pid in service.machine.run(f"cat {CGROUP}").out.split():
        said = service.machine.run(f"cat /proc/{pid}/status").out
        rows = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
        assert {name: rows[name].split() for name in CONFINED} == wanted, f"process {pid}"
