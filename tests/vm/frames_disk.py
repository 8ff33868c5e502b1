"""The disk of frames of a machine: pulled, put back, missing when the power comes; and what lies below its mount point.

Owns: the cable, the look below the mount point, and the saved moment of a machine that records to a USB disk, which is
mounted as docs/install.md tells it ("Frames somewhere else").
Does not own: what the service makes of it.
Invariant: what is looked at below the mount point is on the root disk, whatever is mounted there or not.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.vm.hardware import Hardware
from tests.vm.image import Image
from tests.vm.installation import SET_UP, SET_UP_S, UNIT, configure, installed_on, machine_directory
from tests.vm.machine import Machine
from tests.vm.monitor import MonitorError
from tests.vm.place import hash_of
from tests.vm.service import OUTPUT_DIR, Service

USB = Hardware(frames_bus="usb")
POINT = "/srv/frames"
MOUNT = "srv-frames.mount"
FSTAB = f"LABEL=frames {POINT} ext4 defaults,nofail,x-systemd.device-timeout=10s 0 2"
"""As docs/install.md has it."""
_ROOT_ALONE = "/run/rig-root"
# Private: a disk that comes back is not to be mounted here, too.
_SEE_ROOT = (
    f"mountpoint -q {_ROOT_ALONE} || "
    f"{{ mkdir -p {_ROOT_ALONE} && mount --bind / {_ROOT_ALONE} && mount --make-private {_ROOT_ALONE}; }}"
)
_NODE = "frames-again"
_PATIENCE_S = 30.0


class FramesDisk:
    """That of one machine, which is on; mounted at `point`."""

    def __init__(self, machine: Machine, point: str) -> None:
        self.machine = machine
        self.point = point
        self._is_of_ours = False

    def pull(self) -> None:
        """At once, and without a word to anybody."""
        self.machine.monitor.run("device_del", id="frames")

    def put_back(self) -> None:
        """The same disk, at the same place. The kernel may give it another name."""
        if not self._is_of_ours:
            # The drive of the command line has gone with the cable; one that was added at run time stays.
            file = {"driver": "file", "filename": "frames.qcow2"}
            drive: dict[str, Any] = {"driver": "qcow2", "file": file, "discard": "unmap", "node-name": _NODE}
            self._once_it_is_let_go("blockdev-add", drive)
            self._is_of_ours = True
        disk: dict[str, Any] = {"driver": "usb-storage", "drive": _NODE, "removable": True, "serial": "frames"}
        self._once_it_is_let_go("device_add", {"id": "frames", **disk})

    def below(self) -> str:
        """What the root disk has at the mount point: the times of the directory's last changes, and all that is in it.

        A file that was made there and deleted again shows in the times.
        """
        at = f"{_ROOT_ALONE}{self.point}"
        return self.machine.run(f"{_SEE_ROOT} && stat -c '%y %z' {at}; find {at} -mindepth 1").out.strip()

    def frames_beside(self) -> str:
        """The frames that lie anywhere on the root disk."""
        frames = "-name '[0-9]*T[0-9]*.[0-9]*.jpg'"
        return self.machine.run(f"{_SEE_ROOT} && find {_ROOT_ALONE} -xdev {frames}", patience_s=300).out.strip()

    def _once_it_is_let_go(self, command: str, arguments: dict[str, Any]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self.machine.monitor.run(command, **arguments)
            except MonitorError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


def boot_without(machine: Machine) -> None:
    """Switch the machine on while its USB disk of frames is not plugged in, and wait for a shell."""
    machine.start("-S")
    machine.monitor.run("device_del", id="frames")
    machine.monitor.run("cont")
    machine.wait_for_shell()


def recording_to_usb(image: Image, **values: str) -> Path:
    """The saved moment of a machine that records to its USB disk, with these keys of the configuration set."""
    installed = installed_on(image)
    recipe = hash_of(FSTAB, *(f"{key}={value}" for key, value in values.items()))
    saved = installed / f"recording-usb-{recipe}"
    if not saved.exists():
        with machine_directory() as directory, Machine.like(image, installed, directory, USB) as machine:
            print(f"==> booting Debian {image.suite.version} until it records to a USB disk", flush=True)
            machine.boot()
            _move_to_usb(machine)
            configure(machine, **values)
            machine.run(f"systemctl start {UNIT}", patience_s=300)
            Service(machine, POINT).wait_for_new_frame(300)
            machine.run("sync")
            machine.save(saved)
    return saved


def _move_to_usb(machine: Machine) -> None:
    """By the words of docs/install.md; the disk is a fresh one."""
    machine.run(f"systemctl stop {UNIT} $(systemd-escape --path --suffix=mount {OUTPUT_DIR})", patience_s=300)
    edited = f"sed -i '/^LABEL=frames/d' /etc/fstab && echo '{FSTAB}' >>/etc/fstab && systemctl daemon-reload"
    emptied = f"find {POINT} -mindepth 1 -not -name lost+found -delete && chown root: {POINT} && chmod 755 {POINT}"
    machine.run(f"mkdir -p {POINT} && {edited} && mount {POINT} && {emptied}")
    machine.run(f"{SET_UP} --output-dir {POINT}", patience_s=SET_UP_S)
