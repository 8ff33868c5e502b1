"""What was found: one judgement, and all of them.

Owns: the types, which go out as `--json` as they are (docs/doctor.md). Does not own: looking, judging, how it is shown.
Invariant: a warning and a fault come with a command in `do`; within one `schema` fields are only added.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

SCHEMA = 1

Level = Literal["ok", "warning", "fault"]
"""warning: it records, but something may stop it, or spoil pictures. fault: it does not record, or is about to stop."""


class Finding(Struct, frozen=True, kw_only=True):
    """One judgement. `check` is its name in the catalogue, `subject` what it is about where there are several.

    `saw` is one line; `advice` what to think or do in words, `do` a command for a shell: both empty where all is well.
    """

    check: str
    level: Level
    saw: str
    subject: str = ""
    advice: str = ""
    do: str = ""


class NotSeen(Struct, frozen=True, kw_only=True):
    """Something that could not be looked at, by theme, and why: it is neither well nor bad."""

    theme: str
    why: str


class Report(Struct, frozen=True, kw_only=True):
    """All of it. `level` is the worst there is; `user` is who looked, `recorder` as whom the recorder runs or would."""

    schema: int = SCHEMA
    version: str
    user: str
    recorder: str
    level: Level
    checks: tuple[Finding, ...]
    not_seen: tuple[NotSeen, ...]


def ok(check: str, saw: str, *, subject: str = "") -> Finding:
    """All is well."""
    return Finding(check=check, level="ok", saw=saw, subject=subject)


def warning(check: str, saw: str, *, do: str, advice: str = "", subject: str = "") -> Finding:
    """Worth doing something about."""
    return Finding(check=check, level="warning", saw=saw, subject=subject, advice=advice, do=do)


def fault(check: str, saw: str, *, do: str, advice: str = "", subject: str = "") -> Finding:
    """Broken, or about to break."""
    return Finding(check=check, level="fault", saw=saw, subject=subject, advice=advice, do=do)


def worst(findings: tuple[Finding, ...]) -> Level:
    """The worst level among them."""
    levels = {finding.level for finding in findings}
    return "fault" if "fault" in levels else "warning" if "warning" in levels else "ok"
