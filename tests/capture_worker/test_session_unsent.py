"""A session whose supervisor does not read: what became of each slot gets out as soon as there is room."""

from __future__ import annotations

from shared.clock import NS_PER_S
from tests.rig.still_worker import SessionBench, slot


def test_accounts_that_find_no_room_are_told_later_and_in_order(bench: SessionBench) -> None:
    bench.shoot_slot(0)
    bench.worker.has_room = False
    bench.shoot_slot(1)
    bench.go_to(slot(3) + 2 * NS_PER_S)
    bench.turn()
    bench.shoot_slot(4)
    assert bench.told() == [(slot(0), "frame")]
    bench.worker.has_room = True
    bench.turn()
    assert bench.told() == [
        (slot(0), "frame"),
        (slot(1), "frame"),
        (slot(2), "overrun"),
        (slot(3), "overrun"),
        (slot(4), "frame"),
    ]


def test_wait_is_short_while_an_account_waits_for_room(bench: SessionBench) -> None:
    bench.worker.has_room = False
    bench.shoot_slot(0)
    assert bench.session._wait_ns() == NS_PER_S
    bench.worker.has_room = True
    bench.turn()
    assert bench.session._wait_ns() == 10 * NS_PER_S


def test_account_says_when_it_was_told_and_not_when_there_was_room(bench: SessionBench) -> None:
    bench.worker.has_room = False
    bench.shoot_slot(0)
    told = bench.clock.wall, bench.clock.mono
    bench.clock.advance(5)
    bench.worker.has_room = True
    bench.turn()
    assert bench.worker.moments == [told]


def test_range_that_a_step_ends_says_its_moment_on_the_clock_before(bench: SessionBench) -> None:
    """The next start works out from it how far the clock was set since these slots."""
    bench.shoot_slot(0)
    bench.go_to(slot(3) + 2 * NS_PER_S)
    bench.turn()
    bench.go_to(slot(4) + 2 * NS_PER_S)
    bench.turn()
    told_ns = bench.clock.wall
    bench.clock.set_wall(told_ns - 3600 * NS_PER_S)
    bench.turn()
    assert bench.told()[-1] == (slot(4), "overrun")
    assert bench.worker.moments[-1] == (told_ns, bench.clock.mono)
