"""What goes over a socket comes back the same, and what should never have come over it is a `WireError`."""

from __future__ import annotations

import inspect
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import messages, wire
from shared.errors import WireError
from shared.events import DATA_TYPES, WORKER_TOPICS, FrameMissed
from shared.messages import (
    Answer,
    Cancel,
    Cancelled,
    Configure,
    Event,
    Hello,
    Lease,
    Order,
    Prune,
    Pruned,
    Published,
    Ready,
    Request,
    Snapped,
    Snapshot,
    WorkerMessage,
)
from tests.rig.struct_values import PLAIN, values_of

_MESSAGES: list[Any] = [
    Hello,
    Ready,
    Published,
    Snapped,
    Pruned,
    Cancelled,
    Configure,
    Snapshot,
    Prune,
    Cancel,
    Lease,
    Event,
    Request,
    Answer,
]
_KINDS: list[Any] = [*_MESSAGES, WorkerMessage, Order]
_HELLO = Hello(worker="capture.main", incarnation=1, pid=2)
_MISSED = FrameMissed(camera="main", first_slot_ns=0, last_slot_ns=10, interval_ns=10, count=2, cause="stale")


def test_list_of_messages_is_complete() -> None:
    declared = {
        kind
        for _, kind in inspect.getmembers(messages, inspect.isclass)
        if issubclass(kind, msgspec.Struct) and kind.__module__ == messages.__name__
    }
    parts = {messages.FromWorker, messages.Problem}
    assert declared - parts == set(_MESSAGES)


@pytest.mark.parametrize("kind", _MESSAGES)
@given(data=st.data())
@settings(max_examples=40)
def test_message_of_any_type_comes_back_the_same(kind: Any, data: st.DataObject) -> None:
    message = data.draw(values_of(kind))
    assert wire.unpack(wire.pack(message), kind) == message


@pytest.mark.parametrize("kind", [Hello, Ready, Published])
@given(data=st.data())
@settings(max_examples=20)
def test_message_of_a_worker_is_told_apart_by_its_tag(kind: Any, data: st.DataObject) -> None:
    message = data.draw(values_of(kind))
    back: object = wire.unpack(wire.pack(message), WorkerMessage)  # type: ignore[arg-type]  # a union is a type to msgspec
    assert back == message
    assert type(back) is kind


@pytest.mark.parametrize("topic", sorted(DATA_TYPES))
@given(data=st.data())
@settings(max_examples=20)
def test_data_of_any_event_comes_back_the_same(topic: str, data: st.DataObject) -> None:
    event = data.draw(values_of(DATA_TYPES[topic]))
    plain = wire.check_event_data(topic, event)
    assert msgpack.unpackb(msgpack.packb(plain)) == plain
    assert wire.check_event_data(topic, plain) == plain
    assert wire.check(plain, DATA_TYPES[topic]) == event


def test_topics_of_workers_are_topics() -> None:
    assert DATA_TYPES.keys() >= WORKER_TOPICS


@pytest.mark.parametrize("kind", _KINDS)
@given(noise=st.binary(max_size=300))
@settings(max_examples=100)
def test_unpack_of_random_bytes_raises_wire_error_alone(kind: Any, noise: bytes) -> None:
    _unpacks_or_raises_wire_error(noise, kind)


@pytest.mark.parametrize("kind", _MESSAGES)
@given(data=st.data())
@settings(max_examples=60)
def test_unpack_of_a_mangled_message_raises_wire_error_alone(kind: Any, data: st.DataObject) -> None:
    packed = bytearray(wire.pack(data.draw(values_of(kind))))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(packed)))
        packed[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    _unpacks_or_raises_wire_error(bytes(packed), kind)


@pytest.mark.parametrize("kind", _MESSAGES)
@given(data=st.data())
@settings(max_examples=60)
def test_unpack_of_wrong_types_raises_wire_error_alone(kind: Any, data: st.DataObject) -> None:
    plain = msgspec.to_builtins(data.draw(values_of(kind)))
    field = data.draw(st.sampled_from(sorted(plain)))
    plain[field] = data.draw(st.one_of(PLAIN, st.integers(1 << 63, (1 << 64) - 1), st.just(float("nan"))))
    _unpacks_or_raises_wire_error(msgpack.packb(plain), kind)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\xc1",  # the one byte that msgpack never uses
        b"\x81" * 2000,  # maps as keys of maps
        b"\x91" * 2000,  # deeper than anybody reads
        b"\x81\x90\x00",  # a list as a key
        b"\x81\x01\x02",  # an integer as a key
        b"\xdd\xff\xff\xff\xff",  # a list of four thousand million items, none of which is there
        b"\xdb\xff\xff\xff\xff",
        b"\xa2\xff\xfe",  # not UTF-8
        b"\xd7\xff" + b"\xff" * 8,  # a timestamp that can't be
        b"\xc7\x01\x05x",
        wire.pack(_HELLO) + b"\xc0",
        wire.pack(_HELLO)[:-1],
        msgpack.packb([1, 2]),
        msgpack.packb(None),
        msgpack.packb({"type": "hello"}),
        msgpack.packb({"type": "goodbye", "worker": "x", "incarnation": 1, "pid": 2}),
        msgpack.packb({"type": "hello", "worker": b"x", "incarnation": 1, "pid": 2}),
        msgpack.packb({"type": "hello", "worker": "x", "incarnation": "1", "pid": 2}),
    ],
)
def test_unpack_of_what_is_no_message_raises_wire_error(packed: bytes) -> None:
    with pytest.raises(WireError):
        wire.unpack(packed, Hello)
    with pytest.raises(WireError):
        wire.unpack(packed, WorkerMessage)  # type: ignore[arg-type]  # a union is a type to msgspec


@pytest.mark.parametrize("kind", _MESSAGES)
@given(data=st.data())
@settings(max_examples=20)
def test_unpack_ignores_fields_that_it_does_not_know(kind: Any, data: st.DataObject) -> None:
    """What a later version has added."""
    message = data.draw(values_of(kind))
    plain = {**msgspec.to_builtins(message), "added_later": data.draw(PLAIN)}
    assert wire.unpack(msgpack.packb(plain), kind) == message


def test_unpack_of_the_largest_message_reads_it_and_of_a_larger_one_does_not() -> None:
    room = messages.MAX_MESSAGE_BYTES - len(wire.pack(_published(b"")))
    # A longer text costs some bytes more to say how long it is.
    fits = wire.pack(_published(b"x" * (room - 4)))
    assert messages.MAX_MESSAGE_BYTES - 4 <= len(fits) <= messages.MAX_MESSAGE_BYTES
    assert wire.unpack(fits, Published)
    with pytest.raises(WireError, match=r"too large: \d+ bytes, at most 65536"):
        wire.unpack(wire.pack(_published(b"x" * (room + 1))), Published)


def test_unpack_map_reads_maps_of_any_size_and_nothing_else() -> None:
    large = {"events": ["x" * 1000] * 200}
    assert wire.unpack_map(msgpack.packb(large)) == large
    others: list[object] = [[], 1, "x", None]
    for other in others:
        with pytest.raises(WireError):
            wire.unpack_map(msgpack.packb(other))


@pytest.mark.parametrize("value", [1 << 64, -(1 << 63) - 1, object(), "\ud800", {"a": {1, object()}}])
def test_pack_of_what_can_not_be_sent_raises_wire_error(value: object) -> None:
    with pytest.raises(WireError):
        wire.pack({"value": value})


def test_check_event_data_of_an_unknown_topic_is_refused() -> None:
    with pytest.raises(WireError, match=r"no such topic: 'x{60}'$"):
        wire.check_event_data("x" * 1000, {})


@pytest.mark.parametrize("data", [None, [], {}, {**msgspec.to_builtins(_MISSED), "cause": "boredom"}, 3])
def test_check_event_data_of_another_shape_is_refused(data: object) -> None:
    with pytest.raises(WireError):
        wire.check_event_data("frame.missed", data)


def test_check_event_data_of_another_events_type_is_refused() -> None:
    with pytest.raises(WireError):
        wire.check_event_data("frame.written", _MISSED)


def test_check_event_data_leaves_out_what_it_does_not_know() -> None:
    plain = msgspec.to_builtins(_MISSED)
    assert wire.check_event_data("frame.missed", {**plain, "password": "hunter2"}) == plain


def _published(text: bytes) -> Published:
    return Published(worker="w", incarnation=1, pid=1, topic="t", wall_ns=0, mono_ns=0, data={"x": text.decode()})


def _unpacks_or_raises_wire_error(packed: bytes, kind: Any) -> None:
    try:
        message = wire.unpack(packed, kind)
    except WireError:
        return
    # What was accepted can be said again: nothing half read goes any further.
    assert isinstance(message, kind)
