"""`timelapse doctor` as a command: with and without a supervisor, with a broken configuration, as another user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.rig.recorder import Recorder
from tests.rig.scripted_supervisor import ROOT
from tests.timelapse.conftest import Command
from timelapse.doctor.catalogue import CHECKS
from timelapse.doctor.finding import Report

_CAMERA = "cameras: {main: {source: test, resolution: 320x240, interval: 500ms}}\n"


def _report(command: Command, *arguments: str | Path) -> tuple[int, Report]:
    process = command("doctor", "--json", *arguments)
    said, complaint = process.communicate(timeout=60)
    assert complaint == ""
    return process.returncode, msgspec.json.decode(said, type=Report)


def _levels(report: Report) -> dict[str, str]:
    return {finding.check: finding.level for finding in report.checks}


def test_recorder_that_records_is_well_in_every_part(tmp_path: Path, command: Command) -> None:
    with Recorder(tmp_path, _CAMERA) as recorder:
        recorder.wait_for_frame()
        status, report = _report(command, "--runtime-dir", recorder.runtime_dir)
        files = {path.name for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".jpg"}
    found = _levels(report)
    # What the machine of the tests is like, its clock for one, may be worth a warning.
    assert [finding.saw for finding in report.checks if finding.level == "fault"] == []
    assert status == 0
    wanted = ["recording.frames", "recording.workers", "sockets.answer", "configuration.file", "configuration.in_force"]
    wanted += ["disk.space", "disk.writable", "mount.there", "packages.libraries"]
    assert {check: found.get(check) for check in wanted} == dict.fromkeys(wanted, "ok")
    assert [file for file in files if "probe" in file or "doctor" in file] == []


def test_broken_configuration_is_a_fault_and_the_rest_is_looked_at(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "broken.yml"
    path.write_text("output_dir: /srv\ncameras:\n  main: {sauce: test}\n")
    status, report = _report(command, "--config", path, "--runtime-dir", tmp_path / "run")
    (fault,) = [finding for finding in report.checks if finding.check == "configuration.file"]
    assert status == 69
    assert fault.saw.startswith(f"{path}:3:10: cameras.main.sauce: unknown key (did you mean source?)")
    assert {"clock.synchronised", "memory.room", "packages.python", "disk.system", "sockets.answer"} <= set(
        _levels(report)
    )


def test_every_warning_and_fault_comes_with_a_command(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "t.yml"
    path.write_text(
        f"output_dir: {tmp_path}/out\ncameras:\n  main: {{source: /dev/video77}}\n"
        "  gate: {source: 'http://127.0.0.1:9/'}\nrequire_mount: true\n"
    )
    _, report = _report(command, "--config", path, "--runtime-dir", tmp_path / "run")
    found = _levels(report)
    assert (found["cameras.present"], found["network.port"], found["mount.there"]) == ("fault", "fault", "fault")
    assert [finding for finding in report.checks if (finding.level == "ok") != (finding.do == "")] == []
    assert set(found) <= set(CHECKS)


def test_page_is_plain_in_a_pipe_keeps_to_the_columns_and_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "t.yml").write_text(f"output_dir: {tmp_path}/out\n{_CAMERA}")
    program = (
        "import sys\nfrom timelapse.cli import main\n"
        f"status = main(['doctor', '--config', '{tmp_path}/t.yml', '--runtime-dir', '{tmp_path}/run'])\n"
        "print(status, *{name.partition('.')[0] for name in sys.modules})"
    )
    environment = os.environ | {"COLUMNS": "70"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    *page, loaded = done.stdout.splitlines()
    assert loaded.startswith("0 ")
    assert set(loaded.split()) & {"cv2", "numpy", "simplejpeg", "astral", "zmq", "msgpack", "ruamel"} == set()
    assert "\x1b" not in done.stdout
    assert [line for line in page if len(line) > 70 and " do: " not in line] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_other_user_sees_what_he_may_and_is_told_what_he_may_not() -> None:
    # Not in tmp_path, which is closed to others.
    with tempfile.TemporaryDirectory() as temporary:
        closed = Path(temporary) / "etc"
        closed.mkdir(mode=0o700)
        (closed / "t.yml").write_text(f"output_dir: {temporary}/out\n{_CAMERA}")
        Path(temporary).chmod(0o711)
        report = _as_nobody("doctor", "--json", "--config", str(closed / "t.yml"), "--runtime-dir", f"{temporary}/run")
    assert report["user"] == "nobody"
    assert {"theme": "configuration", "why": f"nobody may not read {closed}/t.yml"} in report["not_seen"]
    assert "configuration.file" not in {finding["check"] for finding in report["checks"]}
    assert "memory.room" in {finding["check"] for finding in report["checks"]}


def _as_nobody(*arguments: str) -> dict[str, Any]:
    program = (
        # What is loaded late is loaded now: the interpreter itself may be where only root may read.
        "import os, pwd, sys\nimport shared.config.read, timelapse.client, timelapse.doctor.examination\n"
        "from timelapse import cli\n"
        "nobody = pwd.getpwnam('nobody')\nos.setgroups([])\nos.setgid(nobody.pw_gid)\nos.setuid(nobody.pw_uid)\n"
        "cli.main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report
