"""The whole worker on a disk that hangs: its lease says what it was about to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration, StorageConfig
from shared.events import DiskPressure, FrameMissed
from shared.ledger.database import LedgerError, open_for_reading
from shared.ledger.schema import FILE_NAME as LEDGER_NAME
from tests.rig.hub_harness import HubHarness
from tests.rig.planted_frames import frames_in, plant_row
from tests.rig.small_disk import ext4, frozen
from tests.rig.status_on_disk import written_seq
from tests.rig.status_values import status

_KEEP_NOTHING = StorageConfig(keep_min_s=0)
_LONG_AGO_NS = 1_750_000_000 * NS_PER_S


def _hub(tmp_path: Path, output_dir: Path, storage: StorageConfig = _KEEP_NOTHING) -> HubHarness:
    return HubHarness(tmp_path / "run", _configuration(output_dir, storage))


def _configuration(output_dir: Path, storage: StorageConfig) -> Configuration:
    cameras = {"main": CameraConfig("main")}
    return Configuration(path="timelapse.yml", output_dir=str(output_dir), cameras=cameras, storage=storage)


def _doing(hub: HubHarness) -> str:
    """The operation of the worker's last lease."""
    return hub.leases[-1].operation if hub.leases else ""


def _wait_for_ok(hub: HubHarness) -> None:
    hub.pump(lambda: [event.level for event in hub.events("disk.pressure", DiskPressure)][-1:] == ["ok"], what="ok")


def _wait_for_rest(hub: HubHarness, disk: Path) -> None:
    """Until all that the start brings has been written, the ledger and the counts."""
    hub.pump(lambda: bool(_compared(disk)), what="the ledger to be compared")
    hub.pump(lambda: _waits_for_long(hub), what="a long wait")


def _waits_for_long(hub: HubHarness) -> bool:
    lease = hub.leases[-1]
    length_ns = (lease.deadline_mono_ns or 0) - lease.declared_mono_ns
    return lease.operation == "sleep" and length_ns > 3 * NS_PER_S


def _compared(disk: Path) -> list[Any]:
    try:
        database = open_for_reading(disk / LEDGER_NAME)
    except LedgerError:
        return []
    try:
        return database.rows("SELECT value FROM meta WHERE key = 'compared_ms'")
    finally:
        database.close()


@pytest.mark.root
def test_worker_on_a_hung_disk_leaves_its_lease_to_run_out_and_goes_on_when_it_answers(tmp_path: Path) -> None:
    with ext4(tmp_path / "disk", tmp_path / "image") as disk, _hub(tmp_path, disk) as hub:
        hub.start_ready("storage_worker", "storage")
        _wait_for_ok(hub)
        _wait_for_rest(hub, disk)
        with frozen(disk):
            hub.publish("status", status(seq=1))
            hub.pump(lambda: _doing(hub) == "write", what="the lease of the write")
            stuck = hub.leases[-1]
            hub.pump_for(0.3)
            assert hub.leases[-1] == stuck
        hub.pump(lambda: written_seq(disk) == 1, what="the status file")
        hub.pump(lambda: _doing(hub) == "sleep", what="the wait")


@pytest.mark.root
def test_worker_on_a_disk_that_hangs_while_it_deletes_is_under_the_lease_for_that(tmp_path: Path) -> None:
    with ext4(tmp_path / "disk", tmp_path / "image") as disk, _hub(tmp_path, disk) as hub:
        plant_row(disk, "main", newest_ns=_LONG_AGO_NS, count=50, size=100_000)
        hub.start_ready("storage_worker", "storage")
        _wait_for_ok(hub)
        _wait_for_rest(hub, disk)
        with frozen(disk):
            lower = StorageConfig(stop_above_percent=3, clean_above_percent=2, clean_to_percent=1, keep_min_s=0)
            hub.reload("storage", _configuration(disk, lower))
            hub.pump(lambda: _doing(hub) == "prune", what="the lease of the deletion")
            stuck = hub.leases[-1]
            hub.pump_for(0.3)
            assert hub.leases[-1] == stuck
        hub.pump(lambda: len(frames_in(disk)) == 1, what="all to go but the newest")


@pytest.mark.root
def test_worker_on_a_disk_that_hangs_while_the_ledger_is_written_is_under_the_lease_for_that(tmp_path: Path) -> None:
    storage = StorageConfig(keep_min_s=0, ledger_commit_s=1.0)
    with ext4(tmp_path / "disk", tmp_path / "image") as disk, _hub(tmp_path, disk, storage) as hub:
        hub.start_ready("storage_worker", "storage")
        _wait_for_rest(hub, disk)
        missed = FrameMissed(
            camera="main", first_slot_ns=0, last_slot_ns=0, interval_ns=NS_PER_S, count=1, cause="hang"
        )
        with frozen(disk):
            hub.publish("frame.missed", missed)
            hub.pump(lambda: _doing(hub) == "ledger", what="the lease of the ledger")
            stuck = hub.leases[-1]
            hub.pump_for(0.3)
            assert hub.leases[-1] == stuck
        hub.pump(lambda: _doing(hub) == "sleep", what="the wait")
