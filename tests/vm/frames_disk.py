"""The disk of frames of a machine: pulled, put back, missing when the power comes; and what lies below its mount point.

Owns: the cable, the look below the mount point, and a machine whose disk is mounted as docs/install.md tells it
("Frames somewhere else").
Does not own: what the service makes of it.
Invariant: what is looked at below the mount point is on the root disk, whatever is mounted there or not.
"""

from __future__ import annotations

import time
from typing import Any

from tests.vm.hardware import Hardware
from tests.vm.machine import Machine
from tests.vm.monitor import MonitorError

USB = Hardware(frames_bus="usb")
_ROOT_ALONE = "/run/rig-root"
_PATIENCE_S = 30.0


class FramesDisk:
    """That of one machine, which is on; mounted at `point`."""

    def __init__(self, machine: Machine, point: str) -> None:
        self.machine = machine
        self.point = point
        self._times = 0

    def pull(self) -> None:
        """At once, and without a word to anybody."""
        self.machine.monitor.run("device_del", id="frames")

    def put_back(self) -> None:
        """The same disk, at the same place. The kernel may give it another name."""
        self._times += 1
        node, deadline = f"frames-{self._times}", time.monotonic() + _PATIENCE_S
        file = {"driver": "file", "filename": "frames.qcow2"}
        drive: dict[str, Any] = {"driver": "qcow2", "file": file, "discard": "unmap", "node-name": node}
        while True:
            try:
                self.machine.monitor.run("blockdev-add", **drive)
                break
            except MonitorError:
                # It has not let go of it yet.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        arguments: dict[str, Any] = {"driver": "usb-storage", "drive": node, "removable": True, "serial": "frames"}
        self.machine.monitor.run("device_add", id="frames", **arguments)

    def is_mounted(self) -> bool:
        """As root sees it: the mount, be it dead or alive."""
        return self.machine.run(f"grep -q ' {self.point} ' /proc/self/mounts", check=False).status == 0

    def below(self) -> str:
        """What the root disk has at the mount point: the times of the directory's last changes, and all that is in it.

        A file that was made there and deleted again shows in the times.
        """
        look = f"mountpoint -q {_ROOT_ALONE} || {{ mkdir -p {_ROOT_ALONE}; mount --bind / {_ROOT_ALONE}; }}"
        at = f"{_ROOT_ALONE}{self.point}"
        return self.machine.run(f"{look}; stat -c '%y %z' {at}; find {at} -mindepth 1").out.strip()


def boot_without(machine: Machine) -> None:
    """Switch the machine on while its USB disk of frames is not plugged in, and wait for a shell."""
    machine.start("-S")
    machine.monitor.run("device_del", id="frames")
    machine.monitor.run("cont")
    machine.wait_for_shell()
