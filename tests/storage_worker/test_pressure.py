"""How full is too full, and how much must go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.causes import PressureLevel
from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from storage_worker.pressure import Need, level_of, look_after_ns, need_of, pressure_event, repeat_after_ns, used_bytes

_LIMITS = StorageConfig(stop_above_percent=90, clean_above_percent=85, clean_to_percent=80)


def _usage(used: float, inodes: float | None = None) -> DiskUsage:
    free = round(1_000_000 * (100 - used) / 100)
    return DiskUsage(used, free, 1_000_000, inodes, 0 if inodes is None else 10_000)


@pytest.mark.parametrize(
    ("used", "inodes", "level"),
    [
        (0.0, None, "ok"),
        (85.0, None, "ok"),
        (85.01, None, "high"),
        (90.0, None, "high"),
        (90.01, None, "full"),
        (100.0, 0.0, "full"),
        (10.0, 85.01, "high"),
        (10.0, 90.01, "full"),
    ],
)
def test_level_at_the_watermarks_goes_by_the_fuller(used: float, inodes: float | None, level: PressureLevel) -> None:
    assert level_of(_usage(used, inodes), _LIMITS) == level


def test_level_where_one_watermark_serves_as_both_is_never_high() -> None:
    limits = StorageConfig(stop_above_percent=90, clean_above_percent=90)
    assert [level_of(_usage(used), limits) for used in (89.9, 90.0, 90.1)] == ["ok", "ok", "full"]


def test_repeats_while_not_ok_come_each_second() -> None:
    assert [repeat_after_ns(level) // NS_PER_S for level in ("ok", "high", "full")] == [60, 1, 1]
    assert all(look_after_ns(level) <= repeat_after_ns(level) for level in ("ok", "high", "full"))


def test_need_of_bytes_alone_leaves_the_inodes_be() -> None:
    assert need_of(_usage(86.0, 10.0), 80.0) == Need(bytes=60_000, inodes=0)


def test_need_of_inodes_alone_leaves_the_bytes_be() -> None:
    assert need_of(_usage(10.0, 86.0), 80.0) == Need(bytes=0, inodes=600)


def test_need_of_a_file_system_without_inode_numbers_is_bytes() -> None:
    assert need_of(_usage(90.0, None), 80.0) == Need(bytes=100_000, inodes=0)


def test_need_is_met_when_both_have_gone() -> None:
    need = Need(bytes=100, inodes=2)
    assert not need.less(100, 1).met
    assert not need.less(99, 2).met
    assert need.less(4096, 2).met


@given(
    used=st.integers(0, 10**13),
    free=st.integers(0, 10**13),
    inodes=st.integers(1, 10**8),
    inodes_percent=st.floats(0, 100),
    target=st.floats(1, 99),
)
def test_need_once_deleted_brings_the_disk_to_the_target(
    used: int, free: int, inodes: int, inodes_percent: float, target: float
) -> None:
    usable = used + free
    usage = DiskUsage(100 * used / usable if usable else 100.0, free, usable, inodes_percent, inodes)
    need = need_of(usage, target)
    assert used - need.bytes <= usable * target / 100 + 1
    assert inodes * inodes_percent / 100 - need.inodes <= inodes * target / 100 + 1
    assert need.met == (max(usage.used_percent if usable else 0.0, inodes_percent) <= target)


def test_used_bytes_of_a_terabyte_are_exact_to_a_block() -> None:
    used, usable = 823_456_789_504, 1_000_204_886_016
    usage = DiskUsage(100 * used / usable, usable - used, usable, None)
    assert abs(used_bytes(usage) - used) < 4096


def test_event_of_a_look_carries_the_figures_unrounded() -> None:
    event = pressure_event(_usage(86.123456, 12.5), "high", "/srv/frames", "why")
    assert (event.level, event.used_percent, event.inodes_percent) == ("high", 86.123456, 12.5)
    assert (event.path, event.detail) == ("/srv/frames", "why")


def test_need_is_nearer_by_what_it_still_asks_for() -> None:
    assert Need(bytes=10).is_nearer_by(1, 0)
    assert Need(inodes=10).is_nearer_by(0, 1)
    assert not Need(bytes=10).is_nearer_by(0, 1)
    assert not Need(bytes=-1, inodes=10).is_nearer_by(4096, 0)
    assert not Need(bytes=10, inodes=10).is_nearer_by(0, 0)
