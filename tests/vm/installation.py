"""timelapse installed in a guest as its user would: the tree brought there, `scripts/setup.sh`, a camera, enabled.

Owns: these steps, and the disks of an installed machine in the cache. Does not own: what setup.sh does.
Invariant: the disks in the cache are of exactly this tree, on exactly this image; another tree is installed anew.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.vm.image import Image
from tests.vm.machine import BOOT_S, DISKS, Machine
from tests.vm.packages import packages_of
from tests.vm.place import cache, hash_of
from tests.vm.shell import Done
from tests.vm.tree import packed, tree_hash

UNIT = "timelapse-capture.service"
TIMELAPSE = "/opt/timelapse/bin/timelapse"
CAMERA = "/dev/video0"
SOURCES = "/root/timelapse"
PACKAGES = "/srv/packages"
SET_UP = f"cd {SOURCES} && PIP_NO_INDEX=1 PIP_FIND_LINKS={PACKAGES}/wheels scripts/setup.sh"
SET_UP_S = 1800.0
"""For setup.sh where the machine is emulated: two minutes, and much more where it is busy."""


@contextmanager
def machine_directory() -> Iterator[Path]:
    """A place for a machine, gone with its disks when the block ends."""
    for left in cache().glob("machine-*-*"):
        # Of a process that was killed. Its machine has gone with it.
        if not Path("/proc", left.name.split("-")[1]).exists():
            shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=cache(), prefix=f"machine-{os.getpid()}-") as directory:
        yield Path(directory) / "machine"


def bring_tree(machine: Machine) -> None:
    """Put the project's tree where its user would have cloned it."""
    machine.run(f"mkdir -p {SOURCES} && tar -C {SOURCES} --no-same-owner -xf -", stdin=packed())


def set_up(machine: Machine) -> Done:
    """Run setup.sh, without a network, on a machine that was booted with the disk of packages."""
    machine.run(f"mountpoint -q {PACKAGES} || mount -o ro LABEL=packages {PACKAGES}; apt-get -qq update")
    return machine.run(SET_UP, patience_s=SET_UP_S)


def configure(machine: Machine, **values: str) -> None:
    """Set keys of the service's configuration; `__` stands for a dot."""
    for key, value in values.items():
        machine.run(f"{TIMELAPSE} config set {key.replace('__', '.')} '{value}'")


def enable(machine: Machine, *, synchronised: bool = True) -> None:
    """Have the service start with the machine; with `synchronised`, have the clock be right by then."""
    if synchronised:
        machine.run("systemctl --quiet enable clock-synchronised.service")
    machine.run(f"systemctl --quiet enable {UNIT}")


def installed_on(image: Image) -> Path:
    """The disks of a machine that has it and has been shut down: one camera, the kernel's vivid. Some minutes, once."""
    kept = kept_for(image)
    if not kept.exists():
        with machine_directory() as directory, Machine.fresh(image, directory) as machine:
            print(f"==> installing timelapse on Debian {image.suite.version}", flush=True)
            machine.boot(disk=packages_of(image))
            bring_tree(machine)
            set_up(machine)
            configure(machine, cameras__main__source=CAMERA)
            enable(machine)
            machine.power_off()
            keep(machine, kept)
    return kept


def kept_for(image: Image) -> Path:
    """Where the disks of a machine with the present tree are kept. Ask before the tree is brought: it may change."""
    return image.directory / f"installed-{tree_hash()}"


def keep(machine: Machine, at: Path) -> None:
    """Have copies of the disks of this machine, which is off, as those of an installed one. Whole, or not at all."""
    for other in at.parent.glob("installed-*"):
        shutil.rmtree(other)
    with tempfile.TemporaryDirectory(dir=at.parent, prefix="keeping-") as directory:
        disks = Path(directory) / "disks"
        disks.mkdir()
        for name in DISKS:
            shutil.copy(machine.directory / name, disks / name)
        disks.rename(at)


def recording_on(image: Image, **values: str) -> Path:
    """The saved moment of a machine that records, a minute after its boot, with these keys of the configuration set."""
    installed = installed_on(image)
    saved = installed / f"recording-{hash_of(*(f'{key}={value}' for key, value in values.items()))}"
    if not saved.exists():
        with machine_directory() as directory, Machine.like(image, installed, directory) as machine:
            print(f"==> booting Debian {image.suite.version} until it records", flush=True)
            machine.boot()
            configure(machine, **values)
            machine.run(f"systemctl restart {UNIT}")
            machine.run("until ls /var/lib/timelapse/main/*/*/*/*.jpg >/dev/null 2>&1; do sleep 0.5; done")
            machine.run("systemctl start announce.service")
            machine.wait_for_announcement("frame.written", BOOT_S)
            machine.run("sync")
            machine.save(saved)
    return saved
