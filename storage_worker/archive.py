"""Every frame under the output directory, oldest first across all cameras, and the newest of each, which stay.

Owns: which directories are cameras, the merge of their frames, and knowing when that picture is out of date.
Does not own: the order within a camera (`camera_frames`), decisions, deleting.
Invariant: what it costs to find the oldest frame depends on the number of cameras and on how many frames a day has, not
on how many days there are. A camera whose newest frame can't be told is left alone.
"""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from shared.frame_name import FrameName
from shared.tree import FoundFrame
from storage_worker.camera_frames import CameraFrames, Steps, newest_frame

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

    def rebuild(self, now_wall_ns: int) -> Steps[None]:
        """Start again with the oldest frame that is on the disk. `stale` until it has ended."""
        self.stale = True
        self._walks, self._heads, self._newest, self._last_passed = {}, [], {}, None
        for camera in self._cameras():
            yield
            newest = yield from self._newest_of(camera, now_wall_ns)
            if newest:
                self._newest[camera] = newest
                self._walks[camera] = CameraFrames(self._output_dir / camera)
                yield from self._push(camera)
        self.stale = False

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

    def is_newest(self, candidate: Candidate) -> bool:
        """Whether it is the newest frame of its camera, or the newest that is not in the future."""
        return any(f"{candidate.camera}/{found.path}" == candidate.path for found in self._newest[candidate.camera])

    def has_later_than(self, wall_ns: int) -> bool:
        """Whether any camera has a frame with a later slot."""
        return any(found.name.slot_ns > wall_ns for newest in self._newest.values() for found in newest)

    def newest_is_there(self, camera: str) -> bool:
        """Look at the disk: whether the frames that were newest are still there, so that others may go."""
        return all(os.path.lexists(self._output_dir / camera / found.path) for found in self._newest[camera])

    def heard(self, camera: str, written: FoundFrame, now_wall_ns: int) -> None:
        """A frame was written; its path is relative to its camera's directory."""
        before = self._newest.get(camera)
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

    def _cameras(self) -> list[str]:
        try:
            with os.scandir(self._output_dir) as entries:
                names = [e.name for e in entries if _CAMERA_NAME.fullmatch(e.name) and e.is_dir(follow_symlinks=False)]
        except OSError as error:
            self._complain(f"{self._output_dir}: can't be listed: {error.strerror}")
            return []
        return sorted(names)

    def _newest_of(self, camera: str, now_wall_ns: int) -> Steps[list[FoundFrame]]:
        directory = self._output_dir / camera
        try:
            last = yield from newest_frame(directory, _END_OF_TIME_NS)
            if last is None or last.name.slot_ns <= now_wall_ns:
                return [last] if last else []
            past = yield from newest_frame(directory, now_wall_ns)
        except OSError as error:
            self._complain(f"{directory}: its newest frame can't be told, so all of it stays: {error}")
            return []
        return [last, past] if past else [last]

    def _push(self, camera: str) -> Steps[None]:
        walk = self._walks[camera]
        # A directory that can't be read is passed over; each failure takes the walk at least one directory further.
        while True:
            try:
                yield from walk.settle()
            except OSError as error:
                self._complain(f"{self._output_dir / camera}: a part of it can't be read and stays: {error}")
            else:
                break
        if walk.oldest is not None:
            heapq.heappush(self._heads, (walk.oldest.name, camera))


def _newest(frames: list[FoundFrame], now_wall_ns: int) -> list[FoundFrame]:
    """The newest of all, and the newest that is not in the future."""
    by_instant = sorted(frames, key=lambda found: found.name)
    past = [found for found in by_instant if found.name.slot_ns <= now_wall_ns]
    return list(dict.fromkeys([by_instant[-1], *past[-1:]]))
