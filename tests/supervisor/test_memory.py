"""The memory: it survives SIGKILL at any moment, and makes nothing of what is not its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.memory import Memory

ROOT = Path(__file__).parents[2]
_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from supervisor.memory import Memory
memory = Memory(Path(sys.argv[1]))
number = memory.accounted_until_ns("main") or 0
while True:
    number += 1
    memory.note_accounted("main", number)
    memory.note_stopped({f"capture.{number}", "storage"})
    print(number, flush=True)
"""


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
        noted = memory.accounted_until_ns("main")
        assert noted is not None
        assert noted - int(told[-1]) in {0, 1}, "what was said is noted, and at most one more"
        assert memory.stopped() in ({f"capture.{number}", "storage"} for number in (noted, noted - 1))


def test_notes_are_read_again_by_the_next_one(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    assert memory.accounted_until_ns("main") is None
    assert memory.stopped() == set()
    for until_ns in (1_795_422_934_500_000_000, 0, -5):
        memory.note_accounted("main", until_ns)
        assert memory.accounted_until_ns("main") == until_ns
        assert Memory(tmp_path).accounted_until_ns("main") == until_ns
    memory.note_accounted("garden", 7)
    memory.note_stopped({"storage", "capture.main"})
    again = Memory(tmp_path)
    assert (again.accounted_until_ns("main"), again.accounted_until_ns("garden")) == (-5, 7)
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


@pytest.mark.parametrize("content", [b"", b"1234567", b"123456789", b"x" * 4096], ids=["empty", "7", "9", "page"])
def test_account_of_a_wrong_length_is_unknown_and_the_next_note_mends_it(tmp_path: Path, content: bytes) -> None:
    memory = Memory(tmp_path)
    (tmp_path / "accounts" / "main").write_bytes(content)
    assert memory.accounted_until_ns("main") is None
    memory.note_accounted("main", 42)
    assert Memory(tmp_path).accounted_until_ns("main") == 42


def test_note_that_can_not_be_written_is_said_and_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "accounts").write_text("a file where the directory should be")
    (tmp_path / "stopped.new").mkdir()
    memory = Memory(tmp_path)
    memory.note_accounted("main", 42)
    assert memory.accounted_until_ns("main") == 42, "known at least as long as this supervisor lives"
    memory.note_stopped({"storage"})
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_account_that_fits_no_eight_bytes_harms_nothing(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.note_accounted("main", 42)
    memory.note_accounted("main", 1 << 63)
    assert Memory(tmp_path).accounted_until_ns("main") == 42
