"""Disks whose return is noticed, and when. Real mounts, the clock moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.causes import WorkerCause
from supervisor import mounts
from supervisor.disks import LOOK_EVERY_NS, Disks
from supervisor.leases import LeaseBook
from supervisor.states import State
from supervisor.supervised import Supervised
from tests.rig import small_disk
from tests.rig.manual_clock import ManualClock


class _Bench:
    """A worker, `storage`, whose frames go to a mount point that can be filled, and what looks for the disk."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.clock = ManualClock()
        self.looking = Disks()
        self.mounted = ExitStack()
        self.workers: dict[str, Supervised] = {}
        self.worker = self.add("storage")
        self.back: set[str] = set()

    def add(self, name: str) -> Supervised:
        """One that runs, and writes there too."""
        self.workers[name] = Supervised(
            name,
            "storage_worker",
            Path("/nowhere"),
            clock=self.clock,
            leases=LeaseBook({}),
            announce=lambda _topic, _data: None,
        )
        self.looking.back(self.workers, str(self.place), self.clock.mono_ns())
        return self.workers[name]

    def mount(self) -> None:
        self.mounted.enter_context(small_disk.tmpfs(self.place))

    def look(self) -> bool:
        """A turn of the loop when it is due; whether the disk is back."""
        due_ns = self.looking.next_due_ns()
        if due_ns is not None:
            self.clock.advance(max(0, due_ns - self.clock.mono_ns()) / 1e9)
        self.back = self.looking.back(self.workers, str(self.place), self.clock.mono_ns())
        return "storage" in self.back

    def start(self) -> bool:
        self.worker.incarnation += 1
        return self._enter(State.STARTING)

    def fail(self, cause: WorkerCause = "disk") -> bool:
        self.worker.last_cause = cause
        return self._enter(State.BACKOFF)

    def _enter(self, state: State) -> bool:
        self.worker.record = replace(self.worker.record, state=state)
        return self.look()


@pytest.fixture(name="bench")
def _bench(tmp_path: Path) -> Iterator[_Bench]:
    bench = _Bench(tmp_path / "frames")
    with bench.mounted:
        yield bench


@pytest.mark.parametrize("cause", ["disk", "hang", "crash"])
def test_disk_that_is_mounted_while_its_worker_waits_is_told_until_it_is_started(
    bench: _Bench, cause: WorkerCause
) -> None:
    assert not bench.start()
    assert not bench.fail(cause)
    assert not bench.look()
    bench.mount()
    assert bench.look()
    assert bench.look()
    assert not bench.start()
    assert not bench.fail(cause), "it was there when this one was started"


def test_disk_that_is_mounted_while_its_worker_fails_is_told_at_once(bench: _Bench) -> None:
    bench.start()
    bench.mount()
    assert bench.fail()


def test_worker_that_is_started_at_a_return_and_fails_before_the_next_turn_is_not_told_of_it_again(
    bench: _Bench,
) -> None:
    bench.start()
    bench.fail()
    bench.mount()
    assert bench.look()
    bench.worker.incarnation += 1
    assert not bench.fail()


def test_list_that_cannot_be_read_for_once_makes_nothing_new(bench: _Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.mount()
    bench.start()
    with monkeypatch.context() as broken:
        broken.setattr(mounts, "_LIST", bench.place / "none")
        assert not bench.fail()
        bench.worker.incarnation += 1
        assert not bench.fail()
    assert not bench.look()
    bench.mounted.close()
    assert not bench.look()
    bench.mount()
    assert bench.look()


def test_disk_that_may_be_written_to_again_is_told(bench: _Bench) -> None:
    bench.mount()
    bench.start()
    small_disk.remount(bench.place, "ro")
    assert not bench.fail()
    small_disk.remount(bench.place, "rw")
    assert bench.look()


def test_disk_that_is_there_and_fails_is_not_told_and_neither_is_one_that_goes(bench: _Bench) -> None:
    bench.mount()
    bench.start()
    assert not bench.fail()
    bench.mounted.close()
    assert not bench.look()


def test_disk_that_goes_and_comes_while_only_another_worker_has_noticed_is_told_to_both(bench: _Bench) -> None:
    """A mount may get the number of one that has gone."""
    bench.mount()
    bench.start()
    late = bench.add("capture.main")
    assert not bench.fail()
    bench.mounted.close()
    assert not bench.look()
    bench.mount()
    late.last_cause, late.record = "disk", replace(late.record, state=State.BACKOFF)
    bench.look()
    assert bench.back == {"storage", "capture.main"}


@pytest.mark.parametrize("cause", ["camera", "configuration", "operator"])
def test_disk_is_not_looked_for_after_an_end_that_it_did_not_cause(bench: _Bench, cause: WorkerCause) -> None:
    bench.start()
    bench.fail(cause)
    bench.mount()
    assert not bench.look()
    assert bench.looking.next_due_ns() is None


def test_looking_is_due_each_second_and_only_while_somebody_waits(bench: _Bench) -> None:
    bench.start()
    assert bench.looking.next_due_ns() is None
    bench.fail()
    assert bench.looking.next_due_ns() == bench.clock.mono_ns() + LOOK_EVERY_NS
    bench.start()
    assert bench.looking.next_due_ns() is None
