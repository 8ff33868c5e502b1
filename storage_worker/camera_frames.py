"""The frames of one camera, oldest first, from as few directory listings as that takes.

Owns: the order within a camera, across days that overlap because the zone changed; and which frame is the newest.
Does not own: the order across cameras (`archive`).
Invariant: once `settle` has ended, `oldest` is the oldest frame that has not been passed: each day that could hold an
older one has been listed. At most three days are held at a time, and no file is looked at. What can't be read is
told and passed over: it hides nothing behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TypeVar

from shared import tree
from shared.frame_name import FrameName, parse
from shared.tree import FoundFrame, OnError
from storage_worker.day_listing import drop_until, earliest_ns, latest_ns, meant_by, names_of_day

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work that yields after each operation on the disk, and ends with a T."""


class CameraFrames:
    """A walk through one camera's directory. Paths are relative to that directory.

    With `after_ns` it has only frames that are later, and lists no day that can have none. Days that it `passes_by`
    count as if they were not there.
    """

    def __init__(
        self,
        camera_dir: Path,
        on_error: OnError,
        after_ns: int | None = None,
        passes_by: Callable[[str], bool] = lambda _day: False,
    ) -> None:
        self.oldest: FoundFrame | None = None
        self._camera_dir = camera_dir
        self._on_error = on_error
        self._after_ns = after_ns
        first = "" if after_ns is None else tree.day_around(after_ns, -1)
        days = tree.days(camera_dir, first=first, on_error=on_error)
        self._unlisted = (day for day in days if not passes_by(day))
        self._next_day: str | None = None
        self._started = False
        self._names: dict[str, list[str]] = {}
        self._passed_days: list[str] = []

    def settle(self) -> Steps[None]:
        """Find `oldest`. Raises nothing: `on_error` hears of each directory that can't be read."""
        if not self._started:
            self._started = True
            self._next_day = next(self._unlisted, None)
            yield
        while self._next_day is not None and self._may_hold_older(self._next_day):
            day, self._next_day = self._next_day, next(self._unlisted, None)
            self._list(day)
            yield

    def pass_over(self) -> None:
        """Done with `oldest`, deleted or not; `settle` finds the next."""
        assert self.oldest is not None
        self._names[day_of(self.oldest)].pop()
        self._find_oldest()

    def pass_over_day(self) -> int:
        """Done with all that is left of the day of `oldest`; how many that were."""
        assert self.oldest is not None
        left = self._names[day_of(self.oldest)]
        count = len(left)
        left.clear()
        self._find_oldest()
        return count

    def take_passed_days(self) -> list[str]:
        """The days whose last frame of ours was passed since the last call, or that had none."""
        passed, self._passed_days = self._passed_days, []
        return passed

    def _list(self, day: str) -> None:
        try:
            names = names_of_day(self._camera_dir, day)
        except OSError as error:
            self._on_error(self._camera_dir / day, error)
            return
        if self._after_ns is not None:
            drop_until(names, self._after_ns)
        self._names[day] = names
        self._find_oldest()

    def _find_oldest(self) -> None:
        heads = {day: _oldest_in(day, names) for day, names in self._names.items()}
        for day, head in heads.items():
            if head is None:
                del self._names[day]
                self._passed_days.append(day)
        self.oldest = min((head for head in heads.values() if head), key=_instant, default=None)

    def _may_hold_older(self, day: str) -> bool:
        if self.oldest is None:
            return True
        earliest = earliest_ns(day)
        return earliest is None or earliest <= self.oldest.name.slot_ns


def newest_frame(camera_dir: Path, not_after_ns: int) -> Steps[FoundFrame | None]:
    """The newest frame at or before an instant. Raises OSError where it can't be told."""
    best: FoundFrame | None = None

    def unread(_: Path, error: OSError) -> None:
        # Once there is a frame, what lies in earlier directories is newer only after a change of zone, and what can't
        # be listed is not deleted either.
        if best is None:
            raise error

    days = tree.days(camera_dir, newest_first=True, last=tree.day_around(not_after_ns, 1), on_error=unread)
    for day in days:
        latest = latest_ns(day)
        if best is not None and latest is not None and latest < best.name.slot_ns:
            break
        try:
            names = names_of_day(camera_dir, day)
        except OSError as error:
            unread(camera_dir / day, error)
            continue
        past = (found for found in _parsed(day, names) if found.name.slot_ns <= not_after_ns)
        best = max((found for found in (best, next(past, None)) if found), key=_instant, default=None)
        yield
    return best


def day_of(found: FoundFrame) -> str:
    """The day's directory, as `YYYY/MM/DD`."""
    return found.path.rpartition("/")[0]


def _oldest_in(day: str, names: list[str]) -> FoundFrame | None:
    """The last of `names`, which are newest first; what can't be parsed is dropped from them."""
    while names:
        if (frame := meant_by(names[-1])) is not None:
            return FoundFrame(frame, f"{day}/{names[-1]}")
        names.pop()
    return None


def _parsed(day: str, names: list[str]) -> Iterator[FoundFrame]:
    """The frames among them; what a raw file alone means is none."""
    return (FoundFrame(frame, f"{day}/{name}") for name in names if (frame := parse(name)) is not None)


def _instant(found: FoundFrame) -> FrameName:
    return found.name
