"""One pass of thinning over all cameras, as steps.

Owns: which day is looked at when, and having what goes removed. Does not own: which frames go (`keeping.thinning`),
which days are due (`keeping.progress`), nor the removing (`clean_up`).
Invariant: progress is noted only behind what was done. A frame that stays for another reason than the rules (the newest
of its camera, one that can't be deleted) has its day looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shared import tree
from shared.clock import NS_PER_MS
from shared.tree import OnError
from storage_worker.archive import Candidate
from storage_worker.camera_frames import Steps
from storage_worker.day_listing import names_of_day
from storage_worker.keeping.progress import Days, caught_up, did, did_all, due_days, undone_days
from storage_worker.keeping.protection import Protection
from storage_worker.keeping.rules import Keep
from storage_worker.keeping.thinning import Thinner
from storage_worker.keeping_book import KeepingBook

_SAVE_EACH = 100
"""Days: what a kill can cost to look at once more."""

Remove = Callable[[Candidate], Steps[bool | None]]
"""Whether the frame has gone; None: there is no use in going on."""


class ThinPass:
    """One pass. `remove` and `tidy` do what is decided, `save` writes the book, `on_error` hears of unreadable days.

    `stays` tells of a frame, by its path, whether it stays whatever the rules say, and for good.
    """

    def __init__(
        self,
        output_dir: Path,
        book: KeepingBook,
        keep: Keep,
        protection: Protection,
        *,
        stays: Callable[[str], bool],
        remove: Remove,
        tidy: Callable[[str], None],
        save: Callable[[], None],
        on_error: OnError,
    ) -> None:
        self._output_dir = output_dir
        self._book = book
        self._keep = keep
        self._protection = protection
        self._stays = stays
        self._remove = remove
        self._tidy = tidy
        self._save = save
        self._on_error = on_error
        self._again: list[str] = []
        self._over = False

    def camera(self, camera: str, now_ns: int) -> Steps[bool]:
        """Thin one camera as of now; whether to go on with others. Raises nothing for the disk's sake."""
        now_ms, directory = now_ns // NS_PER_MS, self._output_dir / camera
        thinner = Thinner(self._keep, lambda day: names_of_day(directory, day))
        before = self._book.of(camera)
        self._again = []
        for span in due_days(before, self._keep, now_ms):
            yield from self._span(camera, span, thinner, now_ms, note=False)
        if self._over:
            return False
        self._book.put(camera, caught_up(before, now_ms, tuple(self._again)))
        if undone := undone_days(before, self._keep, now_ms):
            yield from self._span(camera, undone, thinner, now_ms, note=True)
            if not self._over:
                self._book.put(camera, did_all(self._book.of(camera)))
        self._save()
        return not self._over

    def _span(self, camera: str, span: Days, thinner: Thinner, now_ms: int, *, note: bool) -> Steps[None]:
        done = 0
        for day in tree.days(self._output_dir / camera, first=span[0], last=span[1], on_error=self._on_error):
            if self._protection.covers_day(day):
                continue
            yield from self._day(camera, day, thinner, now_ms)
            if self._over:
                return
            done += 1
            if note:
                self._book.put(camera, did(self._book.of(camera), day))
            if done % _SAVE_EACH == 0:
                self._save()

    def _day(self, camera: str, day: str, thinner: Thinner, now_ms: int) -> Steps[None]:
        removed, stayed = 0, False
        thinner.unsure = False
        try:
            for part in thinner.thin(day, now_ms):
                yield
                for thinned in part:
                    path = f"{camera}/{day}/{thinned.name}"
                    if self._protection.covers(path) or self._stays(path):
                        continue
                    gone = yield from self._remove(Candidate(camera, thinned.frame, path))
                    if gone is None:
                        self._over = True
                        return
                    removed += gone
                    stayed = stayed or not gone
        except OSError as error:
            self._on_error(self._output_dir / camera / day, error)
            stayed = True
        if stayed or thinner.unsure:
            self._again.append(day)
            self._book.look_again(camera, day)
        if removed:
            self._tidy(f"{camera}/{day}")
