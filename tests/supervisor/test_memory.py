"""The memory: it survives SIGKILL at any moment, and makes nothing of what is not its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from shared.clock import NS_PER_S
from supervisor.accounted import Accounted
from supervisor.memory import Memory

ROOT = Path(__file__).parents[2]
_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from supervisor.memory import Memory
memory = Memory(Path(sys.argv[1]))
accounted = memory.accounted("main")
number = accounted.until_ns if accounted else 0
while True:
    number += 1
    memory.note_accounted("main", number, number)
    memory.note_stopped({f"capture.{number}", "storage"})
    print(number, flush=True)
"""


def _until(memory: Memory, camera: str = "main") -> int | None:
    accounted = memory.accounted(camera)
    return None if accounted is None else accounted.until_ns


def test_notes_survive_sigkill_in_the_middle_of_writing_them(tmp_path: Path) -> None:
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITE_FOR_EVER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(20)]
        process.kill()
        told += process.communicate()[0].splitlines()
        memory = Memory(tmp_path)
        noted = _until(memory)
        assert noted is not None
        assert noted - int(told[-1]) in {0, 1}, "what was said is noted, and at most one more"
        assert memory.stopped() in ({f"capture.{number}", "storage"} for number in (noted, noted - 1))


def test_notes_are_read_again_by_the_next_one(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    assert _until(memory) is None
    assert memory.stopped() == set()
    for until_ns in (1_795_422_934_500_000_000, 0, -5):
        memory.note_accounted("main", until_ns, until_ns)
        assert _until(memory) == until_ns
        assert _until(Memory(tmp_path)) == until_ns
    memory.note_accounted("garden", 7, 7)
    memory.note_stopped({"storage", "capture.main"})
    again = Memory(tmp_path)
    assert (_until(again), _until(again, "garden")) == (-5, 7)
    assert again.stopped() == {"storage", "capture.main"}
    memory.note_stopped(set())
    assert Memory(tmp_path).stopped() == set()


@pytest.mark.parametrize(
    "content",
    [b"", b"[", b'["storage", "capt', b'{"storage": 1}', b"7", b"\xff\xfe", b"null", b"[" * 200_000],
    ids=["empty", "partial", "cut", "map", "number", "no-text", "null", "deep"],
)
def test_stops_that_make_no_sense_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stopped.json").write_bytes(content)
    memory = Memory(tmp_path)
    assert memory.stopped() == set()
    memory.note_stopped({"storage"})
    assert memory.stopped() == {"storage"}


def test_stops_with_something_foreign_among_them_keep_the_names(tmp_path: Path) -> None:
    (tmp_path / "stopped.json").write_text('["storage", 7, null, ["x"]]')
    assert Memory(tmp_path).stopped() == {"storage"}


@pytest.mark.parametrize("content", [b"", b"x" * 8, b"x" * 47, b"x" * 4096], ids=["empty", "8", "47", "page"])
def test_account_of_a_wrong_length_is_unknown_and_the_next_note_mends_it(tmp_path: Path, content: bytes) -> None:
    memory = Memory(tmp_path)
    (tmp_path / "accounts" / "main").write_bytes(content)
    assert _until(memory) is None
    memory.note_accounted("main", 42, 42)
    assert _until(Memory(tmp_path)) == 42


def test_note_that_can_not_be_written_is_said_and_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "accounts").write_text("a file where the directory should be")
    (tmp_path / "stopped.new").mkdir()
    memory = Memory(tmp_path)
    memory.note_accounted("main", 42, 42)
    assert _until(memory) == 42, "known at least as long as this supervisor lives"
    memory.note_stopped({"storage"})
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_account_that_fits_no_eight_bytes_harms_nothing(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.note_accounted("main", 42, 42)
    memory.note_accounted("main", 43, 1 << 63)
    assert _until(Memory(tmp_path)) == 42


def test_moment_of_the_last_account_and_slots_of_an_earlier_life_are_read_again(tmp_path: Path) -> None:
    """Nine slots, then the clock goes back by seven and three come again: from the ring, and from the camera's file."""
    memory = Memory(tmp_path)
    for number, slot_ns in enumerate([*range(1, 10), *range(3, 6)]):
        event = {"wall_ns": slot_ns * NS_PER_S, "mono_ns": number * NS_PER_S, "data": {}}
        memory.note_accounted("main", slot_ns * NS_PER_S, slot_ns * NS_PER_S, msgspec.msgpack.encode(event))
    told = Accounted(5 * NS_PER_S, 5 * NS_PER_S, 11 * NS_PER_S, 3 * NS_PER_S, 1 * NS_PER_S, 9 * NS_PER_S)
    assert memory.accounted("main") == Memory(tmp_path).accounted("main") == told
    (tmp_path / "last-accounts").unlink()
    assert Memory(tmp_path).accounted("main") == told
