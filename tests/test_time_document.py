"""`docs/time.md`: its example is what frames are called, and the words that it gives are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from capture_worker.cameras.base import Frame
from capture_worker.plan import Plan, plan_for
from capture_worker.shot_note import note_of
from shared.clock import NS_PER_S, STEP_NS
from shared.config.model import CameraConfig
from shared.events import FrameWritten
from shared.frame_name import FrameName, parse
from shared.status import CameraStatus
from tests.rig.zone import utc_ns, zone

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "time.md").read_text()
EXAMPLE = re.findall(r"^    (\d{4}/.+\.jpg)$", TEXT, re.MULTILINE)


def _slots(plan: Plan, first: str, last: str) -> list[int]:
    """Both included, in UTC."""
    ranges = plan.slots_between(utc_ns(first) - 1, utc_ns(last) + 1)
    return [slot_ns for each in ranges for slot_ns in range(each.first_ns, each.last_ns + 1, each.interval_ns)]


def test_example_is_what_the_frames_of_that_night_are_called() -> None:
    with zone("Europe/Oslo"):
        slots = _slots(
            plan_for(CameraConfig("main", interval_ms=1_800_000), None), "2026-10-24T23:30", "2026-10-25T02:00"
        )
        assert [FrameName(slot_ns).path() for slot_ns in slots] == EXAMPLE
    assert len(EXAMPLE) == 6
    names = [parse(path.rpartition("/")[2]) for path in EXAMPLE]
    assert [name.slot_ns for name in names if name] == slots, "whatever the zone is by now"
    assert sorted(EXAMPLE) != EXAMPLE, "never by name"


@pytest.mark.parametrize("name", ["Asia/Kolkata", "Australia/Lord_Howe"])
def test_hourly_slots_in_a_zone_of_half_an_hour_are_at_half_past(name: str) -> None:
    with zone(name):
        (slot_ns,) = _slots(
            plan_for(CameraConfig("main", interval_ms=3_600_000), None), "2026-06-15T12:00", "2026-06-15T12:00"
        )
        assert "T" in (path := FrameName(slot_ns).path())
        assert path.partition("T")[2][2:4] == "30"


def test_figures_and_words_are_those_of_the_code() -> None:
    assert f"more than {STEP_NS / NS_PER_S:g} s is a step" in TEXT
    assert note_of(Frame(0, 0, exposure_us=5), synchronised=False).endswith("`synchronised=false`".strip("`"))
    assert "`synchronised=false`" in TEXT
    for kind in (FrameWritten, CameraStatus):
        assert "synchronised" in kind.__struct_fields__


def test_service_waits_as_long_as_it_is_said() -> None:
    unit = ROOT / "systemd" / "timelapse-time-wait.service"
    assert "timelapse.time_wait --at-most 90s" in unit.read_text()
    assert "at most 90 s after boot" in TEXT
