"""What one more account means: which slots were told before the clock was put back, and which nobody lived."""

from __future__ import annotations

import msgspec
import pytest

from shared.clock import NS_PER_S
from supervisor.accounted import Accounted, after_account, moment_of, pack, unpack


def _after(*accounts: tuple[int, int, int]) -> Accounted:
    """After accounts in seconds: (first slot, last slot, monotonic time), each told at its last slot."""
    accounted = None
    for first_s, last_s, mono_s in accounts:
        moment = last_s * NS_PER_S, mono_s * NS_PER_S
        accounted = after_account(accounted, first_s * NS_PER_S, last_s * NS_PER_S, moment)
    assert accounted is not None
    return accounted


def _earlier_s(accounted: Accounted) -> tuple[float, float]:
    return accounted.earlier_first_ns / NS_PER_S, accounted.earlier_last_ns / NS_PER_S


def test_accounts_of_one_life_have_no_earlier_one() -> None:
    accounted = _after((10, 10, 1), (11, 14, 5), (15, 15, 6))
    assert accounted == Accounted(15 * NS_PER_S, 15 * NS_PER_S, 6 * NS_PER_S, 10 * NS_PER_S)
    assert accounted.earlier_last_ns < accounted.earlier_first_ns


def test_clock_put_back_keeps_what_was_told_before() -> None:
    accounted = _after((10, 10, 1), (11, 20, 11), (14, 14, 12), (15, 15, 13))
    assert _earlier_s(accounted) == (10, 20)
    assert (accounted.until_ns, accounted.since_ns) == (15 * NS_PER_S, 14 * NS_PER_S)


def test_clock_put_back_twice_keeps_both_lives() -> None:
    assert _earlier_s(_after((10, 10, 1), (11, 20, 11), (14, 16, 14), (12, 13, 16))) == (10, 20)


def test_time_that_a_wrong_clock_left_out_is_no_earlier_life() -> None:
    """Ahead by 1000 s for a while: the slots between were told as missed, but frames of them can only be of now."""
    accounted = _after((10, 10, 1), (11, 12, 3), (13, 1012, 4), (1013, 1015, 7), (16, 16, 8))
    assert _earlier_s(accounted) == (1012, 1015)
    assert accounted.since_ns == 16 * NS_PER_S


@pytest.mark.parametrize("event", [b"", b"\xff", msgspec.msgpack.encode({"wall_ns": "7", "mono_ns": 8})])
def test_event_that_does_not_tell_its_moment_has_none(event: bytes) -> None:
    assert moment_of(event) == (0, 0)


def test_packed_is_read_again() -> None:
    accounted = Accounted(1, 2, 3, 4, 5, -6)
    assert unpack(pack(accounted)) == accounted
    assert unpack(pack(accounted)[:-1]) is None


@pytest.mark.parametrize("late_s", [0, 3])
def test_frame_that_was_under_way_when_the_clock_was_put_back_is_of_the_clock_before(late_s: int) -> None:
    """It is told by the new clock, on which its slot is far ahead: nothing would be owed until then."""
    before = _after((1000, 1000, 1), (1010, 1010, 11))
    told = after_account(before, 1020 * NS_PER_S, 1020 * NS_PER_S, ((20 + late_s) * NS_PER_S, (21 + late_s) * NS_PER_S))
    assert told == Accounted(1020 * NS_PER_S, (1020 + late_s) * NS_PER_S, (21 + late_s) * NS_PER_S, before.since_ns)
    after = after_account(told, 30 * NS_PER_S, 30 * NS_PER_S, (30 * NS_PER_S, 31 * NS_PER_S))
    assert (after.until_ns, _earlier_s(after)) == (30 * NS_PER_S, (1000, 1020))


def test_stream_that_is_told_a_little_before_its_slot_is_of_the_clock_of_now() -> None:
    before = _after((1000, 1000, 1))
    told = after_account(before, 1010 * NS_PER_S, 1010 * NS_PER_S, (1010 * NS_PER_S - 1, 11 * NS_PER_S))
    assert told.wall_ns == 1010 * NS_PER_S - 1
