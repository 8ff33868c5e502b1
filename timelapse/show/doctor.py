"""What the doctor found: from a report to lines of text.

Owns: the first sentence, the order of the lines, what is painted. Does not own: judging, terminals.
Invariant: pure. No line is longer than the width, down to 60 columns, but for commands: each stands whole on one line,
to be copied. What came from a camera or a file is made safe for a terminal.
"""

from __future__ import annotations

from timelapse.doctor.catalogue import CHECKS, THEMES, theme_of
from timelapse.doctor.finding import Finding, Report
from timelapse.show import words
from timelapse.show.ink import Ink
from timelapse.show.layout import LABEL, NARROWEST, field, wrapped

_SEE_MORE = "As root it sees more: sudo timelapse doctor"


def doctor_page(report: Report, *, width: int, ink: Ink, whole: bool) -> list[str]:
    """All lines, the first one the verdict. `whole`: with what is well, too."""
    width = max(width, NARROWEST)
    lines = [_painted(report.level, line, ink) for line in wrapped(_verdict(report), width)]
    for theme, heading in THEMES.items():
        lines += _theme(theme, heading, report, width, ink, whole=whole)
    lines += _not_seen(report, width, ink)
    return [*lines, "", *(ink.dim(line) for line in wrapped(_looked(report), width))]


def _verdict(report: Report) -> str:
    faults, warnings = (
        [finding for finding in report.checks if finding.level == level] for level in ("fault", "warning")
    )
    counted = words.count(len(warnings), "warning")
    if faults:
        and_warnings = f", {counted}" if warnings else ""
        return f"{words.count(len(faults), 'fault')}{and_warnings}: first of all, {_said(faults[0])}"
    if warnings:
        return f"No faults, {counted}: first of all, {_said(warnings[0])}"
    return f"All is well: {words.count(len(report.checks), 'check')}, no warnings."


def _theme(theme: str, heading: str, report: Report, width: int, ink: Ink, *, whole: bool) -> list[str]:
    found = [finding for finding in report.checks if theme_of(finding.check) == theme]
    shown = [finding for finding in found if whole or finding.level != "ok"]
    if not shown:
        return []
    lines = ["", ink.bold(heading)]
    for finding in shown:
        lines += _finding(finding, width, ink)
    return lines


def _finding(finding: Finding, width: int, ink: Ink) -> list[str]:
    text = _said(finding)
    if finding.level == "ok":
        return field("ok", text, width, ink)
    # Painted whole: the label of one alone would be lost among the others.
    label = "FAULT" if finding.level == "fault" else "warning"
    lines = [_painted(finding.level, line, ink) for line in field(label, text, width, Ink())]
    lines.append(f"{' ' * LABEL}do: {words.plain(finding.do)}")
    return lines + (field("", words.plain(finding.advice), width, ink) if finding.advice else [])


def _said(finding: Finding) -> str:
    return f"{CHECKS[finding.check]}: {words.plain(finding.saw)}"


def _painted(level: str, text: str, ink: Ink) -> str:
    return {"ok": ink.good, "warning": ink.warn, "fault": ink.bad}[level](text)


def _not_seen(report: Report, width: int, ink: Ink) -> list[str]:
    if not report.not_seen:
        return []
    lines = ["", ink.bold("not seen")]
    for each in report.not_seen:
        lines += field(each.theme, words.plain(each.why), width, ink)
    return lines


def _looked(report: Report) -> str:
    well = sum(finding.level == "ok" for finding in report.checks)
    whose = "" if report.recorder == report.user else f", for a recorder that runs as {report.recorder}"
    hint = "" if report.user == "root" else f" {_SEE_MORE}."
    return f"{words.count(len(report.checks), 'check')}, {well:,} of them well, by {report.user}{whose}.{hint}"
