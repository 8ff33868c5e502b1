"""The log in the journal: a real socket at the other end, and nothing that is ever waited for."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import journal
from shared.about import about
from shared.journal import LONGEST_BYTES, JournalHandler, datagram, priority_of
from shared.log import NonBlockingStream
from tests.rig.journal import Entry, JournalSocket, parse

ROOT = Path(__file__).resolve().parents[2]
_MANY = 3_000
"""Lines: more than any socket takes unread."""


class _Far:
    """Whoever reads: the journal's socket, and the stream that is standard error."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "socket"
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        self.handler = JournalHandler("capture.main", NonBlockingStream(self._writer), str(self.path))
        self.log = logging.Logger("test_journal")  # noqa: LOG001 - one of its own, beside all others
        self.log.addHandler(self.handler)

    def lines(self) -> str:
        """What has come on the stream."""
        data = b""
        try:
            while piece := os.read(self._reader, 65_536):
                data += piece
        except BlockingIOError:
            pass
        return data.decode()

    def close(self) -> None:
        self.handler.close()
        os.close(self._reader)
        os.close(self._writer)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[_Far]:
    far = _Far(tmp_path)
    yield far
    far.close()


def _one(journal: JournalSocket) -> Entry:
    (entry,) = journal.entries()
    return entry


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True), st.text()))
def test_datagram_gives_back_every_field_whatever_is_in_it(fields: dict[str, str]) -> None:
    expected = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    assert parse(datagram(fields)) == expected


def test_value_of_several_lines_adds_no_field() -> None:
    assert parse(datagram({"MESSAGE": "one\nPRIORITY=0\n", "PRIORITY": "6"})) == {
        "MESSAGE": "one\nPRIORITY=0\n",
        "PRIORITY": "6",
    }


def test_value_that_is_too_long_is_cut_between_two_characters() -> None:
    cut = parse(datagram({"MESSAGE": "x" + "ø" * LONGEST_BYTES}))["MESSAGE"]
    assert cut == "x" + "ø" * ((LONGEST_BYTES - 1) // 2) + " [cut off here]"


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.CRITICAL, 2), (logging.ERROR, 3), (35, 4), (logging.WARNING, 4), (logging.INFO, 6), (logging.DEBUG, 7)],
)
def test_priority_is_that_of_syslog(level: int, priority: int) -> None:
    assert priority_of(level) == priority


def test_line_has_its_worker_its_camera_its_cause_and_its_place(far: _Far) -> None:
    with JournalSocket(far.path) as journal:
        far.log.warning("the pictures are %s", "black", extra=about(cause="black"))
        entry = _one(journal)
    assert int(entry.pop("CODE_LINE")) > 0
    assert entry == {
        "MESSAGE": "capture.main: the pictures are black",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "timelapse",
        "TIMELAPSE_WORKER": "capture.main",
        "TIMELAPSE_CAMERA": "main",
        "TIMELAPSE_CAUSE": "black",
        "CODE_FILE": __file__,
        "CODE_FUNC": "test_line_has_its_worker_its_camera_its_cause_and_its_place",
    }


def test_line_about_another_worker_has_that_ones_name(far: _Far) -> None:
    with JournalSocket(far.path) as journal:
        far.log.error("it is gone", extra=about(worker="capture.door"))
        entry = _one(journal)
    assert (entry["TIMELAPSE_WORKER"], entry["TIMELAPSE_CAMERA"]) == ("capture.door", "door")
    assert "TIMELAPSE_CAUSE" not in entry


def test_traceback_is_one_entry(far: _Far) -> None:
    with JournalSocket(far.path) as journal:
        try:
            raise ValueError("first\nsecond")
        except ValueError:
            far.log.exception("ends on an error of its own")
        entry = _one(journal)
    assert entry["MESSAGE"].startswith(
        "capture.main: ends on an error of its own\nTraceback (most recent call last):\n"
    )
    assert entry["MESSAGE"].endswith("ValueError: first\nsecond")


def test_control_characters_do_not_hide_a_line(far: _Far) -> None:
    with JournalSocket(far.path) as journal:
        far.log.info("the camera says \x1b[31m\0\x9b, ø and\ta tab")
        assert _one(journal)["MESSAGE"] == "capture.main: the camera says \ufffd[31m\ufffd\ufffd, ø and\ta tab"


def test_journal_that_is_not_there_leaves_lines_with_their_priority_on_the_stream(far: _Far) -> None:
    far.log.warning("one\ntwo")
    assert far.lines() == "<4>capture.main: one\n<4>two\n"


def test_journal_that_is_started_again_is_found_again(far: _Far) -> None:
    with JournalSocket(far.path) as journal:
        far.log.info("one")
        assert _one(journal)["MESSAGE"] == "capture.main: one"
    far.log.info("two")
    with JournalSocket(far.path) as journal:
        far.log.info("three")
        assert _one(journal)["MESSAGE"] == "capture.main: three"
    assert far.lines() == "<6>capture.main: two\n"


def test_journal_that_does_not_read_holds_nobody_up_and_what_was_dropped_is_said(far: _Far) -> None:
    """Neither its socket nor its stream has room for all of it; `faulthandler_timeout` would tell of a wait."""
    with JournalSocket(far.path) as journal:
        for number in range(_MANY):
            far.log.info("%d %s", number, "x" * 99)
        entries = journal.entries()
        lines = far.lines().splitlines()
        dropped = _MANY - len(entries) - len(lines)
        assert entries, "the socket takes some"
        assert lines, "the stream takes some"
        assert dropped > 0, "there is no room for all of it"
        far.log.info("the next one")
        assert [(entry["MESSAGE"], entry["PRIORITY"]) for entry in journal.entries()] == [
            (f"capture.main: {dropped} lines of log were dropped", "4"),
            ("capture.main: the next one", "6"),
        ]
        far.log.info("and another one")
        assert _one(journal)["MESSAGE"] == "capture.main: and another one", "it is said once"


def test_line_whose_arguments_do_not_fit_ends_nothing(far: _Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    with JournalSocket(far.path) as journal:
        far.log.info("%d", "no number")
        far.log.info("next")
        assert _one(journal)["MESSAGE"] == "capture.main: next"


@pytest.mark.parametrize("is_journals", [True, False])
def test_process_logs_to_the_journal_exactly_where_standard_error_is_its_stream(
    tmp_path: Path, is_journals: bool
) -> None:
    code = (
        "import logging, sys; from shared.log import to_stderr\n"
        "to_stderr('capture.main', journal_path=sys.argv[1]); logging.warning('too %s', 'hot')"
    )
    stream = tmp_path / "stream"
    with JournalSocket(tmp_path / "socket") as journal, stream.open("wb") as stderr:
        status = os.fstat(stderr.fileno())
        inode = status.st_ino if is_journals else status.st_ino + 1
        environment = os.environ | {"JOURNAL_STREAM": f"{status.st_dev}:{inode}"}
        command = [sys.executable, "-c", code, str(journal.path)]
        subprocess.run(command, stderr=stderr, cwd=ROOT, env=environment, check=True)
        said = [entry["MESSAGE"] for entry in journal.entries()]
    if is_journals:
        assert (said, stream.read_text()) == (["capture.main: too hot"], "")
    else:
        assert said == []
        assert stream.read_text().endswith(" capture.main WARNING: too hot\n")


def test_fields_are_the_documented_ones() -> None:
    record = logging.LogRecord("name", logging.INFO, "file", 1, "", None, None)
    record.__dict__.update(about(worker="capture.main", cause="hang"))
    assert list(journal.journal_fields(record, "supervisor", "text")) == [
        "MESSAGE",
        "PRIORITY",
        "SYSLOG_IDENTIFIER",
        "TIMELAPSE_WORKER",
        "TIMELAPSE_CAMERA",
        "TIMELAPSE_CAUSE",
        "CODE_FILE",
        "CODE_LINE",
        "CODE_FUNC",
    ]
