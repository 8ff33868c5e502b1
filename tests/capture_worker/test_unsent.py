"""Accounts that find no room: each gets out, once, in order, and misses do not pile up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from capture_worker.accounts import Told
from capture_worker.unsent import Unsent
from shared.events import FrameMissed, FrameWritten


def _frame(slot_ns: int) -> FrameWritten:
    return FrameWritten(camera="main", slot_ns=slot_ns, take=1, path="p", bytes=1, width=1, height=1)


def _miss(slot_ns: int) -> FrameMissed:
    return FrameMissed(
        camera="main", first_slot_ns=slot_ns, last_slot_ns=slot_ns, interval_ns=1, count=1, cause="damaged"
    )


class Socket:
    """Has room for so many more."""

    def __init__(self) -> None:
        self.room = 0
        self.sent: list[tuple[Told, int, int]] = []

    def offer(self, told: Told, wall_ns: int, mono_ns: int) -> bool:
        """See `Offer`."""
        if self.room == 0:
            return False
        self.room -= 1
        self.sent.append((told, wall_ns, mono_ns))
        return True


def _slots(told: Told) -> list[int]:
    return [told.slot_ns] if isinstance(told, FrameWritten) else [*range(told.first_slot_ns, told.last_slot_ns + 1)]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=50))
def test_every_account_gets_out_once_and_in_order(steps: list[tuple[bool, int]]) -> None:
    socket = Socket()
    unsent = Unsent(socket.offer)
    for slot_ns, (is_frame, socket.room) in enumerate(steps):
        unsent.put(_frame(slot_ns) if is_frame else _miss(slot_ns), 0, 0)
    socket.room = 1000
    unsent.send()
    assert [slot_ns for told, _, _ in socket.sent for slot_ns in _slots(told)] == list(range(len(steps)))
    assert all(told.count == len(_slots(told)) for told, _, _ in socket.sent if isinstance(told, FrameMissed))
    assert not unsent


def test_account_keeps_the_moment_at_which_it_was_told() -> None:
    socket = Socket()
    unsent = Unsent(socket.offer)
    unsent.put(_frame(1), 10, 20)
    socket.room = 1
    unsent.send()
    assert socket.sent == [(_frame(1), 10, 20)]


def test_misses_that_wait_are_joined_so_that_days_of_them_take_no_memory() -> None:
    socket = Socket()
    unsent = Unsent(socket.offer)
    for slot_ns in range(10_000):
        unsent.put(_miss(slot_ns), slot_ns, slot_ns)
    assert len(unsent) == 1
