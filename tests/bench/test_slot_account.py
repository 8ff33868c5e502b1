"""The count of an endurance run finds each way in which a slot may not be accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.slot_account import SlotAccount
from shared.clock import NS_PER_MS
from shared.frame_name import path_in_zone
from shared.messages import Event

FIRST_MS = 1_700_000_000_000
SECOND_MS = 1000


class _Tap:
    """Events and files of one camera, by the number of a slot."""

    def __init__(self, output_dir: Path) -> None:
        self.account = SlotAccount("main", SECOND_MS, 500)
        self._output_dir = output_dir
        self._seq = 0

    def frame(self, slot: float, *, file: bool = True) -> None:
        slot_ms = FIRST_MS + int(slot * SECOND_MS)
        self.tell("frame.written", {"camera": "main", "slot_ns": slot_ms * NS_PER_MS})
        if file:
            self.file(slot)

    def file(self, slot: float) -> None:
        path = self._output_dir / "main" / path_in_zone(FIRST_MS + int(slot * SECOND_MS), 1, 0)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def miss(self, first: int, last: int) -> None:
        data = {
            "camera": "main",
            "first_slot_ns": (FIRST_MS + first * SECOND_MS) * NS_PER_MS,
            "last_slot_ns": (FIRST_MS + last * SECOND_MS) * NS_PER_MS,
            "interval_ns": SECOND_MS * NS_PER_MS,
            "count": last - first + 1,
            "cause": "hang",
        }
        self.tell("frame.missed", data)

    def tell(self, topic: str, data: dict[str, Any], *, lost: int = 0) -> None:
        self._seq += 1 + lost
        self.account.take(
            Event(v=1, topic=topic, source="s", boot="b", seq=self._seq, tseq=1, wall_ns=0, mono_ns=0, data=data)
        )

    def wrong(self, *, storage_was_killed: bool = False) -> list[str]:
        return list(self.account.contradictions(self._output_dir, storage_was_killed=storage_was_killed))


@pytest.fixture(name="tap")
def _tap(tmp_path: Path) -> _Tap:
    """Half a second apart at first, then a second; two of the files deleted since."""
    tap = _Tap(tmp_path)
    for slot in (0, 0.5, 1, 1.5):
        tap.frame(slot, file=slot > 0.5)
    tap.tell("storage.pruned", {"count": 2})
    tap.frame(2)
    tap.miss(3, 5)
    tap.frame(6)
    return tap


def test_run_in_which_all_is_well_has_no_contradiction(tap: _Tap) -> None:
    assert tap.wrong() == []
    assert len(tap.account.due()) == 9
    assert tap.account.frames == 6
    assert tap.account.misses == {"hang": 3}


def test_slot_that_nobody_told_of_is_found(tap: _Tap) -> None:
    tap.frame(8)
    assert "1 slots: neither a frame nor a miss" in tap.wrong()[0]


def test_slot_that_was_told_of_twice_is_found(tap: _Tap) -> None:
    tap.miss(6, 6)
    assert "1 slots: told of more than once" in tap.wrong()[0]


def test_file_that_was_never_told_of_is_found(tap: _Tap) -> None:
    tap.file(4)
    assert "1 slots: a file is there that was never told of" in tap.wrong()[0]


def test_file_that_is_gone_though_an_older_one_is_there_is_found(tap: _Tap) -> None:
    tap.frame(7, file=False)
    assert [line.split(",")[0] for line in tap.wrong()] == [
        "1 slots: a file is gone that was not the oldest",
        "3 files are gone",
    ]


def test_deletion_that_was_not_told_of_is_one_of_a_storage_worker_that_was_killed(tap: _Tap, tmp_path: Path) -> None:
    min((tmp_path / "main").rglob("*.jpg")).unlink()
    assert tap.wrong() == ["3 files are gone, and storage.pruned tells of 2"]
    assert tap.wrong(storage_was_killed=True) == []


def test_event_that_never_came_is_found(tap: _Tap) -> None:
    tap.tell("status", {}, lost=2)
    assert tap.wrong() == ["2 events were lost on the way here"]
