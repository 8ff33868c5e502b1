"""Whose growth fills the disk, and how much of the archive may go for it."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.status import GrowthStatus
from storage_worker.pressure import need_of
from storage_worker.yielding import Yielding, why_held_back, why_they_go

TOTAL = 10_000
HALF = StorageConfig()
BAND = TOTAL * (HALF.clean_above_percent - HALF.clean_to_percent) / 100
"""How far one clean-up goes, whoever is the cause."""
Step = tuple[Literal["frames", "others", "own", "restart"], int]


class Disk:
    """A disk with an archive and others, cleaned as the storage worker does: the oldest go, as far as is allowed."""

    def __init__(self, storage: StorageConfig, archive: int = 0, others: int = 0) -> None:
        self.storage = storage
        self.archive = archive
        self.others = others
        self.written = False
        self.yielding = Yielding()
        self.look()

    def usage(self) -> DiskUsage:
        """How full it is."""
        used = min(TOTAL, self.archive + self.others)
        return DiskUsage(100 * used / TOTAL, TOTAL - used, TOTAL, None)

    def look(self) -> None:
        """What the worker does with each look: follow, and clean up where that is due."""
        self.yielding.look(self.usage(), self.archive, 0)
        self.yielding.follow(self.storage)
        if self.usage().used_percent <= self.storage.clean_above_percent:
            return
        need = self.yielding.limited(need_of(self.usage(), self.storage.clean_to_percent), self.storage)
        if need is None:
            return
        freed = min(self.archive, need.bytes)
        self.archive -= freed
        self.yielding.freed_for_room(freed, 0)
        self.yielding.look(self.usage(), self.archive, 0)
        self.yielding.follow(self.storage)

    def do(self, step: Step) -> None:
        """Something happens, in portions smaller than what is between two watermarks."""
        kind, amount = step
        if kind == "restart":
            grounds, self.yielding = self.yielding.grounds, Yielding()
            self.yielding.grounds = grounds
            self.look()
        while amount:
            portion = min(amount, 100)
            amount -= portion
            self.written = kind == "frames" and self.usage().used_percent <= self.storage.stop_above_percent
            if self.written:
                self.archive += portion
            elif kind == "others":
                self.others = min(self.others + portion, TOTAL - self.archive)
            elif kind == "own":
                self.archive = max(0, self.archive - portion)
            self.look()

    @property
    def status(self) -> GrowthStatus:
        """What is told of it."""
        found = self.yielding.status(self.storage)
        assert found is not None
        return found


def full_of_frames(storage: StorageConfig = HALF) -> Disk:
    """Others use a fifth of it, and the archive has the rest."""
    disk = Disk(storage, others=2000)
    disk.do(("frames", 20_000))
    return disk


def test_archive_alone_is_cleaned_as_ever_and_nothing_is_said_of_others() -> None:
    disk = full_of_frames()
    assert 6000 <= disk.archive <= 6500
    assert disk.status == GrowthStatus(archive_bytes=disk.archive, others_bytes=2000, yield_percent=50)


def test_others_that_grow_get_half_of_the_archive_and_no_more() -> None:
    disk = full_of_frames()
    disk.do(("others", 2000))
    assert 4000 <= disk.archive <= 4500
    assert (disk.status.others_grown_bytes, disk.status.yielded_percent) == (2000, 33.3)
    assert not disk.status.exhausted
    disk.do(("others", 6000))
    assert disk.archive == 3000
    assert disk.status.exhausted
    assert disk.usage().used_percent == 100


def test_archive_that_has_yielded_all_that_it_may_goes_on_with_new_frames_in_the_place_of_old_ones() -> None:
    disk = full_of_frames()
    disk.do(("others", 3800))
    assert disk.status.exhausted
    disk.do(("frames", 3000))
    assert 3000 <= disk.archive <= 3200
    assert 85 < disk.usage().used_percent <= 91


def test_others_that_give_their_room_back_let_the_archive_grow_and_all_begins_anew() -> None:
    disk = full_of_frames()
    disk.do(("others", 6000))
    disk.others = 2000
    disk.do(("frames", 6000))
    assert 6000 <= disk.archive <= 6500
    assert disk.status.others_grown_bytes == 0


def test_others_that_take_free_room_take_nothing_from_the_archive() -> None:
    disk = Disk(HALF, archive=1000, others=1000)
    disk.do(("others", 5000))
    assert (disk.archive, disk.status.others_grown_bytes) == (1000, 0)
    disk.do(("frames", 10_000))
    assert 2000 <= disk.archive <= 2500
    assert disk.status.yielded_percent == 0


@pytest.mark.parametrize(("yielded", "left"), [(0.0, 6000), (10.0, 5400), (100.0, 0)])
def test_yield_of_so_much_leaves_the_rest(yielded: float, left: int) -> None:
    disk = full_of_frames(StorageConfig(yield_percent=yielded))
    disk.do(("others", 8000))
    assert left <= disk.archive <= left + 100


def test_yield_of_all_holds_nothing_back_though_the_archive_was_counted_too_low() -> None:
    disk = full_of_frames(StorageConfig(yield_percent=100))
    disk.yielding.look(DiskUsage(95.0, 500, TOTAL, None), 0, 0)
    need = need_of(DiskUsage(95.0, 500, TOTAL, None), 80.0)
    assert disk.yielding.limited(need, disk.storage) == need


def test_growth_that_comes_in_small_portions_over_months_is_one_growth() -> None:
    disk = full_of_frames()
    for _ in range(1000):
        disk.do(("others", 10))
        disk.do(("frames", 100))
        disk.do(("restart", 0))
    assert disk.archive >= 3000


def test_archive_that_is_made_smaller_by_its_own_rules_is_half_of_that() -> None:
    disk = full_of_frames()
    disk.do(("others", 2000))
    disk.do(("own", 400))
    disk.do(("others", 8000))
    assert disk.archive == (6000 - 400) / 2


def test_inodes_that_others_use_up_are_limited_too() -> None:
    yielding = Yielding()

    def usage(inodes: int) -> DiskUsage:
        return DiskUsage(10.0, 90, 100, inodes / 10, 1000)

    yielding.look(usage(800), 5, 600)
    yielding.follow(HALF)
    yielding.look(usage(900), 5, 600)
    need = need_of(usage(900), HALF.clean_to_percent)
    assert yielding.limited(need, HALF) == need
    yielding.look(usage(1000), 5, 310)
    limited = yielding.limited(need_of(usage(1000), HALF.clean_to_percent), HALF)
    assert limited is not None
    assert limited.inodes == 10
    yielding.look(usage(1000), 5, 300)
    assert yielding.limited(need_of(usage(1000), HALF.clean_to_percent), HALF) is None
    found = yielding.status(HALF)
    assert found is not None
    assert found.exhausted


def test_words_say_how_much_and_what_to_do() -> None:
    growth = GrowthStatus(
        archive_bytes=1, others_bytes=1, others_grown_bytes=12_300_000_000, yielded_percent=31.5, exhausted=True
    )
    assert why_they_go(growth) == (
        "other files on this disk have grown by 12.3 GB, and 31.5 % of the archive goes for them; "
        "up to 50 % may (storage.yield)"
    )
    assert why_held_back(growth, "/srv") == (
        "other files on this disk have grown by 12.3 GB, and storage.yield (50 %) lets no more of the archive go for "
        "them: make room on the disk of /srv, or raise storage.yield"
    )


AMOUNTS = st.integers(1, 3000)
QUIET: st.SearchStrategy[Step] = st.tuples(st.sampled_from(["frames", "own", "restart"]), AMOUNTS)
ALL: st.SearchStrategy[Step] = st.tuples(st.sampled_from(["frames", "others", "own", "restart"]), AMOUNTS)
STORAGES = st.builds(StorageConfig, yield_percent=st.sampled_from([0.0, 20.0, 50.0, 100.0]))


@settings(max_examples=60)
@given(storage=STORAGES, others=st.integers(0, 7000), steps=st.lists(QUIET, max_size=15))
def test_archive_whose_others_never_grow_is_never_held_back(
    storage: StorageConfig, others: int, steps: list[Step]
) -> None:
    disk = Disk(storage, others=others)
    for step in steps:
        disk.do(step)
        assert not disk.status.exhausted
        assert disk.usage().used_percent <= storage.clean_above_percent
        assert disk.status.others_grown_bytes == 0


@settings(max_examples=200)
@given(storage=STORAGES, steps=st.lists(ALL, max_size=20))
def test_archive_is_never_cleaned_below_its_share_of_what_it_would_be_without_others(
    storage: StorageConfig, steps: list[Step]
) -> None:
    """The specification, told once more: what others had when there was room, and the archive as it would be then."""
    disk = full_of_frames(storage)
    would_be, others = 6000, 2000
    for kind, amount in steps:
        for portion in [100] * (amount // 100):
            before = disk.archive
            disk.do((kind, portion))
            own = {"frames": 100 if disk.written else 0, "own": -min(100, before)}.get(kind, 0)
            if disk.archive + disk.others < 7500:
                would_be, others = disk.archive, disk.others
            else:
                would_be = min(max(would_be + own, disk.archive), 8000 - others)
            if kind != "own":
                assert disk.archive >= min(before, would_be * (100 - storage.yield_percent) / 100)


@settings(max_examples=60)
@given(steps=st.lists(ALL, max_size=15), at=st.integers(0, 15))
def test_judgement_after_a_restart_is_the_same(steps: list[Step], at: int) -> None:
    through, restarted = full_of_frames(), full_of_frames()
    for number, step in enumerate(steps):
        through.do(step)
        if number == at:
            restarted.do(("restart", 0))
        restarted.do(step)
    assert (through.archive, through.status) == (restarted.archive, restarted.status)
