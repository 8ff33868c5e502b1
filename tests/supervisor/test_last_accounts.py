"""The last accounts: what SIGKILL leaves of them, and how the next supervisor reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared import wire
from shared.messages import EARLIER, Event
from supervisor.accounted import Accounted
from supervisor.last_accounts import RECORDS, LastAccounts

ROOT = Path(__file__).parents[2]
_NOTE_FOR_EVER = """
import sys
from pathlib import Path
from supervisor.accounted import Accounted
from supervisor.last_accounts import LastAccounts
from tests.supervisor.test_last_accounts import event
last = LastAccounts(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    last.note("main", Accounted(number), event(number))
    print(number, flush=True)
"""


def event(seq: int, boot: str = "b", padding: str = "") -> bytes:
    """A message as it goes out."""
    data = {"camera": "main", "slot_ns": seq, "path": padding}
    numbers = {"v": 1, "boot": boot, "seq": seq, "tseq": seq, "wall_ns": 0, "mono_ns": 0}
    return wire.pack(wire.check({**numbers, "topic": "frame.written", "source": "capture.main", "data": data}, Event))


def _until(last: LastAccounts, camera: str) -> int | None:
    accounted = last.accounted(camera)
    return None if accounted is None else accounted.until_ns


def _seqs(last: LastAccounts, boot: str = "b", after_seq: int = 0) -> list[int]:
    return [event["seq"] for event in last.replay(boot, after_seq)]


def test_account_and_its_event_survive_sigkill_together(tmp_path: Path) -> None:
    for round_ in range(5):
        path = tmp_path / str(round_)
        process = subprocess.Popen(
            [sys.executable, "-c", _NOTE_FOR_EVER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, env={"PYTHONPATH": "."}
        )
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(100)]
        process.kill()
        told += process.communicate()[0].splitlines()
        last = LastAccounts(path)
        until_ns = _until(last, "main")
        assert until_ns is not None
        assert until_ns - int(told[-1]) in {0, 1}, "what was said is noted, and at most one more"
        assert _seqs(last)[-1] == until_ns, "never one without the other"
        assert len(_seqs(last)) >= RECORDS - 1


def test_accounts_are_read_again_by_the_next_one_each_by_its_boot(tmp_path: Path) -> None:
    first = LastAccounts(tmp_path / "last")
    first.note("main", Accounted(10), event(1))
    first.note("garden", Accounted(20), event(2))
    second = LastAccounts(tmp_path / "last")
    assert (_until(second, "main"), _until(second, "garden"), _until(second, "roof")) == (10, 20, None)
    second.note("main", Accounted(11), event(1, "c"))
    third = LastAccounts(tmp_path / "last")
    assert _until(third, "main") == 11
    assert (_seqs(third), _seqs(third, "c"), _seqs(third, "d")) == ([1, 2], [1], [])
    assert _seqs(third, after_seq=1) == [2]
    assert [(each["boot"], each["seq"]) for each in third.replay(EARLIER, 0)] == [("b", 1), ("b", 2), ("c", 1)]


def test_own_accounts_are_not_in_the_replay_of_earlier_ones(tmp_path: Path) -> None:
    """They are in the bus's own ring."""
    last = LastAccounts(tmp_path / "last")
    last.note("main", Accounted(10), event(1))
    assert _seqs(last) == []


def test_clock_that_was_put_back_makes_the_later_account_count(tmp_path: Path) -> None:
    last = LastAccounts(tmp_path / "last")
    for until_ns in (100, 50):
        last.note("main", Accounted(until_ns), event(until_ns))
    assert _until(last, "main") == _until(LastAccounts(tmp_path / "last"), "main") == 50


def test_ring_keeps_the_last_ones_and_does_not_grow(tmp_path: Path) -> None:
    last = LastAccounts(tmp_path / "last")
    for number in range(1, 3 * RECORDS + 5):
        last.note("main", Accounted(number), event(number))
    size = (tmp_path / "last").stat().st_size
    assert size <= RECORDS * 2048
    assert _seqs(LastAccounts(tmp_path / "last")) == list(range(2 * RECORDS + 5, 3 * RECORDS + 5))


def test_event_that_is_too_long_is_left_out_and_its_account_counts(tmp_path: Path) -> None:
    LastAccounts(tmp_path / "last").note("main", Accounted(10), event(1, padding="x" * 3000))
    again = LastAccounts(tmp_path / "last")
    assert _until(again, "main") == 10
    assert _seqs(again) == []


@pytest.mark.parametrize("at", [0, 5, 9, 60])
def test_record_that_is_damaged_is_left_out_alone(tmp_path: Path, at: int) -> None:
    path = tmp_path / "last"
    last = LastAccounts(path)
    for number in (1, 2):
        last.note("main", Accounted(number), event(number))
    data = bytearray(path.read_bytes())
    data[2 * 2048 + at] ^= 0xFF
    path.write_bytes(data)
    again = LastAccounts(path)
    assert (_until(again, "main"), _seqs(again)) == (1, [1])


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 70_000, b"\x00" * 70_000])
def test_file_of_something_else_is_no_account(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last").write_bytes(content)
    last = LastAccounts(tmp_path / "last")
    assert (_until(last, "main"), _seqs(last)) == (None, [])
    last.note("main", Accounted(1), event(1))
    assert _until(LastAccounts(tmp_path / "last"), "main") == 1


def test_place_that_can_not_be_written_costs_the_next_one_its_memory_and_nothing_else(tmp_path: Path) -> None:
    last = LastAccounts(tmp_path / "none" / "last")
    last.note("main", Accounted(1), event(1))
    assert _until(last, "main") == 1
