"""One clean-up, as steps: thin out, then walk the archive from its oldest frame, judge, delete, until enough is gone.

Owns: carrying the decisions out, and the account of it. Does not own: the decisions (`keeping`), when to start
(`cleaner`), nor the order (`archive`).
Invariant: how much must go is worked out once, before the start; what a deleted file occupied counts at once, whatever
the file system says and when. A frame is deleted only after a look that the newest of its camera is there. A frame
that can't be deleted never stops the ones behind it; frames whose deletion makes no room do, after a few.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.events import StoragePruned
from storage_worker.archive import Archive, Candidate
from storage_worker.camera_frames import Steps
from storage_worker.day_listing import earliest_ns, latest_ns
from storage_worker.delete import Deleted, Refused, delete_frame, remove_empty_day
from storage_worker.keeping.judge import Moment, judge
from storage_worker.keeping.protection import Protection
from storage_worker.keeping.rules import Keep, keep_of
from storage_worker.keeping_book import KeepingBook
from storage_worker.pressure import Need
from storage_worker.set_aside import SetAside
from storage_worker.thin_pass import ThinPass

_MOST_FAILURES_IN_A_ROW = 1000
"""Then it ends for now; those frames are set aside, so that the next clean-up gets further."""
_MOST_IN_VAIN_IN_A_ROW = 32
"""Then it ends for now: an archive whose frames have second names (a backup by `cp -al`) would go without any gain."""
_MOST_REFUSED_OF_DAY = 16
"""In a row: then the day is set aside as a whole. It is its directory that is immutable, or everything in it."""
_MOST_REBUILDS = 5
_FOR_ROOM = frozenset({"pressure", "max_size"})
_IN_USE_NS = 86_400 * NS_PER_S
"""A camera may be about to put a frame into its day's directory: those of days as near as this stay, though empty."""


class Surroundings(Struct, frozen=True):
    """What every clean-up works with. `moment` and `mono_ns` are the clocks, `complain` is the log.

    `deleted` hears the path of each frame that is gone. `delete` and `remove_day` are those of `delete`, or look at
    what they would do. `note` hears of each frame that was deleted: its path, the rule, what it freed.
    `unsynchronised` tells whether the clock that named the frame at a path was not: such a frame has no age.
    """

    output_dir: Path
    archive: Archive
    set_aside: SetAside
    moment: Callable[[], Moment]
    mono_ns: Callable[[], int]
    complain: Callable[[str], None]
    deleted: Callable[[str], None] = lambda _path: None
    delete: Callable[[Path, str], Deleted | Refused] = delete_frame
    remove_day: Callable[[Path, str, str], bool] = remove_empty_day
    note: Callable[[str, str, Deleted], None] = lambda _path, _rule, _deleted: None
    unsynchronised: Callable[[str], bool] = lambda _path: False


class CleanUp:
    """One clean-up. Giving up its `steps` half-way leaves nothing half done on the disk, but the archive stale.

    With a `book` it thins out by `storage.keep` first, and goes on where the book says that the last one came to.
    """

    def __init__(
        self, surroundings: Surroundings, storage: StorageConfig, need: Need, book: KeepingBook | None = None
    ) -> None:
        self.need = need
        self.deleted = 0
        self.freed_bytes = 0
        self.freed_inodes = 0
        self.kept: Counter[str] = Counter()
        self.failed = 0
        self._at = surroundings
        # Those that no rule keeps are thinned out each hour; what is there when room is needed, a rule keeps.
        self.overrides_keep = bool(storage.keep)
        self.by_age = need.met
        self._storage = storage
        self._book = book
        self._protection = Protection(storage.protect)
        self._refused_of_day: Counter[str] = Counter()
        self._rebuilds = 0
        self._failures_in_a_row = 0
        self._in_vain_in_a_row = 0
        self._in_vain_reason = ""
        self._pruned: dict[str, StoragePruned] = {}

    def steps(self) -> Steps[None]:
        """The work, with a yield after each operation on the disk. Raises nothing for the disk's sake."""
        archive = self._at.archive
        archive.leave_out(self._protection.covers_day)
        if archive.stale:
            yield from self._rebuild()
        if self._book is not None and (keep := keep_of(self._storage)) is not None:
            yield from self._thin_out(keep, self._book)
        while not self.in_vain and self._rebuilds <= _MOST_REBUILDS:
            if self._failures_in_a_row >= _MOST_FAILURES_IN_A_ROW:
                return
            candidate = archive.oldest()
            if candidate is None:
                archive.stale = True
                if self.need.met or self._rebuilds:
                    return
                # What was written since the walk began is found by a new one.
                yield from self._rebuild()
            elif _day_of(candidate) in self._at.set_aside:
                self.failed += yield from archive.pass_over_day()
                yield
            elif candidate.path in self._at.set_aside:
                self.failed += 1
                yield from self._pass_over()
            elif not (yield from self._judge(candidate)):
                return

    @property
    def in_vain(self) -> bool:
        """Whether it ended because what it deleted made no room."""
        return self._in_vain_in_a_row >= _MOST_IN_VAIN_IN_A_ROW

    def take_pruned(self) -> list[StoragePruned]:
        """What was deleted since the last call, by rule."""
        pruned, self._pruned = list(self._pruned.values()), {}
        return pruned

    def why_not_more(self) -> str:
        """Why what should have gone is still there, in words."""
        reasons = []
        if self.kept["keep_min"]:
            reasons.append(f"the rest is younger than storage.keep_min ({self._storage.keep_min_s:g} s)")
        if self._storage.protect and (self.kept["protect"] or self._at.archive.has_left_out_days):
            reasons.append("what storage.protect protects")
        if unsynchronised := self.kept["unsynchronised"]:
            reasons.append(f"frames of a clock that was not synchronised, and has just been set ({unsynchronised})")
        if newest := self.kept["newest of its camera"]:
            reasons.append(f"the newest frame of a camera stays ({newest})")
        if self.failed:
            reasons.append(f"frames that can't be deleted ({self.failed}, see the log)")
        if self.in_vain:
            reasons.append(self._in_vain_reason)
        reasons += self._at.archive.left_out()
        return "; ".join(reasons) or "no frames"

    def _judge(self, candidate: Candidate) -> Steps[bool]:
        """Deal with the oldest frame; whether to go on to the next."""
        archive, now = self._at.archive, self._at.moment()
        newest = archive.is_newest(candidate, now.wall_ns)
        decision = judge(
            candidate.name.slot_ns,
            newest=newest,
            need=self.need,
            now=now,
            storage=self._storage,
            protected=self._protection.covers(candidate.path),
            unsynchronised=lambda: self._at.unsynchronised(candidate.path),
        )
        if decision.delete:
            gone = yield from self._delete(candidate, decision.rule)
            if gone is None:
                return False
            if gone or candidate.path in self._at.set_aside:
                yield from self._pass_over()
            return True
        if decision.rule == "room enough":
            return False
        self.kept[decision.rule] += 1
        if decision.rule == "keep_min":
            return (yield from self._skip_young(candidate, now))
        yield from self._pass_over()
        return True

    def _skip_young(self, candidate: Candidate, now: Moment) -> Steps[bool]:
        archive = self._at.archive
        # All that follow are younger still, but for those of the future, which are all of one age.
        if candidate.name.slot_ns > now.wall_ns or not archive.has_later_than(now.wall_ns):
            return False
        archive.stale = True
        yield from archive.skip_to(now.wall_ns)
        return True

    def _delete(self, candidate: Candidate, rule: str) -> Steps[bool | None]:
        """Whether it has gone. None where there is no use in trying others."""
        if not self._at.archive.newest_is_there(candidate.camera):
            # Somebody deleted it, and this may be the newest now.
            yield from self._rebuild()
            return False
        outcome = self._at.delete(self._at.output_dir, candidate.path)
        if isinstance(outcome, Refused):
            return False if self._set_aside(candidate, outcome) else None
        self._weigh(outcome, rule)
        self._count(candidate, outcome, rule)
        return True

    def _thin_out(self, keep: Keep, book: KeepingBook) -> Steps[None]:
        book.go_by(self._storage)
        thinning = ThinPass(
            self._at.output_dir,
            book,
            keep,
            self._protection,
            stays=self._at.unsynchronised,
            remove=self._remove_thinned,
            tidy=self._tidy,
            save=lambda: self._save(book),
            on_error=self._at.archive.unread,
        )
        for camera in self._at.archive.cameras():
            if not (yield from thinning.camera(camera, self._at.moment().wall_ns)):
                return

    def _remove_thinned(self, candidate: Candidate) -> Steps[bool | None]:
        if self._failures_in_a_row >= _MOST_FAILURES_IN_A_ROW:
            return None
        if candidate.path in self._at.set_aside or _day_of(candidate) in self._at.set_aside:
            self.failed += 1
            return False
        archive, now_ns = self._at.archive, self._at.moment().wall_ns
        if candidate.camera not in archive.cameras() or archive.is_newest(candidate, now_ns):
            return False
        gone = yield from self._delete(candidate, "keep")
        yield
        return gone

    def _save(self, book: KeepingBook) -> None:
        try:
            book.save()
        except OSError as error:
            self._at.complain(f"what was thinned can't be noted, so that a restart looks again: {error.strerror}")

    def _set_aside(self, candidate: Candidate, refused: Refused) -> bool:
        self.failed += 1
        self._failures_in_a_row += 1
        self._at.complain(f"{candidate.path} can't be deleted, trying others and this one in an hour: {refused.reason}")
        if refused.code == errno.EROFS and self._is_read_only():
            return False
        self._at.set_aside.add(candidate.path, self._at.mono_ns())
        day = _day_of(candidate)
        self._refused_of_day[day] += 1
        if self._refused_of_day[day] >= _MOST_REFUSED_OF_DAY or not self._may_change(day):
            self._at.set_aside.add(day, self._at.mono_ns())
        return True

    def _may_change(self, day: str) -> bool:
        """Whether anything can be deleted there: not in a directory of somebody else's, nor on a read-only mount."""
        return os.access(self._at.output_dir / day, os.W_OK | os.X_OK, effective_ids=True)

    def _is_read_only(self) -> bool:
        """Whether the whole disk is, and not one directory of it by a mount of its own."""
        try:
            return bool(os.statvfs(self._at.output_dir).f_flag & os.ST_RDONLY)
        except OSError:
            return True

    def _weigh(self, deleted: Deleted, rule: str) -> None:
        """Mind what was deleted for room and made none. What is too old goes whether or not it makes room."""
        if not deleted.found or rule not in _FOR_ROOM:
            return
        if self.need.is_nearer_by(deleted.freed_bytes, deleted.freed_inodes):
            self._in_vain_in_a_row = 0
            return
        self._in_vain_in_a_row += 1
        linked = not deleted.freed_inodes
        self._in_vain_reason = (
            "frames have further hard links: deleting them frees nothing" if linked else "deleting frames frees nothing"
        )
        if self.in_vain:
            self._at.complain(f"{self._in_vain_reason}; the last {self._in_vain_in_a_row} did not")

    def _count(self, candidate: Candidate, deleted: Deleted, rule: str) -> None:
        self._failures_in_a_row = 0
        self._refused_of_day.pop(_day_of(candidate), None)
        self._at.deleted(candidate.path)
        self.need = self.need.less(deleted.freed_bytes, deleted.freed_inodes)
        if not deleted.found:
            return
        self._at.note(candidate.path, rule, deleted)
        self.deleted += 1
        self.freed_bytes += deleted.freed_bytes
        self.freed_inodes += deleted.freed_inodes
        before = self._pruned.get(rule)
        self._pruned[rule] = StoragePruned(
            count=(before.count if before else 0) + 1,
            bytes=(before.bytes if before else 0) + deleted.freed_bytes,
            oldest=before.oldest if before else candidate.path,
            newest=candidate.path,
            rule=rule,
            overrides="keep" if self.overrides_keep and rule in _FOR_ROOM else "",
        )

    def _pass_over(self) -> Steps[None]:
        for day in (yield from self._at.archive.pass_over()):
            self._tidy(day)
        yield

    def _tidy(self, camera_and_day: str) -> None:
        camera, _, day = camera_and_day.partition("/")
        earliest, latest = earliest_ns(day), latest_ns(day)
        now_ns = self._at.moment().wall_ns
        if earliest is None or latest is None or earliest - _IN_USE_NS <= now_ns <= latest + _IN_USE_NS:
            return
        self._at.remove_day(self._at.output_dir, camera, day)

    def _rebuild(self) -> Steps[None]:
        self._rebuilds += 1
        yield from self._at.archive.rebuild(self._at.moment().wall_ns)


def _day_of(candidate: Candidate) -> str:
    return candidate.path.rpartition("/")[0]
