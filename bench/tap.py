"""How fast an event gets from a worker to a subscriber, and how many a second the supervisor's hub carries.

    .venv/bin/python bench/tap.py [--events 5000] [--rate 100] [--flood-seconds 5]

A real supervisor with its real storage worker, in processes of their own, and one worker that only talks: by
frame.written, the event with the most behind it. The subscriber is plain pyzmq, in this process. Latency is from the
worker's `mono_ns`, taken before the event is checked and packed, until the subscriber has its bytes; the machine is
otherwise idle. Then the worker sends whenever there is room: events a second that reached the subscriber, and how many
were lost on the way.

The yardstick, in the same run: one process that publishes the same event by plain pyzmq, PUB to SUB, without any
supervisor in between. The last lines are ratios to it, which carry over to other machines. Does not judge anything.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.figures import Spread, ratios, spread
from bench.machine import describe, parser, work_directory
from bench.process_tree import name_of, own_cpu_s, tree
from bench.scripted_capture import CAMERA, SLOT_NS, install
from bench.subscriber import Subscriber, plain_publisher, unpacked
from tests.rig.recorder import Recorder

CONFIG = f"""
cameras:
  {CAMERA}: {{source: test, interval: 1s}}
"""
TOPIC = "frame.written"
_WARM_UP_S = 3.0


class Flood(NamedTuple):
    """Events a second that arrived, and how many did not: before they were numbered by the supervisor, and after."""

    a_second: float
    lost_before: int
    lost_on_tap: int


@contextlib.contextmanager
def _recorder(given: argparse.Namespace, rate: float) -> Iterator[Recorder]:
    with work_directory(given.directory) as name:
        install(Path(name), rate)
        with Recorder(Path(name), CONFIG, ahead=[Path(name)]) as recorder:
            recorder.wait_for_frame(CAMERA)
            recorder.log.close()  # it would be a second subscriber
            yield recorder


def _latency(endpoint: str, given: argparse.Namespace) -> tuple[Spread, bytes]:
    """In microseconds; and one of the events."""
    subscriber = Subscriber(endpoint, TOPIC)
    subscriber.hear(_WARM_UP_S)
    heard = subscriber.hear(given.events / given.rate * 2 + 10, given.events)
    subscriber.close()
    return spread([(arrived_ns - event["mono_ns"]) / 1000 for arrived_ns, event in unpacked(heard)]), heard[-1][1]


def _flood(endpoint: str, seconds: float, pid: int | None = None) -> Flood:
    subscriber = Subscriber(endpoint)
    subscriber.hear(_WARM_UP_S / 3)
    pids = tree(pid) if pid else []
    before_s = {each: own_cpu_s(each) for each in pids}
    begun_s = time.monotonic()
    events = [event for _, event in unpacked(subscriber.hear(seconds)) if event["topic"] == TOPIC]
    took_s = time.monotonic() - begun_s
    subscriber.close()
    for each in pids:
        print(f"  {name_of(each):14} CPU {(own_cpu_s(each) - before_s[each]) / took_s * 100:5.1f} % of a core")
    on_tap = events[-1]["tseq"] - events[0]["tseq"] + 1 - len(events)
    said = (events[-1]["data"]["slot_ns"] - events[0]["data"]["slot_ns"]) // SLOT_NS + 1
    return Flood(len(events) / seconds, said - on_tap - len(events), on_tap)


def _tap(recorder: Recorder) -> str:
    return f"ipc://{recorder.runtime_dir}/events.sock"


def _arguments() -> argparse.Namespace:
    made = parser(__doc__)
    made.add_argument("--events", type=int, default=5000, help="for the latency")
    made.add_argument("--rate", type=float, default=100.0, help="events a second for the latency")
    made.add_argument("--flood-seconds", type=float, default=5.0)
    return made.parse_args()


def main() -> None:
    """Measure both, each beside its yardstick."""
    given = _arguments()
    print(f"{describe(given.directory)}\n{given.events} events at {given.rate:g} a second\n")
    with _recorder(given, given.rate) as recorder:
        ours, sample = _latency(_tap(recorder), given)
    with work_directory(given.directory) as name:
        with plain_publisher(Path(name), given.rate, sample) as endpoint:
            plain, _ = _latency(endpoint, given)
        print(f"latency, microseconds, {len(sample)} bytes an event")
        print(f"  worker, supervisor, subscriber: {ours}\n  plain PUB and SUB:              {plain}\n")
        print(f"as fast as it goes, {given.flood_seconds:g} s")
        with _recorder(given, 0) as recorder:
            assert recorder.process is not None
            flood = _flood(_tap(recorder), given.flood_seconds, recorder.process.pid)
        with plain_publisher(Path(name), 0, sample) as endpoint:
            yardstick = _flood(endpoint, given.flood_seconds)
    print(
        f"  worker, supervisor, subscriber: {flood.a_second:.0f} events a second; "
        f"lost before the supervisor {flood.lost_before}, on the tap {flood.lost_on_tap}"
    )
    print(f"  plain PUB and SUB:              {yardstick.a_second:.0f} events a second; lost {yardstick.lost_on_tap}\n")
    print(f"tap / plain pyzmq, latency: {ratios(ours, plain)}")
    print(f"tap / plain pyzmq, events a second: {flood.a_second / yardstick.a_second:.2f}")


if __name__ == "__main__":
    main()
