"""The clock: who keeps it, and in which zone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.config.model import CameraConfig, Location
from tests.rig.doctor_values import configuration, known, levels, only, planted
from tests.rig.status_values import NOW_NS
from timelapse.doctor import clock


def _seen(**changed: Any) -> clock.Seen:
    given: dict[str, Any] = {"is_synchronised": True, "keepers": ("chrony",), "zone": "Europe/Oslo", "offset_h": 1.0}
    return clock.Seen(**{**given, **changed})


def test_machine_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    places = planted(
        tmp_path,
        {
            "/proc/311/comm": "systemd-timesyn\n",
            "/proc/312/comm": "bash\n",
            "/sys/class/rtc/rtc0/": "",
            "/usr/share/zoneinfo/Europe/Oslo": "",
            "/etc/x": "",
        },
    )
    (tmp_path / "etc/localtime").symlink_to("../usr/share/zoneinfo/Europe/Oslo")
    seen = clock.look(places)
    assert (seen.keepers, seen.has_rtc, seen.zone, seen.can_keep) == (
        ("systemd-timesyncd",),
        True,
        "Europe/Oslo",
        False,
    )


def test_clock_that_is_kept_is_well() -> None:
    assert set(levels(clock.judge(_seen(has_rtc=True), known())).values()) == {"ok"}


def test_clock_that_nobody_keeps_says_how_to_have_it_kept() -> None:
    found = clock.judge(_seen(is_synchronised=False, keepers=(), can_keep=False), known())
    assert levels(found) == {
        "clock.synchronised": "warning",
        "clock.keeper": "warning",
        "clock.rtc": "warning",
        "clock.zone": "ok",
    }
    assert only(found, "clock.keeper").do == "sudo apt install systemd-timesyncd"


def test_two_keepers_are_a_warning() -> None:
    found = clock.judge(_seen(keepers=("chrony", "systemd-timesyncd")), known())
    assert levels(found)["clock.keeper"] == "warning"


def test_clock_before_this_program_was_installed_is_a_fault() -> None:
    found = only(clock.judge(_seen(built_wall_ns=NOW_NS + 1), known()), "clock.synchronised")
    assert found.level == "fault"
    assert "2026-11-23" in found.saw


def test_zone_far_from_the_sun_is_a_warning() -> None:
    settings = configuration(location=Location(59.9, 10.7))
    assert levels(clock.judge(_seen(), known(configuration=settings)))["clock.zone"] == "ok"
    far = _seen(zone="Asia/Tokyo", offset_h=9.0)
    assert levels(clock.judge(far, known(configuration=settings)))["clock.zone"] == "warning"
    fiji = configuration(location=Location(-17.0, -179.9))
    assert levels(clock.judge(_seen(offset_h=12.0), known(configuration=fiji)))["clock.zone"] == "ok"


@pytest.mark.parametrize(("window", "level"), [("06:00-20:00", "warning"), ("always", "ok"), ("dawn..dusk", "ok")])
def test_no_zone_matters_to_windows_by_the_hour(window: str, level: str) -> None:
    camera = CameraConfig(name="main", window=window)
    found = clock.judge(_seen(zone="Etc/UTC", offset_h=0.0), known(camera))
    assert levels(found)["clock.zone"] == level
