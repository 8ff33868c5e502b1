"""`docs/journal.md` says what the log does: every field, every priority, every cause with its level."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest

from capture_worker import miss_log
from shared.about import about
from shared.causes import MissCause, PictureFault, WorkerCause
from shared.journal import IDENTIFIER, LONGEST_BYTES, journal_fields, priority_of
from supervisor import worker_log

DOCUMENT = (Path(__file__).parents[1] / "docs" / "journal.md").read_text()


def _rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    section = re.split(r"^##+ ", DOCUMENT.partition(f" {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def _words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def _every_field() -> Mapping[str, str]:
    record = logging.LogRecord("name", logging.INFO, "file", 1, "", None, None, "function")
    record.__dict__.update(about(worker="capture.main", cause="hang"))
    return journal_fields(record, "supervisor", "text")


def test_document_lists_exactly_the_fields() -> None:
    assert [word for row in _rows("Fields") for word in _words(row[0])] == list(_every_field())


def test_document_gives_the_identifier_and_the_longest_line() -> None:
    told = {row[0].strip("`"): row[1] for row in _rows("Fields")}
    assert told["SYSLOG_IDENTIFIER"] == f"`{IDENTIFIER}`"
    assert f"at most {LONGEST_BYTES // 1024} kB" in told["MESSAGE"]


def test_document_gives_each_level_its_priority() -> None:
    told = {_words(row[0])[0]: int(row[1]) for row in _rows("Priorities")}
    levels = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    assert told == {logging.getLevelName(level): priority_of(level) for level in levels}


@pytest.mark.parametrize(
    ("title", "levels", "causes"),
    [
        ("Why a worker has ended", worker_log.LEVELS, set(get_args(WorkerCause)) - {""}),
        ("Why a slot has no frame", miss_log.LEVELS, set(get_args(MissCause))),
    ],
)
def test_document_gives_each_cause_its_level(title: str, levels: Mapping[str, int], causes: set[str]) -> None:
    told = {cause: _words(row[1])[0] for row in _rows(title) for cause in _words(row[0])}
    assert told == {cause: logging.getLevelName(level) for cause, level in levels.items()}
    assert told.keys() == causes


def test_document_names_the_faults_of_pictures() -> None:
    assert set(get_args(PictureFault)) <= set(_words(DOCUMENT.partition("### Pictures and the disk")[2]))


def test_document_queries_only_fields_and_causes_that_there_are() -> None:
    queries = re.findall(r"([A-Z_]+)=(\S+)", DOCUMENT)
    assert queries
    known = {*get_args(WorkerCause), *get_args(MissCause), "main", "storage"}
    assert {field for field, _ in queries} <= _every_field().keys()
    assert {value for _, value in queries} <= known
