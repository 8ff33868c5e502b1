"""An independent subscriber to the event stream: written from docs/events.md alone, without the recorder's code.

It follows the tap, notices what it lost (gaps, lost tails, a new boot), fills it by `replay`, and accounts for it.

Unfiltered, one row of numbers is watched: `seq`. Filtered, one row for each topic: its `tseq`. `Ledger` treats both
alike: a row is a name ("" for `seq`, else the topic) whose numbers must rise by one.
"""

import argparse
import contextlib
import json
import signal
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgpack
import zmq

Event = dict[str, Any]
TICK = "bus.tick"
RECEIVE_HIGH_WATER = 5  # very small, so that a stall soon loses events
ANSWER_MS = 2000
ATTEMPTS = 3
PAGE = 500


class Control:
    """Asks the recorder for past events."""

    def __init__(self, context: zmq.Context[Any], directory: str) -> None:
        self._socket = context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.connect(f"ipc://{directory}/control.sock")

    def replay(self, after_seq: int) -> Event | None:
        """One page of the events after `after_seq`; None without a good answer. Asks again under the same id."""
        request = {"v": 1, "id": uuid.uuid4().hex, "verb": "replay", "after_seq": after_seq, "limit": PAGE}
        for _ in range(ATTEMPTS):
            self._socket.send(msgpack.packb(request))
            while self._socket.poll(ANSWER_MS):
                answer = msgpack.unpackb(self._socket.recv_multipart()[-1])
                if answer["id"] == request["id"]:
                    return answer["data"] if answer["ok"] else None
        return None


@dataclass
class Ledger:
    """The account of one boot. Nothing is judged before the first tick, which alone tells where all topics are."""

    boot: str
    prefixes: tuple[str, ...]
    started: bool = False
    origin: dict[int, str] = field(default_factory=dict)  # by seq: "live" or "replayed"
    topics: Counter[str] = field(default_factory=Counter)
    noticed: Counter[str] = field(default_factory=Counter)  # "gap", "tail"
    got: dict[str, set[int]] = field(default_factory=dict)  # by row
    first: dict[str, int] = field(default_factory=dict)  # by row: the first number to account for, if not 1
    known: dict[str, int] = field(default_factory=dict)  # by row: the highest number got or announced
    settled: dict[str, int] = field(default_factory=dict)  # by row: up to here nothing is left to ask for
    settled_seq: int = 0  # the same for all rows together: a replay begins after it

    def wants(self, topic: str) -> bool:
        """Whether an event of this topic is to be accounted for."""
        return topic != TICK and topic.startswith(self.prefixes)

    def numbers(self, event: Event) -> dict[str, int]:
        """The number by row of an event; the last numbers of a tick."""
        tick = event["topic"] == TICK
        if "" in self.prefixes:
            return {"": event["data"]["seq"] if tick else event["seq"]}
        last = event["data"]["tseq"] if tick else {event["topic"]: event["tseq"]}
        return {topic: tseq for topic, tseq in last.items() if self.wants(topic)}

    def lacks(self, event: Event) -> bool:
        """Whether something before this event, or up to this tick, is lacking."""
        own = 0 if event["topic"] == TICK else 1
        return any(number - own > self.settled.get(row, 0) for row, number in self.numbers(event).items())

    def add(self, event: Event, origin: str) -> None:
        """Enters an event, once."""
        if event["seq"] in self.origin or not self.wants(event["topic"]):
            return
        self.origin[event["seq"]] = origin
        self.topics[event["topic"]] += 1
        for row, number in self.numbers(event).items():
            self.got.setdefault(row, set()).add(number)
            self.known[row] = max(number, self.known.get(row, 0))
            if number == self.settled.get(row, 0) + 1:
                self.settled[row] = number

    def announce(self, tick: Event) -> None:
        """Notes the last numbers that a tick tells."""
        for row, number in self.numbers(tick).items():
            self.known[row] = max(number, self.known.get(row, 0))

    def settle(self, seq: int) -> None:
        """All up to `seq` is here, or gone for good."""
        if not self.started:
            self.first = {row: min(self.got.get(row, {number + 1})) for row, number in self.known.items()}
        self.started = True
        self.settled |= self.known
        self.settled_seq = max(seq, self.settled_seq)

    def missing(self) -> list[Any]:
        """By seq, or filtered as [topic, tseq]: from the first that was got to the last got or announced."""
        holes: list[Any] = []
        for row, known in sorted(self.known.items()):
            lacking = sorted(set(range(self.first.get(row, 1), known + 1)) - self.got.get(row, set()))
            holes += lacking if row == "" else [[row, number] for number in lacking]
        return holes

    def account(self) -> dict[str, Any]:
        """What is printed at the end."""
        origins = Counter(self.origin.values())
        return {
            "boot": self.boot, "events": len(self.origin), "live": origins["live"], "replayed": origins["replayed"],
            "gaps_noticed": self.noticed["gap"], "tails_noticed": self.noticed["tail"],
            "first_seq": min(self.origin, default=0), "last_seq": max(self.origin, default=0),
            "missing": self.missing(), "topics": dict(sorted(self.topics.items())),
        }  # fmt: skip


class Subscriber:
    """Follows the tap, and fills what it lost."""

    def __init__(self, directory: str, prefixes: tuple[str, ...]) -> None:
        context: zmq.Context[Any] = zmq.Context.instance()
        self.tap = context.socket(zmq.SUB)
        self.tap.setsockopt(zmq.RCVHWM, RECEIVE_HIGH_WATER)
        for prefix in {*prefixes, TICK}:
            self.tap.subscribe(prefix.encode())
        self.tap.connect(f"ipc://{directory}/events.sock")
        self.control = Control(context, directory)
        self.ledger = Ledger("", prefixes)
        self._past: set[str] = set()

    def handle(self, event: Event) -> None:
        """Enters an event or a tick; another boot begins another account."""
        if event["boot"] in self._past:
            return
        if event["boot"] != self.ledger.boot:
            self._past.add(self.ledger.boot)
            self.ledger = Ledger(event["boot"], self.ledger.prefixes)
        if event["topic"] == TICK:
            self._tick(event)
        else:
            self._event(event)

    def _tick(self, tick: Event) -> None:
        ledger = self.ledger
        lacks = ledger.lacks(tick)
        ledger.noticed["tail"] += ledger.started and lacks
        ledger.announce(tick)
        if not lacks or self._fill(tick["data"]["seq"]):
            ledger.settle(tick["data"]["seq"])

    def _event(self, event: Event) -> None:
        ledger = self.ledger
        if ledger.started and ledger.lacks(event):
            ledger.noticed["gap"] += 1
            if self._fill(event["seq"] - 1):
                ledger.settle(event["seq"] - 1)
        ledger.add(event, "live")

    def _fill(self, until: int) -> bool:
        """Replays what comes after the settled seq, up to `until`. Whether nothing is left to ask for."""
        after = self.ledger.settled_seq
        while after < until:
            page = self.control.replay(after)
            if page is None or page["boot"] != self.ledger.boot or not page["events"]:
                return False
            for event in page["events"]:
                if event["seq"] <= until:
                    self.ledger.add(event, "replayed")
            after = page["events"][-1]["seq"]
        return True

    def follow(self, stall: tuple[float, float] | None, seconds: float) -> None:
        """Reads the tap for so long; `stall` is when to stop reading, and for how long."""
        begin = time.monotonic()
        while (passed := time.monotonic() - begin) < seconds:
            if stall and passed >= stall[0]:
                time.sleep(stall[1])
                stall = None
            if self.tap.poll(100):
                self.handle(msgpack.unpackb(self.tap.recv_multipart()[1]))


def _stall(text: str) -> tuple[float, float]:
    after, seconds = text.split(":")
    return float(after), float(seconds)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    parser = argparse.ArgumentParser(description="Follow the event stream and account for every event.")
    parser.add_argument("runtime_dir")
    parser.add_argument("--prefix", action="append", help="only topics that begin so; may be repeated")
    parser.add_argument("--stall", type=_stall, metavar="AFTER:SECONDS", help="read nothing for some seconds")
    parser.add_argument("--for", dest="seconds", type=float, default=float("inf"), metavar="SECONDS")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    subscriber = Subscriber(options.runtime_dir, tuple(options.prefix or [""]))
    with contextlib.suppress(KeyboardInterrupt):
        subscriber.follow(options.stall, options.seconds)
    print(json.dumps(subscriber.ledger.account()))


if __name__ == "__main__":
    main()
