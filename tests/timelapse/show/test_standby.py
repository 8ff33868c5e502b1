"""The stand-by's line on the status page."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shared.status import StandbyStatus
from tests.rig.status_values import NOW_NS, status
from timelapse.show.ink import Ink
from timelapse.show.page import page
from timelapse.show.standby import standby_lines


@pytest.mark.parametrize(
    ("standby", "line"),
    [
        (StandbyStatus(), []),
        (StandbyStatus(mode="auto", state="due"), ["none yet; one starts when the workers have come to rest"]),
        (
            StandbyStatus(mode="auto", state="ready", pid=4711, rss_bytes=41_200_000, takeovers=3),
            ["ready to take over, pid 4711, 41.2 MB; 3 takeovers"],
        ),
        (
            StandbyStatus(mode="auto", state="off", detail="460 MB of memory in all, less than 800 MB"),
            ["off (460 MB of memory in all, less than 800 MB)"],
        ),
        (
            StandbyStatus(mode="always", state="due", detail="ended by SIGKILL", takeovers=1),
            ["none yet; one starts when the workers have come to rest (ended by SIGKILL); 1 takeover"],
        ),
    ],
)
def test_standby_says_how_it_is_or_why_there_is_none(standby: StandbyStatus, line: list[str]) -> None:
    assert standby_lines(standby, 120, Ink()) == [f"  stand-by    {text}" for text in line]


def test_standby_stands_below_the_workers() -> None:
    ready = StandbyStatus(mode="auto", state="ready", pid=4711, rss_bytes=41_200_000)
    lines = page(replace(status(), standby=ready), NOW_NS, 0.0, width=80, ink=Ink())
    at = next(number for number, line in enumerate(lines) if line.startswith("capture.garden"))
    assert lines[at + 1 : at + 3] == ["  stand-by    ready to take over, pid 4711, 41.2 MB", ""]


def test_what_a_library_said_at_its_end_is_made_safe_for_a_terminal() -> None:
    failed = StandbyStatus(mode="auto", state="due", detail="exit status 1: \x1b[31mboom")
    assert all(line.isprintable() for line in standby_lines(failed, 60, Ink()))
