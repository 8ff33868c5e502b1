"""The bus: its numbers, its memory and its ticks, over the real sockets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared import wire
from shared.errors import WireError
from shared.events import OperationFinished, StoragePruned, SupervisorStarted
from shared.messages import Event
from shared.transport import Hub, Poller, Tap
from supervisor.bus import RING_EVENTS, TICK, Bus
from tests.rig import status_values
from tests.rig.manual_clock import ManualClock

PATIENCE_NS = 10_000_000_000


@pytest.fixture(name="hub")
def _hub(tmp_path: Path) -> Iterator[Hub]:
    hub = Hub(tmp_path)
    yield hub
    hub.close()


@pytest.fixture(name="tap")
def _tap(hub: Hub, tmp_path: Path) -> Iterator[Tap]:
    """A subscriber to everything, whose subscription has arrived."""
    tap = Tap(tmp_path)
    _await_subscription(hub)
    yield tap
    tap.close()


def _await_subscription(hub: Hub) -> None:
    poller = Poller()
    poller.add(hub.events)
    assert poller.wait(PATIENCE_NS)
    hub.drain_subscriptions(10)


def _receive(tap: Tap, count: int) -> list[Event]:
    events: list[Event] = []
    while len(events) < count:
        assert tap.wait(10)
        events += tap.arrived()
    return events


def _finished(number: int) -> OperationFinished:
    return OperationFinished(operation=f"{number}", ok=True)


def _replayed(bus: Bus, after_seq: int = 0, limit: int = 100_000) -> list[Event]:
    answer = bus.replay(after_seq, limit)
    return [wire.check(event, Event) for event in answer["events"]]


def _caught_up(bus: Bus) -> list[Event]:
    """All that is kept, page by page, as a late subscriber asks for it."""
    events: list[Event] = []
    while page := _replayed(bus, after_seq=events[-1].seq if events else 0):
        events += page
    return events


def test_event_goes_out_numbered_dated_and_named(hub: Hub, tap: Tap) -> None:
    clock = ManualClock(wall_ns=2_000, mono_ns=1_000)
    bus = Bus(hub, clock, boot="b")
    bus.publish("supervisor.started", SupervisorStarted(pid=7, version="1", config="x.yml"))
    bus.forward("operation.finished", "storage", {"operation": "a", "ok": True}, wall_ns=5, mono_ns=6)
    first, second = _receive(tap, 2)
    assert msgspec.to_builtins(first) == {
        "v": 1,
        "topic": "supervisor.started",
        "source": "supervisor",
        "boot": "b",
        "seq": 1,
        "tseq": 1,
        "wall_ns": 2_000,
        "mono_ns": 1_000,
        "data": {"pid": 7, "version": "1", "config": "x.yml", "gaps": {}},
    }
    assert (second.source, second.seq, second.tseq, second.wall_ns, second.mono_ns) == ("storage", 2, 1, 5, 6)


def test_numbers_have_no_hole_neither_in_all_nor_in_a_topic(hub: Hub, tap: Tap) -> None:
    bus = Bus(hub, ManualClock())
    for number in range(60):
        if number % 3 == 0:
            bus.publish("storage.pruned", StoragePruned(count=1, bytes=1, oldest="", newest="", rule=""))
        else:
            bus.publish("operation.finished", _finished(number))
        if number % 7 == 0:
            bus.tick()
    events = [event for event in _receive(tap, 60 + 9) if event.topic != TICK]
    assert [event.seq for event in events] == list(range(1, 61))
    for topic, count in {"storage.pruned": 20, "operation.finished": 40}.items():
        assert [event.tseq for event in events if event.topic == topic] == list(range(1, count + 1))
    assert {event.boot for event in events} == {bus.boot}
    assert _replayed(bus) == events


def test_tick_tells_the_last_numbers_and_is_not_counted_or_kept(hub: Hub, tap: Tap) -> None:
    bus = Bus(hub, ManualClock())
    bus.tick()
    for number in range(3):
        bus.publish("operation.finished", _finished(number))
    bus.tick()
    bus.tick()
    ticks = [event for event in _receive(tap, 6) if event.topic == TICK]
    assert [event.data for event in ticks] == [{"seq": 0, "tseq": {}}] + [
        {"seq": 3, "tseq": {"operation.finished": 3}}
    ] * 2
    assert [(event.seq, event.tseq) for event in ticks] == [(0, 0), (3, 0), (3, 0)]
    assert [event.topic for event in _replayed(bus)] == ["operation.finished"] * 3


def test_ring_keeps_exactly_the_last_ten_thousand(hub: Hub) -> None:
    bus = Bus(hub, ManualClock())
    for number in range(1, RING_EVENTS + 6):
        bus.forward("operation.finished", "test", {"operation": f"{number}", "ok": True}, 0, 0)
    answer = bus.replay(0, 1)
    assert (answer["first_seq"], answer["last_seq"]) == (6, 10_005)
    kept = _caught_up(bus)
    assert [event.seq for event in kept] == list(range(6, 10_006))
    assert [event.data["operation"] for event in kept] == [f"{seq}" for seq in range(6, 10_006)]


@pytest.mark.parametrize(
    ("after_seq", "limit", "seqs"),
    [
        (0, 3, [1, 2, 3]),
        (3, 3, [4, 5, 6]),
        (8, 3, [9, 10]),
        (10, 3, []),
        (10**15, 3, []),
        (-7, 2, [1, 2]),
        (0, 0, []),
        (0, -1, []),
    ],
)
def test_replay_pages_from_where_it_is_asked(hub: Hub, after_seq: int, limit: int, seqs: list[int]) -> None:
    bus = Bus(hub, ManualClock())
    for number in range(10):
        bus.publish("operation.finished", _finished(number))
    answer = bus.replay(after_seq, limit)
    assert [event["seq"] for event in answer["events"]] == seqs
    assert (answer["boot"], answer["first_seq"], answer["last_seq"]) == (bus.boot, 1, 10)


def test_replay_of_an_empty_ring_says_what_comes_next(hub: Hub) -> None:
    bus = Bus(hub, ManualClock())
    assert bus.replay(0, 10) == {"boot": bus.boot, "first_seq": 1, "last_seq": 0, "events": []}


def test_replay_page_is_bounded_in_bytes_and_always_goes_on(hub: Hub) -> None:
    bus = Bus(hub, ManualClock())
    for number in range(20):
        bus.publish("operation.finished", OperationFinished(operation=f"{number}", ok=True, detail="x" * 50_000))
    bus.publish("operation.finished", OperationFinished(operation="20", ok=True, detail="x" * 500_000))
    after_seq, pages = 0, []
    while page := _replayed(bus, after_seq):
        pages.append(len(page))
        after_seq = page[-1].seq
    assert pages == [5, 5, 5, 5, 1]


def test_status_is_kept_compressed_and_replayed_as_it_went_out(hub: Hub, tap: Tap) -> None:
    bus = Bus(hub, ManualClock())
    picture = status_values.status()
    for number in range(1, 51):
        name = ("main", "garden")[number % 2]
        picture = status_values.with_camera(picture, name, frames=number, last_frame_path=os.urandom(8).hex())
        bus.publish("status", picture)
    sent = _receive(tap, 50)
    assert _replayed(bus) == sent
    assert sent[-1].data["cameras"]["main"]["frames"] == 50
    sizes = [len(kept) for kept in bus._ring]
    plain_size = len(wire.pack(sent[0]))
    assert sum(sizes) < 50 * plain_size / 5


def test_two_supervisors_have_two_boots(hub: Hub) -> None:
    assert Bus(hub, ManualClock()).boot != Bus(hub, ManualClock()).boot


@pytest.mark.parametrize(
    ("topic", "data"),
    [("no.such.topic", _finished(1)), ("status", _finished(1)), ("operation.finished", {"operation": 7, "ok": True})],
    ids=["unknown", "of-another", "wrong-type"],
)
def test_event_that_is_none_is_refused_and_takes_no_number(hub: Hub, topic: str, data: Any) -> None:
    bus = Bus(hub, ManualClock())
    with pytest.raises(WireError):
        bus.publish(topic, data)
    bus.publish("operation.finished", _finished(1))
    assert [(event.seq, event.tseq) for event in _replayed(bus)] == [(1, 1)]


def test_subscriber_that_reads_nothing_holds_nobody_up_and_can_catch_up(hub: Hub, tap: Tap, tmp_path: Path) -> None:
    bus = Bus(hub, ManualClock())
    reader = Tap(tmp_path, ("operation.",))
    _await_subscription(hub)
    received: list[Event] = []
    for number in range(6_000):
        bus.publish("operation.finished", OperationFinished(operation=f"{number}", ok=True, detail="x" * 500))
        if number % 100 == 99:
            received += _receive(reader, 100)
    reader.close()
    assert [event.seq for event in received] == list(range(1, 6_001))
    late: list[Event] = []
    while tap.wait(0.1):
        late += tap.arrived()
    assert len(late) < 6_000, "it lost some, or this test proves nothing"
    assert _caught_up(bus) == received
