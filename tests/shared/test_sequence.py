"""Which events are new: whatever the tap loses, each kept one is given out exactly once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.messages import Event
from shared.sequence import Sequence

TOPICS = ("frame.written", "frame.missed", "worker.ready", "status")


def event(topic: str, seq: int, tseq: int) -> Event:
    return Event(v=1, topic=topic, source="s", boot="b", seq=seq, tseq=tseq, wall_ns=0, mono_ns=0, data={})


def history(topics: list[str]) -> list[Event]:
    counts: dict[str, int] = {}
    events = []
    for index, topic in enumerate(topics):
        counts[topic] = counts.get(topic, 0) + 1
        events.append(event(topic, index + 1, counts[topic]))
    return events


class Listener:
    """What `timelapse.stream` does with a sequence, without sockets: the ring holds all there has been."""

    def __init__(self, prefixes: tuple[str, ...], whole_seq: int) -> None:
        self.sequence = Sequence("b", prefixes, whole_seq)
        self.ring: list[Event] = []
        self.got: list[Event] = []
        self.fills = 0

    def hear(self, heard: Event) -> None:
        """It comes by the tap."""
        if not self.sequence.wants(heard.topic):
            return
        if self.sequence.is_next(heard):
            self.got.append(heard)
        elif not self.sequence.is_old(heard):
            self.fill()

    def tick(self) -> None:
        """The bus says how far it has come."""
        tseq = {heard.topic: heard.tseq for heard in self.ring}
        tick = {"seq": len(self.ring), "tseq": tseq}
        if not self.sequence.is_whole(tick):
            self.fill()
            assert self.sequence.is_whole(tick)

    def fill(self) -> None:
        """Ask for what was missed."""
        self.fills += 1
        fresh, lost = self.sequence.take_replayed(heard for heard in self.ring if heard.seq > self.sequence.whole_seq)
        assert lost == 0
        self.got += fresh
        self.sequence.move_to(len(self.ring))


@given(
    topics=st.lists(st.sampled_from(TOPICS), max_size=40),
    arrives=st.lists(st.sampled_from(["yes", "lost", "twice", "tick"]), min_size=40, max_size=40),
    prefixes=st.sampled_from([("",), ("frame.",), ("frame.written", "worker"), ("status",)]),
    since=st.integers(0, 40),
)
def test_sequence_any_losses_every_chosen_event_comes_exactly_once(
    topics: list[str], arrives: list[str], prefixes: tuple[str, ...], since: int
) -> None:
    listener = Listener(prefixes, min(since, len(topics)))
    for heard, fate in zip(history(topics), arrives, strict=False):
        listener.ring.append(heard)
        if fate == "tick":
            listener.tick()
        elif fate != "lost" and heard.seq > since:
            for _ in range(2 if fate == "twice" else 1):
                listener.hear(heard)
    listener.tick()
    wanted = [heard for heard in history(topics) if heard.seq > since and listener.sequence.wants(heard.topic)]
    assert sorted(heard.seq for heard in listener.got) == [heard.seq for heard in wanted]
    if "" in prefixes:
        assert listener.got == wanted


def test_sequence_ticks_without_news_ask_for_nothing() -> None:
    listener = Listener(("frame.",), 0)
    listener.ring = history(["status", "frame.written", "status"])
    for _ in range(3):
        listener.tick()
    listener.ring = history(["status", "frame.written", "status", "status"])
    listener.tick()
    assert listener.fills == 1


def test_sequence_what_is_kept_no_longer_is_counted() -> None:
    everything = Sequence("b", ("",), 10)
    fresh, lost = everything.take_replayed([event("status", 14, 5), event("status", 15, 6)])
    assert ([heard.seq for heard in fresh], lost) == ([14, 15], 3)
    chosen = Sequence("b", ("frame.",), 10)
    chosen.take_replayed([event("frame.written", 11, 4)])
    fresh, lost = chosen.take_replayed([event("frame.written", 30, 9)])
    assert ([heard.seq for heard in fresh], lost) == ([30], 4)
