"""A running machine: power on, power cut, power off, save and resume.

Owns: the QEMU process, and the machine's directory: `root.qcow2`, `frames.qcow2`, `console` (what it printed),
`announced` (what it said on its port), `qemu.log`.
Does not own: what is on the disks, and what is done in the guest.
Invariant: no QEMU outlives the block that the machine was made for, nor the process that started it.
"""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.vm import disks
from tests.vm.hardware import Hardware, command_line, read_only_disk
from tests.vm.image import Image
from tests.vm.monitor import Monitor
from tests.vm.shell import Done, GuestError, Shell

BOOT_S = 300.0
"""For a boot to a shell, emulated on a busy machine."""
DISKS = ("root.qcow2", "frames.qcow2")


class Machine:
    """Made of an image and a directory with its two disks. To be entered; leaving it cuts the power."""

    def __init__(self, image: Image, directory: Path, hardware: Hardware | None = None) -> None:
        self.image = image
        self.directory = directory
        self.hardware = hardware or Hardware()
        self._process: subprocess.Popen[bytes] | None = None
        self._monitor: Monitor | None = None
        self._shell: Shell | None = None

    @classmethod
    def fresh(cls, image: Image, directory: Path, hardware: Hardware | None = None) -> Self:
        """With Debian as it was installed, and an empty disk for frames."""
        directory.mkdir(parents=True)
        disks.overlay(image.disk, directory / "root.qcow2")
        disks.new_frames_disk(directory / "frames.qcow2")
        return cls(image, directory, hardware)

    @classmethod
    def like(cls, image: Image, saved: Path, directory: Path, hardware: Hardware | None = None) -> Self:
        """With the disks that another one left in `saved`, which stay as they are there."""
        directory.mkdir(parents=True)
        for name in DISKS:
            disks.overlay(saved / name, directory / name)
        return cls(image, directory, hardware)

    @classmethod
    def resumed(cls, image: Image, saved: Path, directory: Path) -> Self:
        """Running, in the very moment in which it was saved: its own clock has stood still since."""
        hardware = msgspec.json.decode((saved / "hardware").read_bytes(), type=Hardware)
        machine = cls.like(image, saved, directory, hardware)
        shutil.copy(saved / "announced", directory / "announced")
        try:
            machine.start("-S", "-incoming", f"exec:cat {shlex.quote(str(saved.resolve() / 'ram'))}")
            machine.monitor.wait_migrated(BOOT_S)
            machine.monitor.run("cont")
        except BaseException:
            machine.cut()
            raise
        return machine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cut()

    @property
    def monitor(self) -> Monitor:
        """QEMU's own control channel."""
        assert self._monitor is not None, "the machine is off"
        return self._monitor

    def boot(self, *more: str, disk: Path | None = None) -> float:
        """Switch it on and wait for a shell; the seconds that this took. Raises GuestError."""
        began = time.monotonic()
        self.start(*more, *(read_only_disk(disk) if disk else ()))
        self.wait_for_shell()
        return time.monotonic() - began

    def start(self, *more: str) -> None:
        """Switch it on. Raises GuestError where QEMU ends at once."""
        assert self._process is None, "the machine is on"
        port = _free_port()
        command = command_line(self.hardware, self.image.kernel, self.image.initrd, port)
        with (self.directory / "qemu.log").open("ab") as log:
            self._process = subprocess.Popen(
                # Whatever ends us ends it.
                ["setpriv", "--pdeathsig", "KILL", "--", *command, *more],
                cwd=self.directory,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._monitor = Monitor(self._process)
        self._shell = Shell(self.directory, port, self.image.key)
        self._monitor.run("query-status")

    def wait_for_shell(self, patience_s: float = BOOT_S) -> None:
        """Until commands can be run. Raises GuestError."""
        assert self._process is not None, "the machine is off"
        assert self._shell is not None
        deadline = time.monotonic() + patience_s
        while not (self._shell.answers() and self._shell.open()):
            if self._process.poll() is not None:
                raise GuestError(f"QEMU ended: {(self.directory / 'qemu.log').read_text()[-500:]}")
            if time.monotonic() > deadline:
                raise GuestError(f"no shell within {patience_s:.0f} s; {self.last_words()}")
            time.sleep(0.2)

    def run(self, command: str, *, check: bool = True, patience_s: float = 120.0, stdin: bytes | None = None) -> Done:
        """Run a line of shell as root to its end. Raises GuestError."""
        assert self._shell is not None, "the machine is off"
        return self._shell.run(command, check=check, patience_s=patience_s, stdin=stdin)

    def wait_until(self, command: str, patience_s: float = 120.0, pause_s: float = 0.5) -> float:
        """Repeat a line of shell until it succeeds; the seconds that this took. Raises GuestError."""
        began = time.monotonic()
        while (done := self.run(command, check=False)).status != 0:
            if time.monotonic() - began > patience_s:
                raise GuestError(f"not so within {patience_s:.0f} s: {command}\n{done.out[-1000:]}{done.err[-1000:]}")
            time.sleep(pause_s)
        return time.monotonic() - began

    def cut(self) -> None:
        """The power goes, at once. The disks keep what had reached them. May be called twice."""
        if self._process is not None:
            self._process.kill()
            self._gone()

    def power_off(self, patience_s: float = 180.0) -> float:
        """Shut it down in good order; the seconds that this took. Raises GuestError."""
        assert self._process is not None, "the machine is off"
        began = time.monotonic()
        self.run("systemctl --no-block poweroff", check=False)
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired as late:
            raise GuestError(f"not off within {patience_s:.0f} s; {self.last_words()}") from late
        self._gone()
        return time.monotonic() - began

    def save(self, to: Path) -> None:
        """Keep this very moment in the directory `to`, disks, memory and all, and end."""
        assert self._process is not None, "the machine is off"
        to.mkdir(parents=True)
        self.monitor.run("stop")
        self.monitor.save_ram(f"exec:cat > {shlex.quote(str(to.resolve() / 'ram'))}")
        self.monitor.run("quit")
        self._process.wait()
        self._gone()
        for name in DISKS:
            shutil.move(self.directory / name, to / name)
        shutil.copy(self.directory / "announced", to / "announced")
        (to / "hardware").write_bytes(msgspec.json.encode(self.hardware))

    def announced(self) -> list[dict[str, Any]]:
        """The events that the guest has told on its port until now; a last one that is cut off is none."""
        told = (self.directory / "announced").read_bytes()
        return [msgspec.json.decode(line) for line in told.splitlines(keepends=True) if line.endswith(b"}\n")]

    def wait_for_announcement(self, topic: str, patience_s: float = 120.0) -> None:
        """Until one more event of this topic has been told on the port. Raises GuestError."""
        deadline = time.monotonic() + patience_s
        before = len(self.announced())
        while not any(event["topic"] == topic for event in self.announced()[before:]):
            if time.monotonic() > deadline:
                raise GuestError(f"no {topic} was told within {patience_s:.0f} s")
            time.sleep(0.05)

    def last_words(self) -> str:
        """The end of what the machine printed."""
        console = self.directory / "console"
        return console.read_text(errors="replace")[-1500:] if console.exists() else "its console is empty"

    def _gone(self) -> None:
        assert self._process is not None
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        if self._shell is not None:
            self._shell.close()
        self._process = self._monitor = self._shell = None


@contextmanager
def running(machine: Machine) -> Iterator[Machine]:
    """The machine, switched on with a shell; the power is cut when the block ends."""
    with machine:
        machine.boot()
        yield machine


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
