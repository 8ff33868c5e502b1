"""An order to give up a render: whom it goes to, how it ends; and the worker that comes and goes with its section."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.errors import BusyError, UsageError
from shared.events import OperationFinished
from shared.messages import Cancel, Cancelled
from supervisor.states import Happening, State
from tests.rig.ship import Ship, ship_in


@pytest.fixture(name="ship")
def _ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ship]:
    with ship_in(tmp_path, monkeypatch) as ship:
        ship.sail("main", daily_minute=30)
        yield ship


def _finished(ship: Ship) -> list[OperationFinished]:
    return [data for _, data in ship.told if isinstance(data, OperationFinished)]


@pytest.mark.parametrize("worker", ["", "render"])
@pytest.mark.parametrize("ok", [True, False])
def test_cancel_goes_to_render_and_ends_with_its_answer(ship: Ship, worker: str, ok: bool) -> None:
    ship.crew.workers["render"].route = b"the way there"
    ship.crew.happen("render", Happening.READY)
    route, order = ship.crew.cancel(worker)
    assert (route, type(order)) == (b"the way there", Cancel)
    answer = Cancelled(worker="render", incarnation=1, pid=1, operation=order.operation, ok=ok, detail="d")
    ship.crew.cancelled(answer)
    ship.crew.cancelled(answer)
    assert _finished(ship) == [OperationFinished(operation=order.operation, ok=ok, worker="render", detail="d")]


def test_cancel_of_what_does_not_render_is_refused(ship: Ship) -> None:
    with pytest.raises(UsageError, match=r"capture\.main renders nothing; that is done by render"):
        ship.crew.cancel("capture.main")


def test_cancel_before_the_worker_is_ready_is_refused(ship: Ship) -> None:
    with pytest.raises(BusyError, match="render renders nothing at present: it is in the state starting"):
        ship.crew.cancel("")


def test_cancel_where_nothing_is_rendered_by_itself_says_so(ship: Ship) -> None:
    ship.sail("main")
    with pytest.raises(UsageError, match=r"render\.daily is off"):
        ship.crew.cancel("")


def test_worker_comes_and_goes_with_its_section_and_others_stay(ship: Ship) -> None:
    pids = {name: ship.pid(name) for name in ("storage", "capture.main")}
    ship.sail("main")
    ship.bury("render")
    assert "render" not in ship.crew.workers
    ship.sail("main", daily_minute=0)
    assert ship.one("render").record.state is State.STARTING
    assert {name: ship.pid(name) for name in pids} == pids


def test_worker_that_an_operator_stopped_stays_so(ship: Ship) -> None:
    ship.crew.order("stop", "render")
    ship.bury("render")
    assert ship.memory.stopped() == {"render"}
    ship.sail("main")
    ship.sail("main", daily_minute=0)
    assert ship.one("render").record.state is State.STOPPED
