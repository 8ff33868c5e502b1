"""An order to prune: whom it goes to, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from shared.config.model import CameraConfig, Configuration
from shared.errors import BusyError, UsageError
from shared.events import OperationFinished
from shared.messages import Prune, Pruned
from supervisor.crew import Crew
from supervisor.memory import Memory
from supervisor.states import Happening
from tests.rig.manual_clock import ManualClock
from tests.rig.small_workers import OBEDIENT, SmallWorkers, wait_for_end


class _Ship:
    """A crew of one camera and storage, which is up; `finished` are the operations that have ended."""

    def __init__(self, directory: Path, workers: SmallWorkers) -> None:
        self.workers = workers
        self.finished: list[OperationFinished] = []
        self.crew = Crew(directory, Memory(directory), ManualClock(), tell=self._tell)
        for package in ("storage_worker", "capture_worker"):
            workers.make(package, OBEDIENT)
        self.crew.configure(Configuration("x.yml", "/frames", {"main": CameraConfig("main")}))
        for _ in self.crew.workers:
            workers.hear()

    def _tell(self, _topic: str, data: Struct) -> None:
        if isinstance(data, OperationFinished):
            self.finished.append(data)

    def bury(self, name: str) -> None:
        """Wait for the end of a worker's process, and let the crew take note of it."""
        process = self.crew.workers[name].process
        if process is not None:
            wait_for_end(process.fd)
            self.crew.reap()

    def answer(self, operation: str) -> None:
        """The worker says that it is done."""
        self.crew.pruned(
            Pruned(worker="storage", incarnation=1, pid=1, operation=operation, ok=True, frames=5, bytes=70, detail="d")
        )


@pytest.fixture(name="ship")
def _ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Ship]:
    workers = SmallWorkers(tmp_path, monkeypatch)
    ship = _Ship(tmp_path, workers)
    yield ship
    ship.crew.slay_all()
    for name, worker in list(ship.crew.workers.items()):
        if worker.alive:
            ship.bury(name)
    workers.close()


@pytest.mark.parametrize("worker", ["", "storage"])
def test_prune_goes_to_storage_and_ends_with_its_answer(ship: _Ship, worker: str) -> None:
    ship.crew.workers["storage"].route = b"the way there"
    ship.crew.happen("storage", Happening.READY)
    route, order = ship.crew.prune(worker)
    assert (route, type(order)) == (b"the way there", Prune)
    assert ship.finished == []
    ship.answer(order.operation)
    ended = OperationFinished(operation=order.operation, ok=True, worker="storage", detail="d", frames=5, bytes=70)
    assert ship.finished == [ended]
    ship.answer(order.operation)
    assert ship.finished == [ended], "it ended twice"


def test_prune_that_nobody_ordered_is_told_to_nobody(ship: _Ship) -> None:
    ship.answer("of an earlier supervisor")
    assert ship.finished == []


def test_prune_of_a_camera_is_refused(ship: _Ship) -> None:
    with pytest.raises(UsageError, match="deletes no frames; that is done by storage"):
        ship.crew.prune("capture.main")


def test_prune_while_storage_is_not_ready_is_refused(ship: _Ship) -> None:
    with pytest.raises(BusyError, match="it is in the state starting"):
        ship.crew.prune("storage")


def test_prune_whose_worker_dies_has_failed(ship: _Ship) -> None:
    ship.crew.happen("storage", Happening.READY)
    _, order = ship.crew.prune("")
    ship.crew.order("kill", "storage")
    ship.bury("storage")
    (ended,) = [each for each in ship.finished if each.operation == order.operation]
    assert not ended.ok
    ship.answer(order.operation)
    assert len([each for each in ship.finished if each.operation == order.operation]) == 1
