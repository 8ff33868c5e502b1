"""The life of a cleaner on a real directory, whatever happens in whatever order, against a plain specification.

The disk's figures are worked out from what is in the directory and what others are said to use; the frames are files.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.events import FrameWritten
from shared.frame_name import parse
from storage_worker.cleaner import Cleaner
from tests.rig.manual_clock import ManualClock
from tests.rig.plain_keeping import kept
from tests.rig.planted_frames import frames_in, plant

_START_NS = 1_750_000_000 // 86_400 * 86_400 * NS_PER_S
_BLOCK = 4096
_TOTAL = 100
"""The disk, in frames."""
_HOUR_S = 3600.0
_KEEP = {"all": 6 * _HOUR_S, "every 1h": 48 * _HOUR_S}
_DAY, _MORNING = ("2025-06-15",), ("2025-06-15T03:00..2025-06-15T08:59",)
_STORAGES = st.builds(
    StorageConfig,
    clean=st.sampled_from([True] * 9 + [False]),
    keep_min_s=st.sampled_from([0.0, 12 * _HOUR_S]),
    keep=st.sampled_from([{}, _KEEP]),
    max_size_bytes=st.sampled_from([0, 0, 30 * _BLOCK]),
    protect=st.sampled_from([(), _DAY, _MORNING]),
    when_full=st.sampled_from(["delete_oldest", "delete_oldest", "delete_oldest", "stop"]),
    yield_percent=st.sampled_from([100.0, 100.0, 100.0, 50.0, 0.0]),
)


def _written(path: str) -> FrameWritten:
    name = parse(path.rpartition("/")[2])
    assert name is not None
    return FrameWritten(
        camera=path.partition("/")[0], slot_ns=name.slot_ns, take=1, path=path, bytes=_BLOCK, width=1, height=1
    )


def _slot_ns(path: str) -> int:
    name = parse(path.rpartition("/")[2])
    assert name is not None
    return name.slot_ns


def _is_protected(path: str, storage: StorageConfig) -> bool:
    _, _, name = path.rpartition("/")
    if not storage.protect or not name.startswith("20250615"):
        return False
    return storage.protect == _DAY or 3 <= int(name[9:11]) < 9


def _by_age(paths: set[str]) -> list[str]:
    return sorted(paths, key=lambda path: (_slot_ns(path), path))


class _Disk:
    """A directory, a cleaner and a clock."""

    def __init__(self, storage: StorageConfig) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="timelapse-test-"))
        self.storage = storage
        self.others = 10
        self.clock = ManualClock(_START_NS)
        self.start()
        # The hour in which nothing goes by its age is over.
        self.clock.advance(3601)

    def start(self) -> None:
        """A storage worker begins."""
        self.cleaner = Cleaner(self.path, self.storage, self.clock, synchronised=lambda: True)
        self.cleaner.counting.load()

    def usage(self) -> DiskUsage:
        """As the file system would tell."""
        used = self.others + len(frames_in(self.path))
        return DiskUsage(100 * used / _TOTAL, (_TOTAL - used) * _BLOCK, _TOTAL * _BLOCK, None)

    def clean(self) -> None:
        """Look until there is nothing to do."""
        for _ in range(8):
            self.clock.advance(1)
            self.cleaner.consider(self.usage())
            if not self.cleaner.active:
                break
            self.cleaner.work(1 << 62)
        self.cleaner.counting.work()

    def close(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.path)


class Life(RuleBasedStateMachine):
    """What can happen to a cleaner; after each clean-up it is compared with what the documents promise."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = _Disk(StorageConfig())
        self.unheard: list[str] = []
        self.secret: set[str] = set()
        self.before = set[str]()

    @initialize(storage=_STORAGES)
    def configure(self, storage: StorageConfig) -> None:
        """Any rules and thresholds."""
        self.disk.storage = storage
        self.disk.cleaner.reconfigure(storage)

    @rule(camera=st.sampled_from("ab"), count=st.integers(1, 25), minutes=st.sampled_from([1, 20, 60]))
    def record(self, camera: str, count: int, minutes: int) -> None:
        """Frames are written; their events are on their way."""
        for _ in range(count):
            self.disk.clock.advance(60 * minutes)
            if self.disk.usage().used_percent > self.disk.storage.stop_above_percent:
                continue
            self.unheard.append(plant(self.disk.path, camera, self.disk.clock.wall, size=_BLOCK))

    @rule(data=st.data())
    def hear(self, data: st.DataObject) -> None:
        """The events come, in any order."""
        for path in data.draw(st.permutations(self.unheard)):
            self.disk.cleaner.frame_written(_written(path))
        self.unheard.clear()
        self.clean()

    @rule(days=st.integers(1, 4), count=st.integers(1, 10))
    def copy_in(self, days: int, count: int) -> None:
        """Somebody puts older frames there, and tells nobody."""
        for number in range(min(count, _TOTAL - round(self.disk.usage().used_percent))):
            slot_ns = self.disk.clock.wall - days * 86_400 * NS_PER_S - number * 60 * NS_PER_S
            self.secret.add(plant(self.disk.path, "b", slot_ns, size=_BLOCK))

    @rule(frames=st.sampled_from([0, 20, 40, 70, 79, 84]))
    def others_use(self, frames: int) -> None:
        """Other programs write or delete."""
        self.disk.others = min(frames, _TOTAL - len(frames_in(self.disk.path)))
        self.clean()

    @rule(hours=st.sampled_from([1, 7, 50]))
    def wait(self, hours: int) -> None:
        """Nothing happens."""
        self.disk.clock.advance(3600 * hours)
        self.clean()

    @rule(storage=_STORAGES)
    def reconfigure(self, storage: StorageConfig) -> None:
        """A reload."""
        self.configure(storage)
        self.clean()

    @rule()
    def restart(self) -> None:
        """The worker ends in good order, and another one begins."""
        self.disk.cleaner.counting.close()
        self.disk.start()
        self.disk.clock.advance(3601)
        self.clean()

    @rule()
    def clean(self) -> None:
        """It looks and cleans, and is held to the promises."""
        before, usage = frames_in(self.disk.path), self.disk.usage()
        self.disk.clean()
        pruned = self.disk.cleaner.take_pruned()
        gone = before - frames_in(self.disk.path)
        assert sum(event.count for event in pruned) == len(gone)
        self._check_what_stays(before, gone)
        rules = {event.rule for event in pruned}
        self._check_reasons(before, gone, rules)
        self._check_room(usage)

    def _check_what_stays(self, before: set[str], gone: set[str]) -> None:
        storage, now_ns = self.disk.storage, self.disk.clock.wall
        for camera in "ab":
            own = [path for path in _by_age(before) if path.startswith(camera)]
            assert own[-1:] == [] or own[-1] not in gone, "the newest of a camera"
        assert storage.clean or not gone
        assert all(now_ns - _slot_ns(path) >= storage.keep_min_s * NS_PER_S for path in gone), "keep_min"
        assert not any(_is_protected(path, storage) for path in gone), "protect"

    def _check_reasons(self, before: set[str], gone: set[str], rules: set[str]) -> None:
        storage = self.disk.storage
        if storage.when_full == "stop":
            assert rules <= {"keep"}
        if rules <= {"keep"}:
            assert not gone & self._kept(before), "a rule keeps it"
        elif rules == {"pressure"} and not self.secret:
            # All that went are older than all that stayed and might have gone.
            may_go = [path for path in _by_age(before - gone) if self._may_go(path, before)]
            assert not may_go or _slot_ns(may_go[0]) >= max(map(_slot_ns, gone))

    def _check_room(self, usage: DiskUsage) -> None:
        """It has freed enough, or says why not."""
        storage, after = self.disk.storage, self.disk.usage()
        if usage.used_percent <= storage.clean_above_percent or self.disk.cleaner.hindered:
            return
        assert after.used_percent <= storage.clean_above_percent
        if storage.yield_percent < 100 or storage.max_size_bytes or self.secret or self.unheard:
            return
        # Nothing holds it back but what always stays.
        left = frames_in(self.disk.path)
        assert after.used_percent <= storage.clean_to_percent + 1 or not any(self._may_go(path, left) for path in left)

    def _may_go(self, path: str, before: set[str]) -> bool:
        storage = self.disk.storage
        newest = [each for each in _by_age(before) if each.startswith(path[0])][-1]
        young = self.disk.clock.wall - _slot_ns(path) < (storage.keep_min_s + 60) * NS_PER_S
        return not (path == newest or young or _is_protected(path, storage))

    def _kept(self, paths: set[str]) -> set[str]:
        if not self.disk.storage.keep:
            return paths
        rules: dict[float, float | None] = {0: 6 * _HOUR_S, 3600: 48 * _HOUR_S}
        # As of the beginning of the clean-up: what is kept only ever becomes less.
        now_s = self.disk.clock.wall / NS_PER_S
        stays = set[str]()
        for camera in "ab":
            own = {path.rpartition("/")[2]: path for path in paths if path.startswith(camera)}
            stays |= {own[name] for name in kept(list(own), rules, now_s)}
        return stays

    @invariant()
    def nothing_is_half_done(self) -> None:
        """Between two rules the cleaner rests."""
        assert not self.disk.cleaner.active

    def teardown(self) -> None:
        """Remove the directory."""
        self.disk.close()


TestLife: Any = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), count=st.integers(0, 90), storage=_STORAGES)
def test_result_is_the_same_whatever_the_order_of_the_events(
    data: st.DataObject, count: int, storage: StorageConfig
) -> None:
    results = []
    for _ in range(2):
        disk = _Disk(storage)
        try:
            disk.clean()
            paths = list[str]()
            for number in range(count):
                disk.clock.advance(600)
                paths.append(plant(disk.path, "ab"[number % 2], disk.clock.wall, size=_BLOCK))
            for path in data.draw(st.permutations(paths)):
                disk.cleaner.frame_written(_written(path))
            disk.clock.advance(7200)
            disk.clean()
            results.append((frames_in(disk.path), disk.cleaner.detail))
        finally:
            disk.close()
    assert results[0] == results[1]
