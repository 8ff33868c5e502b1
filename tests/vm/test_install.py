"""From a bare Debian to frames after every boot, by the commands of the documents alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rig.figures import say
from tests.vm.image import Image
from tests.vm.installation import CAMERA, UNIT, bring_tree, configure, enable, keep, kept_for, set_up
from tests.vm.machine import Machine
from tests.vm.packages import packages_of
from tests.vm.service import Service
from tests.vm.speed import slowdown

pytestmark = pytest.mark.vm
FIRST_FRAME_S = 60.0
UNITS = f"{UNIT} timelapse-time-wait.service timelapse-revive.service timelapse-revive.timer"


def test_bare_debian_that_was_set_up_records_after_its_next_boot(image: Image, directory: Path) -> None:
    with Machine.fresh(image, directory) as machine:
        say("a bare Debian's boot to a shell, s", round(machine.boot(disk=packages_of(image)), 1))
        kept = kept_for(image)
        bring_tree(machine)
        began_s = Service(machine).now_s()
        set_up(machine)
        say("scripts/setup.sh without a network, s", round(Service(machine).now_s() - began_s))
        _is_neither_enabled_nor_running(machine)
        _can_be_set_up_twice(machine)
        configure(machine, cameras__main__source=CAMERA)
        enable(machine)
        machine.power_off()
        keep(machine, kept)
        say("the boot to a shell, s", round(machine.boot(), 1))
        _records(machine)


def _is_neither_enabled_nor_running(machine: Machine) -> None:
    assert machine.run(f"systemctl is-enabled {UNIT}", check=False).out.strip() == "disabled"
    assert machine.run(f"systemctl is-active {UNIT}", check=False).out.strip() == "inactive"


def _can_be_set_up_twice(machine: Machine) -> None:
    before = machine.run(
        "sha256sum /etc/timelapse/timelapse.yml; stat -c %Y /usr/local/lib/systemd/system/timelapse*"
    ).out
    set_up(machine)
    after = machine.run(
        "sha256sum /etc/timelapse/timelapse.yml; stat -c %Y /usr/local/lib/systemd/system/timelapse*"
    ).out
    assert after == before, "the second run changed what the first had made"


def _records(machine: Machine) -> None:
    service = Service(machine)
    service.wait_for_new_frame(patience_s=300)
    first_s = service.events("frame.written")[0]["mono_ns"] / 1e9
    slower = slowdown(machine)
    say("from the kernel's start to the first frame, s", round(first_s, 1))
    say("the guest's Python is slower than this machine's, times", round(slower, 1))
    say("systemd", machine.run("systemd-analyze").out.splitlines()[0])
    assert first_s / slower < FIRST_FRAME_S
    users = service.users()
    say("processes of ours", len(users))
    assert set(users.values()) == {"timelapse"}, users
    outside = machine.run("pgrep -u root -af '[/]opt/timelapse'", check=False).out
    assert outside == "", "something of ours runs as root"
    verified = machine.run(f"systemd-analyze verify {UNITS}")
    assert verified.out + verified.err == ""
    assert machine.run("systemctl --failed --quiet").out == ""
    say(
        f"systemd-analyze security {UNIT}", machine.run(f"systemd-analyze security {UNIT}").out.splitlines()[-1].strip()
    )
