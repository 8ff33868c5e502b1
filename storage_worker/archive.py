"""Every frame under the output directory, oldest first across all cameras, and the newest of each, which stay.

Owns: which directories are cameras, the merge of their frames, and knowing when that picture is out of date.
Does not own: the order within a camera (`camera_frames`), decisions, deleting.
Invariant: what it costs to find the oldest frame depends on the number of cameras and on how many frames a day has, not
on how many days there are. A camera whose newest frame can't be told is left alone, and so is one on another file
system: deleting there makes no room here. What is left out is told by `left_out`, for as long as it is.
"""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from shared.frame_name import FrameName, is_raw
from shared.tree import FoundFrame
from storage_worker.camera_frames import CameraFrames, Steps, newest_frame
from storage_worker.other_disk import shares_room

_CAMERA_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
"""What the configuration accepts as a camera's name; cameras that it no longer names count too."""
_END_OF_TIME_NS = 1 << 62


class Candidate(Struct, frozen=True):
    """A frame whose turn it is. `path` is relative to the output directory."""

    camera: str
    name: FrameName
    path: str


class Archive:
    """A place in the row of all frames by instant. Frames that come later are taken in by `heard` or `rebuild`."""

    def __init__(self, output_dir: Path, complain: Callable[[str], None]) -> None:
        self.stale = True
        self._output_dir = output_dir
        self._complain = complain
        self._walks: dict[str, CameraFrames] = {}
        self._heads: list[tuple[FrameName, str]] = []
        self._newest: dict[str, list[FoundFrame]] = {}
        self._last_passed: FrameName | None = None
        self._unreadable: dict[str, None] = {}
        self._elsewhere: list[str] = []
        self._told_elsewhere: set[str] = set()
        self._is_left_out: Callable[[str], bool] = lambda _day: False
        self.has_left_out_days = False

    def leave_out(self, is_left_out: Callable[[str], bool]) -> None:
        """Have days (`YYYY/MM/DD`) of which nothing may go left out of the row, when it is next built."""
        self._is_left_out = is_left_out

    def rebuild(self, now_wall_ns: int) -> Steps[None]:
        """Start again with the oldest frame that is on the disk. `stale` until it has ended."""
        self.stale = True
        self._walks, self._heads, self._newest, self._last_passed = {}, [], {}, None
        self._unreadable = {}
        self.has_left_out_days = False
        for camera in self.directories():
            yield
            newest = yield from self._newest_of(camera, now_wall_ns)
            if newest:
                self._newest[camera] = newest
                yield from self._walk(camera, None)
        self.stale = False

    def skip_to(self, wall_ns: int) -> Steps[None]:
        """Go on with the frames that are later than an instant, without passing those in between."""
        self._heads = []
        for camera, newest in self._newest.items():
            if any(found.name.slot_ns > wall_ns for found in newest):
                yield from self._walk(camera, wall_ns)

    def oldest(self) -> Candidate | None:
        """The frame whose turn it is; None behind the last."""
        if not self._heads:
            return None
        camera = self._heads[0][1]
        found = self._walks[camera].oldest
        assert found is not None
        return Candidate(camera, found.name, f"{camera}/{found.path}")

    def pass_over(self) -> Steps[list[str]]:
        """Done with `oldest`. The days, as `CAMERA/YYYY/MM/DD`, that have no frame left which was not passed."""
        self._last_passed, camera = heapq.heappop(self._heads)
        walk = self._walks[camera]
        walk.pass_over()
        yield from self._push(camera)
        return [f"{camera}/{day}" for day in walk.take_passed_days()]

    def pass_over_day(self) -> Steps[int]:
        """Done with all frames of the day of `oldest`, which stay; how many those are."""
        self._last_passed, camera = heapq.heappop(self._heads)
        walk = self._walks[camera]
        count = walk.pass_over_day()
        walk.take_passed_days()
        yield from self._push(camera)
        return count

    def is_newest(self, candidate: Candidate, now_wall_ns: int) -> bool:
        """Whether it is the newest frame of its camera, or the newest that is not in the future.

        So is one that is newer than those that are known: somebody has put it there since. A raw file alone counts as
        such until a later frame is there: its own may be about to be put beside it.
        """
        newest = self._newest[candidate.camera]
        past = max((found.name for found in newest if found.name.slot_ns <= now_wall_ns), default=None)
        if is_raw(candidate.path):
            return candidate.name >= (past or newest[-1].name)
        is_past = candidate.name.slot_ns <= now_wall_ns
        if candidate.name > newest[0].name or (is_past and (past is None or candidate.name > past)):
            return True
        return any(f"{candidate.camera}/{found.path}" == candidate.path for found in newest)

    def has_later_than(self, wall_ns: int) -> bool:
        """Whether any camera has a frame with a later slot."""
        return any(found.name.slot_ns > wall_ns for newest in self._newest.values() for found in newest)

    def cameras(self) -> list[str]:
        """Those of which something may go."""
        return list(self._newest)

    def left_out(self) -> list[str]:
        """What is no part of it, and why, in words."""
        reasons = []
        if self._unreadable:
            more = f" and {len(self._unreadable) - 1} more" if len(self._unreadable) > 1 else ""
            reasons.append(f"a part of the archive can't be read ({next(iter(self._unreadable))}{more}, see the log)")
        if self._elsewhere:
            reasons.append(f"cameras that are on another file system ({', '.join(self._elsewhere)})")
        return reasons

    def newest_is_there(self, camera: str) -> bool:
        """Look at the disk: whether the frames that were newest are still there, so that others may go."""
        return all(os.path.lexists(self._output_dir / camera / found.path) for found in self._newest[camera])

    def heard(self, camera: str, written: FoundFrame, now_wall_ns: int) -> None:
        """A frame was written; its path is relative to its camera's directory."""
        before = self._newest.get(camera)
        if before is None and camera in self._elsewhere:
            return
        if before is None:
            # Of a camera that is new here, or (while it is rebuilt) will be looked at yet.
            self.stale = True
            return
        after = self._newest[camera] = _newest([*before, written], now_wall_ns)
        # Out of order: its day may have been listed already.
        late = any(written.name < found.name and found.name.slot_ns <= now_wall_ns for found in before)
        released = [found for found in before if found not in after]
        passed = self._last_passed
        if late or (passed is not None and any(found.name <= passed for found in [written, *released])):
            self.stale = True

    def directories(self) -> list[str]:
        """The cameras that have a directory which shares our room. Blocks for the disk; what is wrong is said."""
        try:
            with os.scandir(self._output_dir) as entries:
                names = [e.name for e in entries if _CAMERA_NAME.fullmatch(e.name) and e.is_dir(follow_symlinks=False)]
        except OSError as error:
            self._complain(f"{self._output_dir}: can't be listed: {error.strerror}")
            self._unreadable[str(self._output_dir)] = None
            return []
        self._elsewhere = sorted(name for name in names if self._is_elsewhere(name))
        return sorted(set(names).difference(self._elsewhere))

    def _is_elsewhere(self, camera: str) -> bool:
        directory = self._output_dir / camera
        try:
            if shares_room(directory, self._output_dir):
                return False
        except OSError:
            # Reading it says what is wrong with it.
            return False
        if camera not in self._told_elsewhere:
            self._told_elsewhere.add(camera)
            self._complain(
                f"{directory} is on another file system than {self._output_dir}: nothing of it is deleted, neither "
                "for room nor for its age"
            )
        return True

    def _newest_of(self, camera: str, now_wall_ns: int) -> Steps[list[FoundFrame]]:
        directory = self._output_dir / camera
        try:
            last = yield from newest_frame(directory, _END_OF_TIME_NS)
            if last is None or last.name.slot_ns <= now_wall_ns:
                return [last] if last else []
            past = yield from newest_frame(directory, now_wall_ns)
        except OSError as error:
            self._complain(f"{directory}: its newest frame can't be told, so all of it stays: {error}")
            self._unreadable[camera] = None
            return []
        return [last, past] if past else [last]

    def _walk(self, camera: str, after_ns: int | None) -> Steps[None]:
        self._walks[camera] = CameraFrames(self._output_dir / camera, self.unread, after_ns, self._passes_by)
        yield from self._push(camera)

    def _push(self, camera: str) -> Steps[None]:
        walk = self._walks[camera]
        yield from walk.settle()
        if walk.oldest is not None:
            heapq.heappush(self._heads, (walk.oldest.name, camera))

    def _passes_by(self, day: str) -> bool:
        left_out = self._is_left_out(day)
        self.has_left_out_days = self.has_left_out_days or left_out
        return left_out

    def unread(self, directory: Path, error: OSError) -> None:
        """A directory can't be read: said, and passed over."""
        self._unreadable[str(directory.relative_to(self._output_dir))] = None
        self._complain(f"{directory}: can't be read, so what is in it stays: {error.strerror}")


def _newest(frames: list[FoundFrame], now_wall_ns: int) -> list[FoundFrame]:
    """The newest of all, and the newest that is not in the future."""
    by_instant = sorted(frames, key=lambda found: found.name)
    past = [found for found in by_instant if found.name.slot_ns <= now_wall_ns]
    return list(dict.fromkeys([by_instant[-1], *past[-1:]]))
