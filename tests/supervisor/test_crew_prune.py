"""An order to prune: whom it goes to, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.errors import BusyError, UsageError
from shared.events import OperationFinished
from shared.messages import Prune, Pruned
from supervisor.states import Happening
from tests.rig.ship import Ship, ship_in


@pytest.fixture(name="ship")
def _ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ship]:
    with ship_in(tmp_path, monkeypatch) as ship:
        ship.sail("main")
        yield ship


def _answer(ship: Ship, operation: str) -> None:
    """The worker says that it is done."""
    ship.crew.pruned(
        Pruned(worker="storage", incarnation=1, pid=1, operation=operation, ok=True, frames=5, bytes=70, detail="d")
    )


def _finished(ship: Ship) -> list[OperationFinished]:
    return [data for _, data in ship.told if isinstance(data, OperationFinished)]


@pytest.mark.parametrize("worker", ["", "storage"])
def test_prune_goes_to_storage_and_ends_with_its_answer(ship: Ship, worker: str) -> None:
    ship.crew.workers["storage"].route = b"the way there"
    ship.crew.happen("storage", Happening.READY)
    route, order = ship.crew.prune(worker)
    assert (route, type(order)) == (b"the way there", Prune)
    assert _finished(ship) == []
    _answer(ship, order.operation)
    ended = OperationFinished(operation=order.operation, ok=True, worker="storage", detail="d", frames=5, bytes=70)
    assert _finished(ship) == [ended]
    _answer(ship, order.operation)
    assert _finished(ship) == [ended], "it ended twice"


def test_prune_that_nobody_ordered_is_told_to_nobody(ship: Ship) -> None:
    _answer(ship, "of an earlier supervisor")
    assert _finished(ship) == []


def test_prune_of_a_camera_is_refused(ship: Ship) -> None:
    with pytest.raises(UsageError, match="deletes no frames; that is done by storage"):
        ship.crew.prune("capture.main")


def test_prune_while_storage_is_not_ready_is_refused(ship: Ship) -> None:
    with pytest.raises(BusyError, match="it is in the state starting"):
        ship.crew.prune("storage")


def test_prune_whose_worker_dies_has_failed(ship: Ship) -> None:
    ship.crew.happen("storage", Happening.READY)
    _, order = ship.crew.prune("")
    ship.crew.order("kill", "storage")
    ship.bury("storage")
    (ended,) = [each for each in _finished(ship) if each.operation == order.operation]
    assert not ended.ok
    _answer(ship, order.operation)
    assert len([each for each in _finished(ship) if each.operation == order.operation]) == 1
