"""A disk of frames that fills, breaks, is pulled, comes back, or is missing at boot: the root disk never gets a frame.

It is a USB disk, mounted and told of as docs/install.md has it. Each begins with a machine that records a frame a
second, in the very moment in which it was saved. Whatever happens, every slot is a frame or a miss that was told.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rig.figures import say
from tests.rig.recorder import slots_of
from tests.vm.frames_disk import MOUNT, POINT, FramesDisk, boot_without, recording_to_usb
from tests.vm.image import Image
from tests.vm.installation import TIMELAPSE, UNIT
from tests.vm.machine import Machine
from tests.vm.service import Service, unaccounted

pytestmark = pytest.mark.vm
INTERVAL_MS = 1000
_RECORDING = {"cameras__main__interval": "1s", "cameras__main__resolution": "320x180"}
_RESUMED_S = 420.0
"""What a worker that has failed for long waits at most (`supervisor.restart.max`, 300 s), and an emulated machine."""
_OF_ANOTHER = f"{POINT}/of-another-program"
_TOLD_S = 90.0


class _Recorder(Service):
    """The service of a machine with a disk that fails."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine, POINT)
        self.disk = FramesDisk(machine, POINT)
        self._below = self.disk.below()
        self._first_ns = max(self.frames())

    def wait_until_said(self, said: Callable[[str], bool]) -> str:
        """Until `timelapse status` says so; the whole page."""
        deadline = time.monotonic() + _TOLD_S
        while not said(page := " ".join(self.machine.run(f"{TIMELAPSE} status", check=False).out.split())):
            assert time.monotonic() < deadline, page
            time.sleep(0.5)
        return page

    def pids(self) -> dict[str, int | None]:
        """The workers' processes."""
        return {name: worker["pid"] for name, worker in self.status()["workers"].items()}

    def doctor(self) -> str:
        """What `timelapse doctor` says, on one line."""
        return " ".join(self.machine.run(f"{TIMELAPSE} doctor", check=False, patience_s=300).out.split())

    def wait_until_missed(self, cause: str) -> None:
        """Until a slot is told as missed for it."""
        deadline = time.monotonic() + _TOLD_S
        while cause not in _by_cause(self.events("frame.missed")):
            assert time.monotonic() < deadline, f"no miss was told as {cause}"
            time.sleep(0.5)

    def records_on(self, since_s: float, what: str) -> None:
        """It does, and says so; each slot since the beginning is accounted for, and the root disk is untouched."""
        self.wait_for_new_frame(_RESUMED_S)
        say(f"{what}: recording again after, s", round(self.now_s() - since_s, 1))
        self.wait_until_said(lambda page: page.startswith("Recording"))
        missed, frames = self.misses(), self.frames()
        say(f"{what}: slots missed, by cause", _by_cause(missed))
        lost = unaccounted(frames, missed, INTERVAL_MS, self._first_ns, max(frames))
        assert not lost, f"{len(lost)} slots are not accounted for: {lost[:5]}"
        self.root_disk_is_untouched()

    def root_disk_is_untouched(self) -> None:
        """No file was made below the mount point, not even for a moment, and no frame lies anywhere else."""
        assert self.disk.below() == self._below
        assert self.disk.frames_beside() == ""


@pytest.fixture
def recorder(image: Image, directory: Path) -> Iterator[_Recorder]:
    """Recording to a USB disk."""
    with Machine.resumed(image, recording_to_usb(image, **_RECORDING), directory) as machine:
        machine.wait_for_shell()
        yield _Recorder(machine)


def test_disk_that_another_fills_is_left_alone_and_recording_goes_on_when_there_is_room(recorder: _Recorder) -> None:
    machine, pids = recorder.machine, recorder.pids()
    free_kb = f"$(df --output=avail {POINT} | tail -n 1)"
    machine.run(f"fallocate -l $(( {free_kb} * 96 / 100 ))K {_OF_ANOTHER}")
    recorder.wait_until_missed("disk_full")
    held = recorder.frames()
    page = recorder.wait_until_said(lambda page: "may not write: the disk is" in page)
    say("the disk is full: status", page[:110])
    assert "nothing is recorded above 90%" in recorder.doctor()
    assert "disk_full" in recorder.journal()
    assert recorder.frames() == held, "frames were written above stop_above, or young ones were deleted"
    freed_s = recorder.now_s()
    machine.run(f"rm {_OF_ANOTHER}")
    recorder.records_on(freed_s, "room on a full disk")
    assert "there is room on the disk: recording goes on" in recorder.journal()
    assert recorder.pids() == pids, "a worker ended, though nothing was wrong with the disk"


def test_disk_that_becomes_read_only_is_told_of_and_recorded_on_once_it_is_mended(recorder: _Recorder) -> None:
    machine = recorder.machine
    name = machine.run(f"basename $(findmnt -n -o SOURCE {POINT})").out.strip()
    # As Debian's installer has it: mkfs's own setting goes on.
    machine.run(f"mount -o remount,errors=remount-ro {POINT}")
    machine.run(f"echo 1 >/sys/fs/ext4/{name}/trigger_fs_error")
    page = recorder.wait_until_said(lambda page: page.startswith("NOT recording") and "(disk)" in page)
    say("the disk is read-only: status", page[:140])
    # Not "is mounted read-only": the kernel of Debian 13 does not show it so.
    # One at least: the kernel of Debian 12 counts each write that it refuses.
    assert re.search(rf"{POINT}: the kernel has found (an error|\d+ errors) in the file system", recorder.doctor())
    assert re.search(r"Read-only file system|Input/output error", recorder.journal())
    machine.run("dmesg | grep 'Remounting filesystem read-only'")
    # What doctor advises: a file system with an error is not written to before it was checked.
    machine.run(f"systemctl stop {UNIT} && umount {POINT} && {{ fsck -p LABEL=frames || [ $? = 1 ]; }}")
    mended_s = recorder.now_s()
    machine.run(f"systemctl start {MOUNT} && systemctl start {UNIT}")
    recorder.records_on(mended_s, "a mended disk and a start")
    # Where nothing was recorded between, the recorder's stop has the last word on all of it.
    assert _by_cause(recorder.misses()).keys() & {"disk_error", "down"}


def test_disk_that_is_pulled_and_put_back_is_recorded_on_without_help(recorder: _Recorder) -> None:
    machine, disk, pid = recorder.machine, recorder.disk, recorder.main_pid()
    # Twice: it gets another name, and comes back under the first one.
    for number in ("first", "second"):
        disk.pull()
        pulled_s = recorder.now_s()
        page = recorder.wait_until_said(lambda page: page.startswith("NOT recording") and "(disk)" in page)
        say(f"the disk is pulled: said after, s ({number} time)", round(recorder.now_s() - pulled_s, 1))
        say("the disk is pulled: status", page[:140])
        machine.wait_until(f"! grep -q ' {POINT} ' /proc/mounts")
        assert f"at {POINT}, and it is not mounted" in recorder.doctor()
        # Whichever comes first: the next frame, or systemd, which unmounts it.
        assert re.search(r"Input/output error|nothing is mounted there", recorder.journal())
        recorder.root_disk_is_untouched()
        back_s = recorder.now_s()
        disk.put_back()
        machine.wait_until(f"systemctl is-active --quiet {MOUNT}")
        say(f"a disk that is put back: mounted after, s ({number} time)", round(recorder.now_s() - back_s, 1))
        recorder.records_on(back_s, f"a disk that is put back, the {number} time")
    assert recorder.main_pid() == pid, "the supervisor ended with the disk"
    assert "disk_error" in _by_cause(recorder.misses())


def test_disk_that_is_missing_at_boot_is_waited_for_and_recorded_on_without_help(recorder: _Recorder) -> None:
    machine, disk = recorder.machine, recorder.disk
    machine.power_off()
    boot_without(machine)
    machine.wait_until(f"systemctl is-active --quiet {UNIT}", 300)
    # Until systemd has given it up: from then on it is one that is plugged in later.
    machine.wait_until(f"! systemctl list-jobs --no-legend | grep -q {MOUNT}", 300)
    page = recorder.wait_until_said(lambda page: page.startswith("NOT recording") and "require_mount" in page)
    say("the disk is missing at boot: status", page[:140])
    assert f"at {POINT}, and it is not mounted" in recorder.doctor()
    assert "and require_mount is true" in recorder.journal()
    recorder.root_disk_is_untouched()
    plugged_s = recorder.now_s()
    disk.put_back()
    machine.wait_until(f"systemctl is-active --quiet {MOUNT}")
    say("a disk that is plugged in after the boot: mounted after, s", round(recorder.now_s() - plugged_s, 1))
    recorder.records_on(plugged_s, "a disk that is plugged in after the boot")


def _by_cause(missed: list[dict[str, Any]]) -> dict[str, int]:
    """How many slots; what the ledger says of one as well counts once."""
    slots = defaultdict[str, set[int]](set)
    for event in missed:
        slots[event["data"]["cause"]].update(slots_of(event["data"]))
    return {cause: len(missed_for) for cause, missed_for in slots.items()}
