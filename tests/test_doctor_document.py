"""`docs/doctor.md` has every check that there is and every field of the report, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from timelapse.doctor.catalogue import CHECKS, THEMES, theme_of
from timelapse.doctor.finding import Finding, Report

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "doctor.md").read_text()


def _fields(kind: type[msgspec.Struct]) -> list[str]:
    return sorted(field.name for field in msgspec.structs.fields(kind))


def _rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]


def test_document_has_exactly_the_checks_in_their_order() -> None:
    rows = _rows(TEXT.partition("## What is looked at")[2].partition("## The report")[0])
    assert [row[0].strip("`") for row in rows] == list(CHECKS)


def test_checks_of_the_document_are_those_that_are_made() -> None:
    rows = _rows(TEXT.partition("## What is looked at")[2].partition("## The report")[0])
    themes = (path for path in (ROOT / "timelapse" / "doctor").glob("*.py") if path.name != "catalogue.py")
    sources = "".join(path.read_text() for path in themes)
    assert [row[0] for row in rows if len(row) != 4] == []
    # Every name that is judged by is one of the catalogue, and every one of the catalogue is judged by.
    named = set(re.findall(rf'"((?:{"|".join(THEMES)})\.[a-z_]+)"', sources))
    assert named == set(CHECKS)


def test_document_has_exactly_the_fields_of_the_report() -> None:
    report, _, check = TEXT.partition("## The report")[2].partition("Each of `checks`")
    assert sorted(row[0].strip("`") for row in _rows(report)) == _fields(Report)
    assert sorted(row[0].strip("`") for row in _rows(check)) == _fields(Finding)


def test_themes_of_all_checks_have_headings_and_are_in_order() -> None:
    themes = list(dict.fromkeys(theme_of(check) for check in CHECKS))
    assert themes == list(THEMES)
