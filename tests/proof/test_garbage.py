"""Garbage on every socket: nothing crashes, it is counted, and the log says so once a minute rather than each time."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

import msgpack
import zmq

from shared.messages import Request
from tests.rig.figures import say
from tests.rig.recorder import Recorder

CONFIG = """
cameras:
  main: {source: test, resolution: 320x240, interval: 200ms}
"""
MESSAGES_A_TIME = 25_000
SOCKETS = {"workers.sock": zmq.DEALER, "leases.sock": zmq.PUSH, "control.sock": zmq.DEALER, "events.sock": zmq.XSUB}
VALID = [
    {"type": "hello", "worker": "capture.main", "incarnation": 1, "pid": 1},
    {"type": "ready", "worker": "storage", "incarnation": 1, "pid": 1},
    {"type": "published", "worker": "capture.main", "incarnation": 1, "pid": 1, "topic": "frame.written"}
    | {"wall_ns": 1, "mono_ns": 1, "data": {"camera": "main", "slot_ns": 1}},
    {"type": "lease", "worker": "capture.main", "incarnation": 1, "pid": 1, "operation": "grab"}
    | {"declared_mono_ns": 1, "deadline_mono_ns": 2},
    {"v": 1, "id": "x", "verb": "replay", "after_seq": -5, "limit": 10**9},
    {"v": 99, "id": "y", "verb": "status"},
    {"v": 1, "id": "z", "verb": "kill", "worker": "../../etc"},
]


def test_garbage_on_every_socket_is_counted_and_nothing_crashes(tmp_path: Path, times: int) -> None:
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        before = {worker: recorder.pid_of(worker) for worker in ("capture.main", "storage")}
        seed = random.randrange(2**32)
        say("garbage's seed", seed)
        for name, kind in SOCKETS.items():
            _pour(recorder, name, kind, random.Random(seed), MESSAGES_A_TIME * times)
        _pour_raw_bytes(recorder)
        status = recorder.ask(Request(id=os.urandom(8).hex(), verb="status")).data
        recorder.wait_for_frame()
        after = {worker: recorder.pid_of(worker) for worker in before}
        recorder.stop()
        said = [line for line in recorder.log_path.read_text().splitlines() if "dropped messages" in line]
    say("counted", status["supervisor"]["dropped_messages"])
    say("log lines about it", len(said))
    assert after == before, "a worker was restarted"
    assert set(status["supervisor"]["dropped_messages"]) == {"workers", "leases", "control", "events"}
    assert 1 <= len(said) <= 3
    assert not [event for event in recorder.log.events if event.topic == "worker.hung"]
    assert max(recorder.slots_told().values()) == 1


def _pour(recorder: Recorder, name: str, kind: int, chance: random.Random, count: int) -> None:
    """Send `count` bad messages, none of which is lost: the socket blocks when its queue is full."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    sender = context.socket(kind)
    sender.connect(f"ipc://{recorder.runtime_dir / name}")
    for _ in range(count):
        frames = [_bad(chance) for _ in range(chance.choice((1, 1, 1, 2, 5)))]
        if kind == zmq.XSUB:
            # A first byte of 0 or 1 would be a real subscription.
            frames = [b"\x02" + frames[0]]
        sender.send_multipart(frames)
        if kind == zmq.DEALER:
            _discard(sender)
    sender.close(linger=20_000)
    context.term()


def _discard(sender: zmq.Socket[bytes]) -> None:
    """Read the answers to what was valid by chance."""
    while sender.poll(0):
        sender.recv_multipart()


def _bad(chance: random.Random) -> bytes:
    """Random bytes, or a valid message with some of its bytes changed, cut off, or made huge."""
    way = chance.randrange(5)
    if way == 0:
        return chance.randbytes(chance.randrange(200))
    packed: bytes = msgpack.packb(chance.choice(VALID))
    if way == 1:
        return packed[: chance.randrange(len(packed))]
    if way == 2 and chance.random() < 0.01:
        return packed + bytes(100_000)
    changed = bytearray(packed)
    for _ in range(chance.randrange(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _pour_raw_bytes(recorder: Recorder) -> None:
    """What is not ZeroMQ at all."""
    for name in SOCKETS:
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(str(recorder.runtime_dir / name))
                raw.sendall(random.randbytes(300))
