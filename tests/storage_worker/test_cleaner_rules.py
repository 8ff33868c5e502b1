"""The cleaner under other rules than "the oldest go": `when_full: stop`, and rules that change while it runs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration, StorageConfig
from shared.disk import DiskUsage
from shared.events import StoragePruned
from storage_worker.cleaner import Cleaner
from tests.rig.hub_harness import ROOT, HubHarness
from tests.rig.manual_clock import ManualClock
from tests.rig.planted_frames import frames_in, plant_row

_NOW_NS = 1_750_000_000 * NS_PER_S
_BLOCK = 4096
_STOP = StorageConfig(keep_min_s=0, when_full="stop")
_DAY_S = 86_400


def _usage(used_percent: float, blocks: int = 100) -> DiskUsage:
    usable = blocks * _BLOCK
    return DiskUsage(used_percent, round(usable * (100 - used_percent) / 100), usable, None)


@pytest.mark.parametrize("used_percent", [86.0, 95.0, 100.0])
def test_full_disk_with_when_full_stop_deletes_nothing_and_says_why(tmp_path: Path, used_percent: float) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=30, size=_BLOCK)
    cleaner = Cleaner(tmp_path, _STOP, ManualClock(_NOW_NS))
    cleaner.consider(_usage(used_percent))
    assert not cleaner.active
    assert frames_in(tmp_path) == set(paths)
    assert cleaner.hindered == "storage.when_full is stop: nothing that is to be kept is deleted for room"
    cleaner.consider(_usage(50))
    assert cleaner.detail == ""


def test_full_disk_with_when_full_stop_still_loses_what_no_rule_keeps(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=30, apart_s=_DAY_S, size=_BLOCK)
    clock = ManualClock(_NOW_NS)
    storage = StorageConfig(keep_min_s=0, when_full="stop", keep={"all": 9.5 * _DAY_S})
    cleaner = Cleaner(tmp_path, storage, clock, synchronised=lambda: True)
    clock.mono += 3601 * NS_PER_S
    cleaner.consider(_usage(95))
    cleaner.work(1 << 62)
    assert frames_in(tmp_path) == set(paths[20:])
    assert [event.rule for event in cleaner.take_pruned()] == ["keep"]
    cleaner.consider(_usage(95))
    assert not cleaner.active
    assert cleaner.hindered.startswith("storage.when_full is stop")


def test_max_size_with_when_full_stop_deletes_nothing_and_says_so(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=30, size=_BLOCK)
    storage = StorageConfig(keep_min_s=0, when_full="stop", max_size_bytes=10 * _BLOCK)
    cleaner = Cleaner(tmp_path, storage, ManualClock(_NOW_NS))
    cleaner.counting.work()
    cleaner.consider(_usage(10))
    assert not cleaner.active
    assert frames_in(tmp_path) == set(paths)
    assert cleaner.detail == "the archive is larger than storage.max_size: storage.when_full is stop"


def test_when_full_changed_to_delete_oldest_cleans_at_once(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=30, size=_BLOCK)
    cleaner = Cleaner(tmp_path, _STOP, ManualClock(_NOW_NS))
    cleaner.consider(_usage(90))
    cleaner.reconfigure(StorageConfig(keep_min_s=0))
    cleaner.consider(_usage(90))
    cleaner.work(1 << 62)
    assert frames_in(tmp_path) == set(paths[10:])


def test_worker_at_a_reload_thins_out_by_the_new_rules_and_no_more(tmp_path: Path) -> None:
    """The hour after the start, in which nothing goes by its age, is vouched for by an operator's order."""
    now_ns = time.time_ns() // NS_PER_S * NS_PER_S
    paths = plant_row(tmp_path / "out", "main", newest_ns=now_ns, count=40, apart_s=_DAY_S)
    first = StorageConfig(keep_min_s=0, keep={"all": 30.5 * _DAY_S}, stop_above_percent=100, clean_above_percent=99)
    with HubHarness(tmp_path / "run", _configuration(tmp_path / "out", first)) as hub:
        hub.start_ready("storage_worker", "storage", env=_with_a_trusted_clock(tmp_path))
        hub.pump(lambda: bool(hub.events("disk.pressure")), what="a look")
        hub.order_prune("storage", "one")
        hub.pump(lambda: len(hub.prunings) == 1, what="the first order's end")
        assert frames_in(tmp_path / "out") == set(paths[-31:])
        second = StorageConfig(keep_min_s=0, keep={"all": 9.5 * _DAY_S}, stop_above_percent=100, clean_above_percent=99)
        hub.reload("storage", _configuration(tmp_path / "out", second))
        hub.pump(lambda: len(frames_in(tmp_path / "out")) == 10, what="the reload's effect")
        assert frames_in(tmp_path / "out") == set(paths[-10:])
        hub.pump(lambda: len(hub.events("storage.pruned")) == 2, what="the account")
        pruned = hub.events("storage.pruned", StoragePruned)
        assert [(event.count, event.rule) for event in pruned] == [(9, "keep"), (21, "keep")]


def _with_a_trusted_clock(tmp_path: Path) -> dict[str, str]:
    """The environment of a worker whose kernel does not tell of its clock: that of the machine under test may."""
    (tmp_path / "sitecustomize.py").write_text("import shared.clock\nshared.clock.is_synchronised = lambda: None\n")
    return {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}


def _configuration(output_dir: Path, storage: StorageConfig) -> Configuration:
    cameras = {"main": CameraConfig("main")}
    return Configuration(path="timelapse.yml", output_dir=str(output_dir), cameras=cameras, storage=storage)
