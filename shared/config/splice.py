"""Putting text into text without disturbing the rest: whole lines, or a few characters within one.

Owns: line ends, indentation and commas. Does not own: where to put what (`shared.config.edit`). Pure.
Invariant: everything that was there is there afterwards, in the same order, but for the span that is replaced.
"""

from __future__ import annotations

import re

from shared.config.tree import Mapping, Node, end_of

DEFAULT_STEP = 2

_LINE_END = re.compile(r"\r\n|\n|\r")


def replaced(text: str, start: int, end: int, by: str) -> str:
    """`text` with `text[start:end]` replaced."""
    return text[:start] + by + text[end:]


def with_lines_after(text: str, position: int, lines: list[str]) -> str:
    """`text` with whole lines after the line that holds `position`, which may be its last and unfinished one."""
    line_end = _LINE_END.search(text, position)
    newline = line_end.group() if line_end else _newline_of(text)
    if line_end:
        return replaced(text, line_end.end(), line_end.end(), "".join(line + newline for line in lines))
    if not text or _ends_line(text):
        return text + "".join(line + newline for line in lines)
    return text + "".join(newline + line for line in lines)


def with_flow_entry(text: str, mapping: Mapping, entry: str) -> str:
    """`text` with `entry` as the last of a mapping in braces."""
    if not mapping.entries:
        at = mapping.span.start + 1
        return replaced(text, at, at, entry)
    at = end_of(mapping.entries[-1].value)
    return replaced(text, at, at, f", {entry}")


def nested_lines(names: list[str], value: str, column: int, step: int) -> list[str]:
    """Lines that give the key `names[-1]` its value below new sections; the first begins in `column`, from 0."""
    lines = [f"{' ' * (column + depth * step)}{name}:" for depth, name in enumerate(names)]
    return [*lines[:-1], f"{lines[-1]} {value}"]


def nested_flow(names: list[str], value: str) -> str:
    """`restart: {base: 5s}` of the names `restart`, `base`."""
    return ": {".join(names) + f": {value}" + "}" * (len(names) - 1)


def step_of(root: Node | None) -> int:
    """How much deeper a section's keys are indented than the section, by the first that shows it."""
    if not isinstance(root, Mapping) or root.flow:
        return DEFAULT_STEP
    for entry in root.entries:
        if isinstance(entry.value, Mapping) and not entry.value.flow:
            return entry.value.entries[0].key.span.column - entry.key.span.column
    return DEFAULT_STEP


def _newline_of(text: str) -> str:
    first = _LINE_END.search(text)
    return first.group() if first else "\n"


def _ends_line(text: str) -> bool:
    return text.endswith(("\n", "\r"))
