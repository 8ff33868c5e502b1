"""The accounts: whatever comes in whatever order, each slot is told once, in order, and soon."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from capture_worker.accounts import TELL_EVERY_NS, Accounts, Told
from capture_worker.grid import SlotRange
from shared.causes import MissCause
from shared.clock import NS_PER_S
from shared.events import FrameMissed, FrameWritten

_INTERVAL_NS = 10 * NS_PER_S
_START_NS = 1_795_422_930 * NS_PER_S


def _frame(slot_ns: int, take: int = 1) -> FrameWritten:
    return FrameWritten(camera="main", slot_ns=slot_ns, take=take, path="p", bytes=1, width=1, height=1)


def _one(slot_ns: int) -> SlotRange:
    return SlotRange(slot_ns, slot_ns, _INTERVAL_NS)


def _slot(number: int) -> int:
    return _START_NS + number * _INTERVAL_NS


def _range(first: int, last: int) -> SlotRange:
    return SlotRange(_slot(first), _slot(last), _INTERVAL_NS)


def _slots_of(told: Told) -> list[int]:
    if isinstance(told, FrameWritten):
        return [told.slot_ns]
    slots = list(range(told.first_slot_ns, told.last_slot_ns + 1, told.interval_ns))
    assert told.count == len(slots) > 0
    return slots


def _spans(told: list[Told]) -> list[tuple[int, int, MissCause]]:
    """Misses in short: the numbers of the first and the last slot, and the cause."""
    return [
        ((each.first_slot_ns - _START_NS) // _INTERVAL_NS, (each.last_slot_ns - _START_NS) // _INTERVAL_NS, each.cause)
        for each in told
        if isinstance(each, FrameMissed)
    ]


class Coming(NamedTuple):
    """What becomes of one slot: how many slots later it is known, and its frame where the cause is None."""

    delay: int
    cause: MissCause | None
    wait_s: float
    unseen: int
    """So many more slots, missed for the same cause, come with it as one range that was never due."""


_COMING = st.builds(
    Coming,
    st.one_of(st.just(0), st.integers(0, 12)),
    st.sampled_from([None, "stale", "overrun"]),
    st.sampled_from([0.0, 1.0, 10.0, 59.0, 61.0]),
    st.sampled_from([0, 0, 0, 1, 5]),
)


class Witness:
    """Hears what the accounts tell, and knows what should have been told by then."""

    def __init__(self, outcomes: list[MissCause | None]) -> None:
        self.told: list[tuple[int, Told]] = []
        self.slots: list[int] = []
        self.outcomes = outcomes
        self.known: set[int] = set()

    def hear(self, told: list[Told], now_ns: int) -> None:
        """This was told, now."""
        for each in told:
            self.told.append((now_ns, each))
            self.slots += _slots_of(each)

    @property
    def settled(self) -> int:
        """How many slots from the first one on are decided without a gap."""
        count = 0
        while count in self.known:
            count += 1
        return count

    def is_told_as_far_as_it_should_be(self) -> None:
        """Check it."""
        told = len(self.slots)
        assert self.slots == [_slot(number) for number in range(told)], "in order, each once, none left out"
        assert told <= self.settled
        # What is held back belongs to the range whose beginning was told.
        held_back = set(self.outcomes[told : self.settled])
        assert not held_back or (held_back == {self.outcomes[told - 1]} and None not in held_back and told > 0)

    def causes_are_right(self) -> None:
        """Check it."""
        for _, each in self.told:
            cause = None if isinstance(each, FrameWritten) else each.cause
            first = (_slots_of(each)[0] - _START_NS) // _INTERVAL_NS
            assert {cause} == set(self.outcomes[first : first + len(_slots_of(each))])

    def ranges_are_told_at_most_once_a_minute(self) -> None:
        """Check it."""
        parts = [(now_ns, each) for now_ns, each in self.told if isinstance(each, FrameMissed)]
        for (first_ns, first), (second_ns, second), (_, third) in zip(parts, parts[1:], parts[2:], strict=False):
            goes_on = all(
                one.last_slot_ns + one.interval_ns == other.first_slot_ns and one.cause == other.cause
                for one, other in ((first, second), (second, third))
            )
            # The last part is told when the range ends; those before it only when a minute has passed.
            assert not goes_on or second_ns - first_ns >= TELL_EVERY_NS


@given(st.lists(_COMING, min_size=1, max_size=40), st.booleans())
@settings(max_examples=400)
def test_every_slot_is_told_once_in_order_whatever_order_outcomes_come_in(coming: list[Coming], ticking: bool) -> None:
    outcomes = [each.cause for each in coming for _ in range(1 if each.cause is None else 1 + each.unseen)]
    accounts, witness = Accounts("main"), Witness(outcomes)
    later: dict[int, list[tuple[int, Coming]]] = {}
    now_ns, number = 0, 0
    for step in range(len(coming) + 13):
        if step < len(coming):
            each = coming[step]
            now_ns += round(each.wait_s * NS_PER_S)
            accounts.due(_slot(number), _INTERVAL_NS)
            later.setdefault(step + each.delay, []).append((number, each))
            number += 1
            if each.cause is not None and each.unseen:
                last = number + each.unseen - 1
                witness.known |= set(range(number, last + 1))
                witness.hear(accounts.missed(_range(number, last), each.cause, now_ns), now_ns)
                number = last + 1
        for slot, each in reversed(later.get(step, [])):
            witness.known.add(slot)
            told = (
                accounts.written(_frame(_slot(slot)), now_ns)
                if each.cause is None
                else accounts.missed(_one(_slot(slot)), each.cause, now_ns)
            )
            witness.hear(told, now_ns)
            witness.is_told_as_far_as_it_should_be()
        if ticking:
            witness.hear(accounts.tell(now_ns), now_ns)
            witness.is_told_as_far_as_it_should_be()
            due_ns = accounts.next_tell_ns()
            assert due_ns is None or due_ns > now_ns, "nothing that is due stays untold"
    assert accounts.undecided == 0
    witness.hear(accounts.flush(), now_ns)
    assert witness.slots == [_slot(number) for number in range(len(outcomes))]
    assert accounts.flush() == []
    witness.causes_are_right()
    witness.ranges_are_told_at_most_once_a_minute()


def test_miss_is_told_at_its_first_slot_then_once_a_minute_then_at_its_end() -> None:
    accounts = Accounts("main")
    told = []
    for number in range(20):
        now_ns = number * 10 * NS_PER_S
        accounts.due(_slot(number), _INTERVAL_NS)
        told += [(number, span) for span in _spans(accounts.missed(_one(_slot(number)), "stale", now_ns))]
    accounts.due(_slot(20), _INTERVAL_NS)
    last = accounts.written(_frame(_slot(20)), 200 * NS_PER_S)
    assert told == [(0, (0, 0, "stale")), (6, (1, 6, "stale")), (12, (7, 12, "stale")), (18, (13, 18, "stale"))]
    assert _spans(last) == [(19, 19, "stale")]
    assert last[-1] == replace(_frame(_slot(20)), interval_ns=_INTERVAL_NS)


def test_range_that_is_missed_at_once_is_told_at_once() -> None:
    accounts = Accounts("main")
    assert _spans(accounts.missed(_range(0, 999), "down", 0)) == [(0, 999, "down")]
    assert accounts.flush() == []


def test_another_cause_begins_another_range() -> None:
    accounts = Accounts("main")
    told = accounts.missed(_range(0, 1), "stale", 0)
    told += accounts.missed(_range(2, 3), "stale", 1)
    told += accounts.missed(_range(4, 5), "overrun", 2)
    assert _spans(told) == [(0, 1, "stale"), (2, 3, "stale"), (4, 5, "overrun")]


def test_gap_begins_another_range() -> None:
    """A window that closed in between: those slots are nobody's, and must not seem missed."""
    accounts = Accounts("main")
    told = accounts.missed(_range(0, 1), "stale", 0) + accounts.missed(_range(5, 6), "stale", 1)
    assert _spans(told) == [(0, 1, "stale"), (5, 6, "stale")]


def test_another_interval_begins_another_range() -> None:
    accounts = Accounts("main")
    accounts.missed(_range(0, 1), "stale", 0)
    told = accounts.missed(SlotRange(_slot(2), _slot(2) + 2 * NS_PER_S, NS_PER_S), "stale", 1)
    assert [(each.interval_ns, each.count) for each in told if isinstance(each, FrameMissed)] == [(NS_PER_S, 3)]


def test_slot_lived_a_second_time_is_told_a_second_time() -> None:
    """After the clock was put back: the same slot again, with its next take."""
    accounts = Accounts("main")
    told = []
    for take in (1, 2):
        accounts.due(_slot(0), _INTERVAL_NS)
        told += accounts.written(_frame(_slot(0), take), 0)
        told += accounts.missed(_one(_slot(1)), "stale", 0)
    told += accounts.flush()
    assert [each.slot_ns if isinstance(each, FrameWritten) else each.first_slot_ns for each in told] == [
        _slot(0),
        _slot(1),
        _slot(0),
        _slot(1),
    ]


def test_frame_waits_for_the_slot_before_it() -> None:
    accounts = Accounts("main")
    accounts.due(_slot(0), _INTERVAL_NS)
    accounts.due(_slot(1), _INTERVAL_NS)
    assert accounts.written(_frame(_slot(1)), 0) == []
    assert accounts.undecided == 1
    told = accounts.written(_frame(_slot(0)), 1)
    assert told == [replace(_frame(_slot(number)), interval_ns=_INTERVAL_NS) for number in (0, 1)]
    assert accounts.undecided == 0


def test_tell_without_a_range_is_nothing() -> None:
    accounts = Accounts("main")
    assert accounts.next_tell_ns() is None
    assert accounts.tell(10**18) == []
    assert accounts.flush() == []


def test_tell_of_a_range_that_has_not_grown_is_nothing() -> None:
    accounts = Accounts("main")
    accounts.missed(_range(0, 0), "stale", 0)
    assert accounts.tell(TELL_EVERY_NS) == []
    due_ns = accounts.next_tell_ns()
    assert due_ns is None or due_ns > TELL_EVERY_NS, "it must not be due at once again: the loop would spin"


def test_slot_decided_after_a_change_of_interval_is_told_with_the_one_that_it_began_by() -> None:
    accounts = Accounts("main")
    accounts.due(_slot(0), _INTERVAL_NS)
    accounts.due(_slot(1), _INTERVAL_NS)
    told = accounts.written(_frame(_slot(0)), 0)
    told += accounts.missed(SlotRange(_slot(1), _slot(1), 2 * NS_PER_S), "stale", 0)
    assert [event.interval_ns for event in told] == [_INTERVAL_NS, _INTERVAL_NS]
