"""The page of `timelapse doctor`."""

from __future__ import annotations

import pytest

from timelapse.doctor.finding import Finding, NotSeen, Report, fault, ok, warning, worst
from timelapse.show.doctor import doctor_page
from timelapse.show.ink import Ink

_FAULT = fault("disk.space", "95.0% used, 1.2 GB free", do="sudo du -xh / | sort -h | tail", advice="Make room.")
_WARNING = warning("clock.zone", "the zone is Etc/UTC", do="sudo timedatectl set-timezone Europe/Oslo")
_OK = ok("memory.swap", "no swap")
_LONG = warning("cameras.present", " ".join(["word"] * 60), do="timelapse cameras", advice=" ".join(["more"] * 40))


def _page(
    *findings: Finding, width: int = 100, whole: bool = True, user: str = "root", colour: bool = False
) -> list[str]:
    report = Report(
        version="0.1.0",
        user=user,
        recorder="timelapse",
        level=worst(findings),
        checks=findings,
        not_seen=(NotSeen(theme="service", why="this machine is not run by systemd"),),
    )
    return doctor_page(report, width=width, ink=Ink(colour), whole=whole)


def test_page_says_the_worst_first_then_each_theme_with_what_to_do() -> None:
    page = _page(_FAULT, _WARNING, _OK)
    assert page == [
        "1 fault, 1 warning: first of all, space: 95.0% used, 1.2 GB free",
        "",
        "disk",
        "  FAULT       space: 95.0% used, 1.2 GB free",
        "              do: sudo du -xh / | sort -h | tail",
        "              Make room.",
        "",
        "clock",
        "  warning     zone: the zone is Etc/UTC",
        "              do: sudo timedatectl set-timezone Europe/Oslo",
        "",
        "memory",
        "  ok          swap: no swap",
        "",
        "not seen",
        "  service     this machine is not run by systemd",
        "",
        "3 checks, 1 of them well, by root, for a recorder that runs as timelapse.",
    ]


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ((_OK,), "All is well: 1 check, no warnings."),
        ((_OK, _WARNING), "No faults, 1 warning: first of all, zone: the zone is Etc/UTC"),
        ((_FAULT,), "1 fault: first of all, space: 95.0% used, 1.2 GB free"),
    ],
)
def test_verdict_counts(findings: tuple[Finding, ...], verdict: str) -> None:
    assert _page(*findings)[0] == verdict


def test_page_of_problems_leaves_out_what_is_well() -> None:
    page = _page(_WARNING, _OK, whole=False)
    assert "memory" not in page
    assert "2 checks, 1 of them well" in page[-1]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_longer_than_the_width_but_commands(width: int) -> None:
    lines = [line for line in _page(_FAULT, _LONG, _OK, width=width, user="anna") if " do: " not in line]
    assert max(map(len, lines)) <= width


def test_colour_changes_no_visible_character() -> None:
    painted = "\n".join(_page(_FAULT, _WARNING, _OK, colour=True))
    assert "\x1b[31m" in painted
    for code in ("0", "1", "2", "31", "32", "33"):
        painted = painted.replace(f"\x1b[{code}m", "")
    assert painted.splitlines() == _page(_FAULT, _WARNING, _OK)


def test_what_a_file_or_a_camera_says_can_not_move_the_cursor() -> None:
    evil = fault("configuration.file", "t.yml:1:1: \x1b[2Jx", do="nano '\x1b]0;x\x07'", advice="a\nb")
    page = "\n".join(_page(evil))
    assert "\x1b" not in page
    assert "\x07" not in page


def test_visitor_is_told_that_root_sees_more() -> None:
    assert "sudo timelapse doctor" in " ".join(_page(_OK, user="anna"))
