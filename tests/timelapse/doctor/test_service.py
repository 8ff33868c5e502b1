"""The service, by a systemctl that says what the test has written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rig.doctor_values import configuration, known, levels, only, planted
from tests.rig.status_values import status
from timelapse.doctor import service
from timelapse.doctor.finding import Finding
from timelapse.doctor.known import UNIT
from timelapse.doctor.places import Places

_MAIN = {
    "Id": UNIT,
    "LoadState": "loaded",
    "UnitFileState": "enabled",
    "ActiveState": "active",
    "SubState": "running",
    "Result": "success",
    "NRestarts": "0",
    "MainPID": "500",
    "User": "root",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ReadWritePaths": "/run/lock/timelapse",
    "BindPaths": "",
    "StateDirectory": "timelapse",
}
_TIMER = {"Id": service.REVIVE, "LoadState": "loaded", "UnitFileState": "static", "ActiveState": "active"}
_WAIT = {"Id": service.WAIT, "LoadState": "loaded", "UnitFileState": "static", "ActiveState": "active"}


def _judged(age_s: float | None = None, **changed: Any) -> list[Finding]:
    main = {**_MAIN, **changed}
    units = {UNIT: main, service.REVIVE: _TIMER, service.WAIT: _WAIT}
    return service.judge(service.Service(units=units, age_s=age_s), known(unit=main))


def _systemctl(directory: Path, script: str) -> tuple[Places, list[str]]:
    program = directory / "systemctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return planted(directory / "root", {"/run/systemd/system/": "", "/proc/uptime": "1000.00 1.0\n"}), [str(program)]


def test_systemctl_is_asked_for_all_three_units(tmp_path: Path) -> None:
    said = "\n\n".join("\n".join(f"{key}={value}" for key, value in unit.items()) for unit in (_MAIN, _TIMER, _WAIT))
    (tmp_path / "said").write_text(f"{said}\nExecMainStartTimestampMonotonic=0\n")
    script = f'[ "$1" = show ] && [ "$3 $4 $5" = "{UNIT} {service.REVIVE} {service.WAIT}" ] && cat {tmp_path}/said'
    found = service.look(*_systemctl(tmp_path, script))
    assert found.units[UNIT] == _MAIN
    assert found.units[service.REVIVE] == _TIMER
    assert found.recorder is not None
    assert found.recorder.uid == 0


def test_age_is_that_of_the_process(tmp_path: Path) -> None:
    script = f"printf 'Id={UNIT}\\nExecMainStartTimestampMonotonic=400000000\\n'"
    assert service.look(*_systemctl(tmp_path, script)).age_s == pytest.approx(600.0)


@pytest.mark.parametrize("script", ["echo refused >&2; exit 1", "exec sleep 60"])
def test_systemctl_that_fails_or_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(service, "_ASK_S", 0.2)
    assert service.look(*_systemctl(tmp_path, script)).why


def test_machine_without_systemd_is_told(tmp_path: Path) -> None:
    assert service.look(Places(tmp_path)).why == "this machine is not run by systemd"


def test_service_that_runs_is_well() -> None:
    assert set(levels(_judged()).values()) == {"ok"}


@pytest.mark.parametrize(
    ("changed", "check", "level", "do"),
    [
        ({"UnitFileState": "disabled"}, "service.enabled", "warning", "enable"),
        ({"LoadState": "not-found"}, "service.enabled", "warning", "setup.sh"),
        ({"LoadState": "masked"}, "service.enabled", "fault", "unmask"),
        ({"ActiveState": "inactive", "SubState": "dead"}, "service.state", "warning", "systemctl start"),
        ({"ActiveState": "activating", "SubState": "auto-restart"}, "service.state", "fault", "journalctl"),
        ({"ActiveState": "failed", "Result": "start-limit-hit"}, "service.state", "fault", "reset-failed"),
        ({"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "78"}, "service.state", "fault", "check"),
        ({"ActiveState": "failed", "Result": "watchdog"}, "service.state", "fault", "reset-failed"),
        ({"NeedDaemonReload": "yes"}, "service.files", "warning", "daemon-reload"),
    ],
)
def test_state_says_what_to_do(changed: dict[str, Any], check: str, level: str, do: str) -> None:
    found = only(_judged(**changed), check)
    assert found.level == level
    assert do in found.do


@pytest.mark.parametrize("result", ["start-limit-hit", "exit-code", "signal", "watchdog"])
def test_unit_that_is_always_restarted_and_has_failed_met_its_limit(result: str) -> None:
    changed: dict[str, Any] = {"ActiveState": "failed", "Result": result, "Restart": "always", "ExecMainStatus": "70"}
    assert "so often" in only(_judged(**changed), "service.state").saw


def test_restart_of_today_is_a_warning_and_one_of_last_month_is_not() -> None:
    assert levels(_judged(3600.0, NRestarts="2"))["service.restarts"] == "warning"
    assert levels(_judged(30 * 86_400.0, NRestarts="2"))["service.restarts"] == "ok"


@pytest.mark.parametrize(
    ("output_dir", "changed", "level"),
    [
        ("/var/lib/timelapse/frames", {}, "ok"),
        ("/mnt/usb", {}, "fault"),
        ("/mnt/usb", {"ReadWritePaths": "/run/lock/timelapse -/mnt/usb"}, "ok"),
        ("/home/anna/frames", {"BindPaths": "/home/anna/frames:/home/anna/frames:rbind"}, "ok"),
        ("/home/anna/frames", {"ProtectSystem": "full"}, "fault"),
        ("/mnt/usb", {"ProtectSystem": "full"}, None),
    ],
)
def test_sandbox_that_forbids_the_output_directory_is_a_fault(
    output_dir: str, changed: dict[str, str], level: str | None
) -> None:
    main = {**_MAIN, **changed}
    found = service.judge(
        service.Service(units={UNIT: main}), known(configuration=configuration(output_dir=output_dir), unit=main)
    )
    assert levels(found).get("service.sandbox") == level


def test_units_beside_it_that_are_missing_are_warnings() -> None:
    found = levels(service.judge(service.Service(units={UNIT: _MAIN}), known(unit=_MAIN)))
    assert (found["service.revive"], found["service.time_wait"]) == ("warning", "warning")
    stopped: dict[str, Any] = {**_TIMER, "ActiveState": "inactive"}
    failed = {**_WAIT, "ActiveState": "failed"}
    units = {UNIT: _MAIN, service.REVIVE: stopped, service.WAIT: failed}
    found = levels(service.judge(service.Service(units=units), known(unit=_MAIN)))
    assert (found["service.revive"], found["service.time_wait"]) == ("warning", "warning")


def test_recorder_by_hand_is_told_that_no_boot_brings_it_back() -> None:
    (found,) = service.judge(service.Service(units={}), known(status=status(), unit={}))
    assert "does not come back after a boot" in found.saw
