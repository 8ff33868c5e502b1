"""The tap without holes, on real sockets: what is lost on the way is fetched again."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shared.messages import Event
from tests.rig.scripted_supervisor import ScriptedSupervisor
from timelapse import stream as streams
from timelapse.client import Client, find
from timelapse.stream import NOW, Back, Gone, Item, Lost, Since, Stream

PATIENCE_S = 10.0


def started(pid: int) -> dict[str, Any]:
    return {"pid": pid, "version": "x", "config": "/c.yml"}


@pytest.fixture
def client(supervisor: ScriptedSupervisor) -> Iterator[Client]:
    found = find(str(supervisor.runtime_dir))
    yield found
    found.close()


def pids(items: list[Item]) -> list[int]:
    return [item.data["pid"] for item in items if isinstance(item, Event)]


def gather(stream: Stream, most: int) -> list[Item]:
    """Items until there are `most`, or for `PATIENCE_S`."""
    items: list[Item] = []
    until_s = time.monotonic() + PATIENCE_S
    while len(items) < most and time.monotonic() < until_s:
        items += stream.arrived(0.1)
    return items


@pytest.mark.parametrize("prefixes", [("",), ("supervisor.started",)])
def test_stream_event_right_after_it_was_made_is_not_missed(
    supervisor: ScriptedSupervisor, client: Client, prefixes: tuple[str, ...]
) -> None:
    supervisor.publish("supervisor.started", started(1))
    stream = Stream(client, prefixes, NOW)
    supervisor.publish("supervisor.started", started(2))
    supervisor.publish("supervisor.started", started(3))
    assert pids(gather(stream, 2)) == [2, 3]
    stream.close()


@pytest.mark.parametrize("prefixes", [("",), ("supervisor.st", "frame.")])
def test_stream_hole_and_lost_tail_are_filled_in_order(
    supervisor: ScriptedSupervisor, client: Client, prefixes: tuple[str, ...]
) -> None:
    stream = Stream(client, prefixes, NOW)
    supervisor.publish("supervisor.started", started(1))
    assert pids(gather(stream, 1)) == [1]
    for pid, lost in ((2, True), (3, True), (4, False), (5, True)):
        supervisor.publish("supervisor.started", started(pid), lost=lost)
    # 2 and 3 show when 4 arrives; 5, the tail, shows by the next tick.
    assert pids(gather(stream, 4)) == [2, 3, 4, 5]
    supervisor.publish("supervisor.started", started(6))
    assert pids(gather(stream, 1)) == [6]
    stream.close()


@pytest.mark.parametrize("prefixes", [("",), ("supervisor.",)])
def test_stream_since_a_number_goes_on_without_gap_or_repetition(
    supervisor: ScriptedSupervisor, client: Client, prefixes: tuple[str, ...]
) -> None:
    for pid in range(1, 4):
        supervisor.publish("supervisor.started", started(pid))
    stream = Stream(client, prefixes, Since(seq=1))
    supervisor.publish("supervisor.started", started(4))
    kept = list(stream.kept())
    supervisor.publish("supervisor.started", started(5))
    assert pids([*kept, *gather(stream, 1)]) == [2, 3, 4, 5]
    stream.close()


def test_stream_since_a_moment_leaves_out_what_was_before(supervisor: ScriptedSupervisor, client: Client) -> None:
    supervisor.publish("supervisor.started", started(1))
    moment_ns = time.monotonic_ns()
    supervisor.publish("supervisor.started", started(2))
    stream = Stream(client, ("",), Since(mono_ns=moment_ns))
    assert pids(list(stream.kept())) == [2]
    stream.close()


def test_stream_since_a_number_of_an_earlier_supervisor_begins_at_the_first(
    supervisor: ScriptedSupervisor, client: Client
) -> None:
    supervisor.publish("supervisor.started", started(1))
    stream = Stream(client, ("",), Since(seq=4711))
    assert stream.unknown_seq == 1
    assert pids(list(stream.kept())) == [1]
    stream.close()


def test_stream_more_lost_than_is_kept_says_how_many(supervisor: ScriptedSupervisor, client: Client) -> None:
    stream = Stream(client, ("",), NOW)
    supervisor.publish("supervisor.stopping", {"reason": "x"}, times=10_007, lost=True)
    items = gather(stream, 10_001)
    assert items[0] == Lost(count=7, first_seq=1, last_seq=7)
    assert [item.seq for item in items[1:] if isinstance(item, Event)] == list(range(8, 10_008))
    stream.close()


def test_stream_supervisor_started_anew_says_so_and_misses_nothing(
    supervisor: ScriptedSupervisor, client: Client
) -> None:
    stream = Stream(client, ("supervisor.",), NOW)
    supervisor.publish("supervisor.started", started(1))
    assert pids(gather(stream, 1)) == [1]
    supervisor.start_anew()
    supervisor.publish("supervisor.started", started(2))
    back, *events = gather(stream, 2)
    assert isinstance(back, Back)
    assert back.restarted
    assert pids(events) == [2]
    stream.close()


@pytest.mark.parametrize("prefixes", [("",), ("supervisor.",)])
def test_stream_hears_what_the_supervisor_that_was_killed_said_last(
    supervisor: ScriptedSupervisor, client: Client, prefixes: tuple[str, ...]
) -> None:
    """Noted, and perhaps sent, but never heard: the next one tells it, and what was heard is not told again."""
    stream = Stream(client, prefixes, NOW)
    supervisor.publish("supervisor.started", started(1))
    assert pids(gather(stream, 1)) == [1]
    supervisor.publish("supervisor.started", started(2), lost=True)
    supervisor.start_anew()
    supervisor.publish("supervisor.started", started(3))
    last, back, new = gather(stream, 3)
    assert isinstance(back, Back)
    assert pids([last, new]) == [2, 3]
    stream.close()


def test_stream_supervisor_that_pauses_is_gone_then_back(
    supervisor: ScriptedSupervisor, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_SILENCE_S", 0.5)
    monkeypatch.setattr(streams, "_PING_S", 0.2)
    stream = Stream(client, ("",), NOW)
    supervisor.publish("supervisor.started", started(1))
    assert pids(gather(stream, 1)) == [1]
    supervisor.pause()
    assert gather(stream, 1) == [Gone()]
    supervisor.process.send_signal(signal.SIGCONT)
    (back,) = gather(stream, 1)
    assert isinstance(back, Back)
    assert not back.restarted
    stream.close()


def test_stream_ticks_come_only_where_they_are_asked_for(client: Client) -> None:
    stream = Stream(client, ("bus",), NOW)
    items = gather(stream, 2)
    assert [item.topic for item in items if isinstance(item, Event)][:2] == ["bus.tick", "bus.tick"]
    stream.close()
