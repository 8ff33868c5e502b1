"""Which of the kernel's stamps are believed."""

from __future__ import annotations

from capture_worker.cameras.usb_stamps import Stamps
from shared.clock import NS_PER_S

_NOW_NS = 1_000 * NS_PER_S
_WALL_NS = 1_800_000_000 * NS_PER_S


def test_stamp_is_the_own_time_in_both_clocks() -> None:
    own = Stamps().own(_NOW_NS - 40_000_000, _WALL_NS, _NOW_NS)
    assert (own.own_mono_ns, own.own_wall_ns) == (_NOW_NS - 40_000_000, _WALL_NS - 40_000_000)


def test_frame_that_waited_is_as_old_as_it_is() -> None:
    assert Stamps().own(_NOW_NS - 20 * NS_PER_S, _WALL_NS, _NOW_NS).own_mono_ns == _NOW_NS - 20 * NS_PER_S


def test_stamp_that_can_not_be_gives_way_to_the_arrival() -> None:
    for stamp_ns in (0, _NOW_NS + 1, _NOW_NS - 31 * NS_PER_S, _WALL_NS):
        assert Stamps().own(stamp_ns, _WALL_NS, _NOW_NS).own_mono_ns == _NOW_NS


def test_own_times_rise_though_a_stamp_falls() -> None:
    stamps = Stamps()
    first = stamps.own(_NOW_NS - 10, _WALL_NS, _NOW_NS)
    second = stamps.own(_NOW_NS - 20, _WALL_NS + 5, _NOW_NS + 5)
    assert second.own_mono_ns == first.own_mono_ns + 1
