"""QEMU's command line: what the machine is made of.

Owns: the parts and their names. Does not own: the process.
Invariant: a machine that resumes is made of what it was when it was saved: `Hardware` is kept beside the saved state.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct

from tests.vm.place import has_kvm

_KERNEL = (
    "console=ttyS0 root=LABEL=root ro panic=5 quiet loglevel=5 mitigations=off audit=0 apparmor=0 nokaslr "
    "random.trust_cpu=on net.ifnames=0 systemd.show_status=1"
)
# Emulated: the least that today's wheels run on (x86-64-v2).
_EMULATED = ("-accel", "tcg,thread=multi,tb-size=512", "-cpu", "Nehalem")
_VIRTUAL = ("-accel", "kvm", "-cpu", "host")


class Hardware(Struct, frozen=True):
    """What may differ from machine to machine."""

    memory_mb: int = 1024
    cpus: int = 1
    frames_bus: Literal["virtio", "usb"] = "virtio"
    """A USB disk (`/dev/sda`) can be pulled: QMP `device_del` of `frames`."""
    clock: str = "utc"
    """The hardware clock when the power comes: `utc` for the right time, or an ISO time."""
    kernel: str = ""
    """More of the kernel's command line."""


def command_line(hardware: Hardware, kernel: Path, initrd: Path, port: int) -> list[str]:
    """To be run in the machine's directory. QMP is on standard input and output, ssh on `port` of the host."""
    clock = "base=utc,clock=host" if hardware.clock == "utc" else f"base={hardware.clock},clock=vm"
    frames = {"virtio": ("virtio-blk-pci",), "usb": ("usb-storage,removable=on",)}[hardware.frames_bus]
    usb = ["-device", "qemu-xhci"] if hardware.frames_bus == "usb" else []
    return [
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35"),
        *(_VIRTUAL if has_kvm() else _EMULATED),
        *("-smp", str(hardware.cpus), "-m", f"{hardware.memory_mb}M", "-rtc", clock),
        *("-kernel", str(kernel), "-initrd", str(initrd), "-append", f"{_KERNEL} {hardware.kernel}".rstrip()),
        *_disk("root", "virtio-blk-pci"),
        *usb,
        *_disk("frames", *frames),
        *("-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"),
        *("-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"),
        *("-device", "virtio-serial-pci", "-chardev", "file,id=announced,path=announced,append=on"),
        *("-device", "virtserialport,chardev=announced,name=announced"),
        *("-chardev", "file,id=console,path=console,append=on", "-serial", "chardev:console"),
        *("-chardev", "stdio,id=monitor,signal=off", "-mon", "chardev=monitor,mode=control"),
    ]


def read_only_disk(path: Path) -> list[str]:
    """One more disk, raw, for reading."""
    return ["-drive", f"file={path},if=virtio,format=raw,readonly=on"]


def _disk(name: str, device: str) -> tuple[str, ...]:
    drive = f"file={name}.qcow2,if=none,id=disk-{name},format=qcow2,cache=writeback,discard=unmap"
    return ("-drive", drive, "-device", f"{device},drive=disk-{name},id={name},serial={name}")
