"""A subscriber of plain pyzmq, as the documentation tells anybody to write one, and a publisher of plain pyzmq.

Owns: receiving with the time of it, and the yardstick for it: the same messages from one PUB socket to one SUB socket.
Does not own: the recorder's tap.
Invariant: nothing of the project is used to receive.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import zmq

HIGH_WATER = 1000
"""As both ends of the tap have it."""

_PUBLISHER = """
import sys, time, msgpack, zmq
endpoint, rate, sample = sys.argv[1], float(sys.argv[2]), bytes.fromhex(sys.argv[3])
event = msgpack.unpackb(sample)
topic = event["topic"].encode()
socket = zmq.Context.instance().socket(zmq.PUB)
socket.sndhwm = 1000
socket.bind(endpoint)
while True:
    if rate:
        period = 1 / rate
        time.sleep(period - time.monotonic() % period)
    event["seq"] += 1
    event["tseq"] += 1
    event["data"]["slot_ns"] += 1_000_000
    event["mono_ns"] = time.monotonic_ns()
    socket.send_multipart([topic, msgpack.packb(event)])
"""


class Subscriber:
    """Everything, or one topic, from an endpoint."""

    def __init__(self, endpoint: str, topic: str = "") -> None:
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, HIGH_WATER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.subscribe(topic.encode())
        self._socket.connect(endpoint)

    def hear(self, seconds: float, most: int | None = None) -> list[tuple[int, bytes]]:
        """(monotonic ns of the arrival, the event's map) of so long, or of so many. Blocks."""
        heard: list[tuple[int, bytes]] = []
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0 and (most is None or len(heard) < most):
            if self._socket.poll(int(left_s * 1000) + 1):
                frames = self._socket.recv_multipart()
                heard.append((time.monotonic_ns(), frames[1]))
        return heard

    def close(self) -> None:
        """Leave."""
        self._socket.close()


@contextlib.contextmanager
def plain_publisher(directory: Path, rate: float, sample: bytes) -> Iterator[str]:
    """A process that publishes copies of the event `sample`, each numbered and stamped anew; the endpoint."""
    endpoint = f"ipc://{directory}/plain.sock"
    process = subprocess.Popen([sys.executable, "-c", _PUBLISHER, endpoint, str(rate), sample.hex()])
    try:
        yield endpoint
    finally:
        process.kill()
        process.wait()


def unpacked(heard: list[tuple[int, bytes]]) -> list[tuple[int, dict[str, Any]]]:
    """The same, with the maps read."""
    return [(arrived_ns, msgpack.unpackb(event)) for arrived_ns, event in heard]
