"""The power goes at a random moment, again and again: what is then on the disk, told from the outside.

`scripts/test-vm tests/vm/test_power_cuts.py --times 100`: of so many rounds each tenth is booted again in full.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.rig.figures import say, say_spread
from tests.rig.recorder import slot_of
from tests.vm.disks import raw_copy, read_out, recover
from tests.vm.image import Image
from tests.vm.installation import machine_directory, recording_on
from tests.vm.machine import Machine
from tests.vm.remains import Remains, check_announced, look_at
from tests.vm.service import OUTPUT_DIR, Service, unaccounted

pytestmark = pytest.mark.vm
INTERVAL_MS = 200
"""Five frames a second."""
FULL_BOOT_EACH = 10
LIVES_S = (1.0, 6.0)
"""How long it records before the power goes."""
RECORDING = {"cameras__main__interval": f"{INTERVAL_MS}ms", "cameras__main__resolution": "320x180"}
PLAIN_FILES, PLAIN_BYTES = 20, 20_000


def test_power_cut_leaves_every_announced_frame_whole_and_recording_goes_on(newest_image: Image, times: int) -> None:
    saved = recording_on(newest_image, **RECORDING)
    announced, frames, aside, took_s, booted = [], [], [], [], 0
    for number in range(times):
        began = time.monotonic()
        with machine_directory() as directory, Machine.resumed(newest_image, saved, directory) as machine:
            _live(machine)
            machine.cut()
            remains = _remains(machine)
            announced.append(check_announced(remains, machine.announced()))
            frames.append(len(remains.frames))
            aside.append(len(remains.aside))
            if number % FULL_BOOT_EACH == 0:
                _records_again(machine, remains)
                booted += 1
        took_s.append(time.monotonic() - began)
    say("power cuts", f"{times}, {booted} of them booted again in full")
    say_spread("frames announced before the cut, all whole on the disk", announced)
    say_spread("frames on the disk", frames)
    say_spread("files that had no final name yet", aside)
    say_spread("a round, s", took_s)


def test_power_cut_is_a_real_one_and_loses_what_nobody_flushed(newest_image: Image, directory: Path) -> None:
    """Else the other test would prove nothing: files written beside the frames, and renamed, without an fsync."""
    with Machine.resumed(newest_image, recording_on(newest_image, **RECORDING), directory) as machine:
        machine.wait_for_shell()
        machine.run(
            f"mkdir {OUTPUT_DIR}/plain && cd {OUTPUT_DIR}/plain && for n in $(seq {PLAIN_FILES}); do "
            f"head -c {PLAIN_BYTES} /dev/urandom >tmp && mv tmp $n; done"
        )
        machine.cut()
        tree = _read_out(machine)
    whole = [path for path in (tree / "plain").glob("*") if path.stat().st_size == PLAIN_BYTES]
    say("files written without an fsync", f"{PLAIN_FILES}, {len(whole)} of them whole after the cut")
    assert len(whole) < PLAIN_FILES


def _live(machine: Machine) -> None:
    """Let it record for a random time after its first frame since it was resumed."""
    machine.wait_for_announcement("frame.written")
    time.sleep(random.uniform(*LIVES_S))


def _remains(machine: Machine) -> Remains:
    """What the cut left on the disk of frames, each one decoded."""
    remains = look_at(_read_out(machine))
    assert remains.status is not None, "there is no .status.json"
    return remains


def _read_out(machine: Machine) -> Path:
    """The files of a copy of the disk of frames, recovered as a boot does it, and checked."""
    raw, tree = machine.directory / "frames.raw", machine.directory / "frames"
    raw_copy(machine.directory / "frames.qcow2", raw)
    recover(raw)
    read_out(raw, tree)
    return tree


def _records_again(machine: Machine, remains: Remains) -> None:
    """Boot it with the very disks that the cut left, and do nothing."""
    say("the boot after the cut, to a shell, s", round(machine.boot(), 1))
    service = Service(machine)
    service.wait_for_new_frame(patience_s=300)
    slots = service.frames()
    assert len(slots) > len(remains.frames)
    # From the cut on: before it, misses may have been told to a supervisor that is gone, and not be in the ledger yet.
    newest_ns = max(slot_of(Path(path)) for path in remains.frames)
    lost = unaccounted(slots, service.misses(), INTERVAL_MS, newest_ns, max(slots))
    assert not lost, f"{len(lost)} slots since the cut are not accounted for"
    assert service.machine.run("systemctl --failed --quiet").out == ""
