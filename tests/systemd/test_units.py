"""The units: what systemd itself says of them, and that they fit the program they start."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from capture_worker import precedence
from shared import runtime_dir
from shared.errors import EX_CONFIG
from tests.systemd.unit_file import UNITS, seconds, settings
from timelapse import time_wait

CAPTURE = "timelapse-capture.service"
WAIT = "timelapse-time-wait.service"
REVIVE = "timelapse-revive.service"
PYTHON = "/opt/timelapse/bin/python"
needs_analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")


@pytest.fixture(name="units")
def _units(tmp_path: Path) -> Path:
    """The units in a directory of their own, with a Python that is there, and nothing but ours that may be written."""
    for path in UNITS.glob("timelapse-*"):
        text = path.read_text().replace(PYTHON, sys.executable)
        (tmp_path / path.name).write_text(text)
    return tmp_path


def _systemd_version() -> int:
    said = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[1])


@needs_analyze
@pytest.mark.parametrize("name", [path.name for path in sorted(UNITS.glob("timelapse-*.*"))])
def test_units_are_clean_to_systemd(units: Path, name: str) -> None:
    if Path(name).suffix not in {".service", ".timer"}:
        pytest.skip("is no unit")
    if _systemd_version() >= 253:
        dropin = units / f"{CAPTURE}.d"
        dropin.mkdir()
        shutil.copy(UNITS / "notify-reload.conf", dropin)
    done = subprocess.run(["systemd-analyze", "verify", units / name], capture_output=True, text=True, check=False)
    # Of other units on this machine it complains as well.
    assert [line for line in done.stderr.splitlines() if "timelapse" in line] == []
    assert done.returncode == 0


@needs_analyze
def test_verify_would_complain_of_a_mistake(units: Path) -> None:
    """Else the test above could not fail."""
    (units / CAPTURE).write_text((units / CAPTURE).read_text().replace("WatchdogSec=", "WatchdogSecs="))
    done = subprocess.run(["systemd-analyze", "verify", units / CAPTURE], capture_output=True, text=True, check=False)
    assert "WatchdogSecs" in done.stderr


@needs_analyze
@pytest.mark.parametrize(("name", "worst"), [(CAPTURE, 2.2), (WAIT, 1.0), (REVIVE, 1.2)])
def test_sandbox_is_not_opened_without_notice(units: Path, name: str, worst: float) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={round(worst * 10)}"]
    done = subprocess.run([*command, units / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, "\n".join(
        line for line in done.stdout.splitlines() if "✗" in line or "Overall" in line
    )


def test_hung_supervisor_is_replaced_within_the_watchdogs_time_and_5_s() -> None:
    service = settings(CAPTURE, "Service")
    watchdog, abort, again = (seconds(service[key][0]) for key in ("WatchdogSec", "TimeoutAbortSec", "RestartSec"))
    assert watchdog >= 10  # a card that stalls, a board that is busy
    assert abort + again < 5


def test_restarts_are_at_most_5_in_5_minutes_and_none_for_a_bad_configuration() -> None:
    unit, service = settings(CAPTURE, "Unit"), settings(CAPTURE, "Service")
    assert (seconds(unit["StartLimitIntervalSec"][0]), unit["StartLimitBurst"]) == (300, ["5"])
    # They are in no other section, where systemd would not look.
    assert not any(key.startswith("StartLimit") for key in service)
    assert seconds(service["RestartSec"][0]) * 5 < 60
    assert service["RestartPreventExitStatus"] == [str(EX_CONFIG)]


def test_revival_comes_when_the_start_limit_is_over_and_never_against_an_operator() -> None:
    timer, limit = settings("timelapse-revive.timer", "Timer"), settings(CAPTURE, "Unit")["StartLimitIntervalSec"][0]
    assert {seconds(timer[key][0]) for key in ("OnActiveSec", "OnUnitInactiveSec")} == {1800}
    assert seconds(limit) < 1800
    assert settings("timelapse-revive.timer", "Unit")["PartOf"] == [CAPTURE]
    assert "timelapse-revive.timer" in settings(CAPTURE, "Unit")["Wants"]
    conditions = settings(REVIVE, "Service")["ExecCondition"]
    assert [
        word
        for word in (
            "is-active timelapse-revive.timer",
            f"! systemctl --quiet is-active {CAPTURE}",
            "is-enabled",
            str(EX_CONFIG),
        )
        if not any(word in each for each in conditions)
    ] == []


def test_directories_are_those_that_the_program_looks_in() -> None:
    service = settings(CAPTURE, "Service")
    assert Path("/run") / service["RuntimeDirectory"][0] == runtime_dir.SYSTEM
    assert service["RuntimeDirectoryPreserve"] == ["yes"]
    assert service["ReadWritePaths"] == ["/run/lock/timelapse"]
    assert "d /run/lock/timelapse 2770 root timelapse -" in (UNITS / "timelapse.tmpfiles").read_text().splitlines()


def test_commands_are_ours_and_isolated() -> None:
    for name in (CAPTURE, WAIT):
        words = settings(name, "Service")["ExecStart"][0].split()
        assert words[:3] == [PYTHON, "-P", "-m"]
        assert settings(name, "Service")["Environment"] == ["PYTHONNOUSERSITE=1"]
    assert settings(CAPTURE, "Service")["ExecStart"][0].endswith("-m timelapse --config /etc/timelapse/timelapse.yml")


def test_wait_for_the_clock_ends_by_itself_before_systemd_would_end_it() -> None:
    service = settings(WAIT, "Service")
    words = service["ExecStart"][0].split()
    assert words[3] == time_wait.__name__
    limit_s = time_wait._limit_s(words[4:])
    assert limit_s + 30 < seconds(service["TimeoutStartSec"][0])
    assert settings(WAIT, "Unit")["Before"] == ["time-sync.target"]
    for key in ("Wants", "After"):
        assert f"time-sync.target {WAIT}" in settings(CAPTURE, "Unit")[key]


def test_sandbox_leaves_what_the_recorder_needs() -> None:
    service = settings(CAPTURE, "Service")
    assert int(service["LimitRTPRIO"][0]) >= precedence._LEAST_PRIORITY
    assert service["RestrictRealtime"] == ["no"]
    # No camera, no udev, or no question for the clock's state.
    forbidden = {"PrivateDevices", "PrivateNetwork", "PrivateUsers", "ProtectClock", "ProcSubset"}
    assert forbidden & service.keys() == set()
    assert set(service["RestrictAddressFamilies"][0].split()) == {"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"}
    assert set(service["DeviceAllow"]) == {"char-video4linux rw", "char-media rw", "char-dma_heap rw"}
    for name in (CAPTURE, WAIT):
        assert settings(name, "Service")["SystemCallFilter"][-1] == "adjtimex clock_adjtime"
