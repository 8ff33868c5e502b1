"""The configuration and its secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace

from shared.config.model import CameraConfig
from tests.rig.doctor_values import SERVICE, configuration, known, levels, only
from tests.rig.status_values import status
from timelapse.doctor import configuration as theme
from timelapse.doctor.configuration import Kept, Read

_GATE = CameraConfig(name="gate", source="rtsp://admin:${GATE}@h/1", secrets="/etc/timelapse/secrets")
_PASSWORD = CameraConfig(name="gate", source="rtsp://admin:geheim@h/1")


def _kept(kind: Literal["configuration", "secrets"], mode: int | None, *, readable: bool | None = True) -> Kept:
    return Kept(path=f"/etc/timelapse/{kind}", kind=kind, mode=mode, is_readable=readable)


def test_file_without_mistakes_is_well(tmp_path: Path) -> None:
    path = tmp_path / "t.yml"
    path.write_text("output_dir: /srv\ncameras: {main: {source: test}}\n")
    read = theme.read(str(path))
    assert read.configuration is not None
    assert levels(theme.judge_read(read, known())) == {"configuration.file": "ok"}


def test_each_mistake_is_a_fault_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "t.yml"
    path.write_text("output_dir: /srv\ncameras:\n  main: {source: tset, interval: soon}\n")
    found = theme.judge_read(theme.read(str(path)), known())
    assert [finding.level for finding in found] == ["fault", "fault"]
    assert found[0].saw.startswith(f"{path}:3:18: cameras.main.source: ")
    assert found[0].do == f"sudo nano {path}"


def test_file_that_is_named_and_not_there_is_a_fault(tmp_path: Path) -> None:
    (found,) = theme.judge_read(theme.read(str(tmp_path / "none.yml")), known())
    assert (found.level, "there is no such file" in found.saw) == ("fault", True)


def test_no_file_anywhere_says_where_to_put_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    if Path("/etc/timelapse/timelapse.yml").exists():
        pytest.skip("this machine has one")
    read = theme.read(None)
    assert read.is_missing
    (found,) = theme.judge_read(read, known())
    assert f"nor {tmp_path}/config/timelapse.yml" in found.saw
    assert found.do.startswith("sudo install ")


def test_files_are_looked_at_with_their_modes(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.write_text("GATE=geheim\n")
    secrets.chmod(0o640)
    camera = replace(_GATE, secrets=str(secrets))
    kept = theme.look(known(camera, config_path=str(tmp_path / "none"), recorder=known().caller))
    assert [(file.kind, (file.mode or 0) & 0o777, file.is_readable) for file in kept] == [
        ("configuration", 0, False),
        ("secrets", 0o640, True),
    ]


def test_configuration_that_the_service_may_not_read_is_a_fault() -> None:
    found = theme.judge([_kept("configuration", 0o100600, readable=False)], Read(), known())
    assert levels(found) == {"configuration.readable": "fault"}
    assert SERVICE.name in found[0].saw


@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o640, "ok"), (0o644, "warning"), (0o660, "warning")])
def test_secrets_are_for_those_alone_who_need_them(mode: int, level: str) -> None:
    found = theme.judge([_kept("secrets", 0o100000 | mode)], Read(), known(_GATE))
    assert only(found, "configuration.secrets").level == level


def test_secrets_that_are_missing_matter_where_a_source_asks_for_them() -> None:
    found = only(theme.judge([_kept("secrets", 0)], Read(), known(_GATE)), "configuration.secrets")
    assert (found.level, "GATE" in found.saw) == ("fault", True)
    assert levels(theme.judge([_kept("secrets", 0)], Read(), known())) == {"configuration.secrets": "ok"}


def test_what_this_user_may_not_see_is_not_judged() -> None:
    hidden = [_kept("configuration", None, readable=None), _kept("secrets", None, readable=None)]
    assert theme.judge(hidden, Read(), known(_GATE)) == []


@pytest.mark.parametrize(
    ("camera", "mode", "expected"),
    [(_PASSWORD, 0o100644, ["warning"]), (_PASSWORD, 0o100640, []), (_GATE, 0o100644, [])],
)
def test_password_in_a_file_that_all_may_read_is_a_warning(
    camera: CameraConfig, mode: int, expected: list[str]
) -> None:
    read = Read(path="/etc/timelapse/timelapse.yml", configuration=configuration(camera), mode=mode)
    found = theme.judge([], read, known(camera))
    assert [finding.level for finding in found] == expected
    assert "geheim" not in str(found)


def test_changes_that_wait_for_a_restart_are_a_warning() -> None:
    waiting = status(config=replace(status().config, needs_restart=["cameras.main.source"]))
    found = only(theme.judge([], Read(), known(status=waiting)), "configuration.in_force")
    assert (found.level, found.do) == ("warning", "timelapse restart capture.main")
    refused = status(config=replace(status().config, errors=["t.yml:1:1: x: unknown key"]))
    found = only(theme.judge([], Read(), known(status=refused)), "configuration.in_force")
    assert found.level == "warning"
    assert levels(theme.judge([], Read(), known(status=status()))) == {"configuration.in_force": "ok"}
