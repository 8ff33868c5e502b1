"""What is wrong with a text that is no YAML, in words for a person, and where.

Owns: telling the usual slips (a tab, a missing space, an open quote) from the parser's own terms.
Does not own: parsing. Pure: it looks at the text and at what the parser said.
Invariant: no part of the text is quoted but single punctuation marks, so that no password can show.
"""

from __future__ import annotations

import re

from msgspec import Struct

_GLUED = re.compile(r"\s*[A-Za-z_][\w-]*:(?=[^\s])")
_KEY = re.compile(r"\s*(?:-\s+)?[^\s#'\"{\[][^#'\"{\[]*?:\s")


class Place(Struct, frozen=True):
    """A line and a column, both from 1."""

    line: int
    column: int


class Complaint(Struct, frozen=True):
    """What the parser said. `began` is where the part began that it could not finish."""

    problem: str
    context: str
    at: Place
    began: Place | None


def explain(text: str, said: Complaint) -> tuple[Place, str]:
    """Where to look and what is wrong there."""
    return _slip(text, said) or (said.at, _in_words(said))


def _slip(text: str, said: Complaint) -> tuple[Place, str] | None:
    """What the line itself gives away, at another place than where the parser stopped."""
    if "mapping values are not allowed" in said.problem:
        return _unexpected_colon(text.splitlines(), said.at)
    if "could not find expected ':'" in said.problem:
        return _missing_colon(text.splitlines(), said.began or said.at)
    if "quoted scalar" in said.context and said.began:
        return said.began, "the quote that opens here is not closed"
    if "block" in said.context and _before(text.splitlines(), said.at).strip():
        return said.at, "the value ended before this: put the whole of it into quotes"
    return None


def _in_words(said: Complaint) -> str:
    if "'\\t'" in said.problem:
        return "a tab: YAML is indented by spaces only"
    if "flow" in said.context and said.began:
        return _open_bracket(said, said.began)
    if "block mapping" in said.context or "block collection" in said.context:
        return "the indentation fits no line above: keys of one section begin in the same column"
    if "cannot start any token" in said.problem:
        return "a value can't begin with this character: put the value into quotes"
    return f"no YAML: {said.problem}{f' {said.context}' if said.context else ''}"


def _unexpected_colon(lines: list[str], at: Place) -> tuple[Place, str]:
    """A colon where none may be: it ends a second key on one line, or the line before has lost its own."""
    line = _before(lines, at)
    if _KEY.match(line):
        return at, "a second key on one line: put the value into quotes, or the key on a line of its own"
    before = next((n for n in range(at.line - 1, 0, -1) if lines[n - 1].split("#")[0].strip()), None)
    glued = _GLUED.match(lines[before - 1]) if before else None
    if before and glued:
        return Place(before, glued.end()), "a space is missing after this colon"
    key = Place(at.line, len(line) - len(line.lstrip()) + 1)
    return key, "this key is indented deeper than its section, or the line above lacks its colon"


def _missing_colon(lines: list[str], began: Place) -> tuple[Place, str]:
    line = lines[began.line - 1] if began.line <= len(lines) else ""
    glued = _GLUED.match(line)
    if glued:
        return Place(began.line, glued.end()), "a space is missing after this colon"
    return began, "this line has no colon: write KEY: VALUE"


def _before(lines: list[str], at: Place) -> str:
    """What stands before the place on its line."""
    return lines[at.line - 1][: at.column - 1] if at.line <= len(lines) else ""


def _open_bracket(said: Complaint, began: Place) -> str:
    bracket = "[" if "sequence" in said.context else "{"
    closing = "]" if bracket == "[" else "}"
    return f"expected ',' or '{closing}': the '{bracket}' of line {began.line}, column {began.column} is still open"
