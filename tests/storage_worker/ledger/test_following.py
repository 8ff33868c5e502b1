"""What earlier supervisors told last is heard, whichever of them anybody had listened to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from shared.clock import NS_PER_S
from shared.messages import Event
from shared.transport import Tap
from storage_worker.ledger.following import Following, Position
from tests.rig.scripted_supervisor import ScriptedSupervisor
from tests.rig.status_values import plain, status


def missed(slot: int) -> dict[str, Any]:
    slot_ns = slot * NS_PER_S
    slots = {"first_slot_ns": slot_ns, "last_slot_ns": slot_ns, "interval_ns": NS_PER_S, "count": 1}
    return {"camera": "main", "cause": "down", **slots}


def heard(runtime_dir: Path, known: Position | None, count: int) -> tuple[list[Event], Position | None]:
    """The events about slots until there are so many, and the position behind them."""
    following, tap = Following(runtime_dir, known), Tap(runtime_dir)
    found: list[Event] = []
    until_s = time.monotonic() + 20
    try:
        while len(found) < count or following.position == known:
            assert time.monotonic() < until_s, f"heard only {found}"
            tap.wait(0.05)
            found += [event for event in tap.arrived() if following.is_news(event)]
            found += following.catch_up(time.monotonic_ns())
        return found, following.position
    finally:
        following.close()
        tap.close()


def test_misses_of_a_supervisor_that_nobody_had_heard_are_replayed_with_those_before_and_after(tmp_path: Path) -> None:
    with ScriptedSupervisor(tmp_path, plain(status())) as supervisor:
        supervisor.publish("frame.missed", missed(1))
        first, known = heard(tmp_path, None, 1)
        supervisor.publish("frame.missed", missed(2))
        supervisor.start_anew()
        supervisor.publish("frame.missed", missed(3))
        supervisor.start_anew()
        supervisor.publish("frame.missed", missed(4))
        found, position = heard(tmp_path, known, 3)
    assert [event.data["first_slot_ns"] // NS_PER_S for event in first] == [1]
    assert sorted(event.data["first_slot_ns"] // NS_PER_S for event in found) == [2, 3, 4]
    assert len({event.boot for event in found}) == 3
    assert position is not None
    assert position[0] == next(event.boot for event in found if event.data == missed(4))


def test_misses_of_earlier_supervisors_are_replayed_where_nothing_is_known(tmp_path: Path) -> None:
    with ScriptedSupervisor(tmp_path, plain(status())) as supervisor:
        supervisor.publish("frame.missed", missed(1))
        supervisor.start_anew()
        found, _ = heard(tmp_path, None, 1)
    assert [event.data["first_slot_ns"] // NS_PER_S for event in found] == [1]
