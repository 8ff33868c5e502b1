"""`timelapse snapshot`, with real recorders, real cameras of the built-in kind, and none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import simplejpeg

from shared.errors import EX_CONFIG, EX_NOHOST, EX_TEMPFAIL, EX_USAGE
from tests.rig.http_cameras import switched_off
from tests.rig.recorder import Recorder
from tests.timelapse.conftest import Command

_TWO = """
cameras:
  gate: {source: test, resolution: 320x240, interval: 1h}
  yard: {source: test, resolution: 64x48, interval: 200ms}
"""


def _run(command: Command, *arguments: str | Path) -> tuple[int, str, str]:
    process = command(*arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def _size(path: Path) -> tuple[int, int]:
    height, width, _, _ = simplejpeg.decode_jpeg_header(path.read_bytes())
    return width, height


def test_snapshot_of_a_running_recorder_is_its_camera_s_picture_and_no_slot(tmp_path: Path, command: Command) -> None:
    with Recorder(tmp_path, _TWO) as recorder:
        recorder.wait_for_frame("yard")
        recorder.log.wait_for(lambda event: event.topic == "camera.opened" and event.data["camera"] == "gate")
        for camera, size in (("gate", (320, 240)), ("yard", (64, 48))):
            file = tmp_path / f"{camera}.jpg"
            status, out, err = _run(command, "--runtime-dir", recorder.runtime_dir, "snapshot", camera, "-o", file)
            assert (status, err) == (0, "")
            assert re.fullmatch(rf"{file}: .* kB, in \d+\.\d s\n|{file}: \d+ B, in \d+\.\d s\n", out), out
            assert _size(file) == size
        assert not recorder.log.of("frame.written") or all(
            data["camera"] == "yard" for data in recorder.log.of("frame.written")
        ), "the hour has not come: the gate's picture is in no slot"
        assert list((recorder.runtime_dir / "snapshots").iterdir()) == [], "taken away"


def test_snapshot_without_a_camera_s_name_asks_which(tmp_path: Path, command: Command) -> None:
    with Recorder(tmp_path, _TWO) as recorder:
        recorder.wait_for_frame("yard")
        status, _, err = _run(command, "--runtime-dir", recorder.runtime_dir, "snapshot")
        assert (status, err) == (EX_USAGE, "timelapse: which camera? There are: gate, yard\n")
        status, _, err = _run(command, "--runtime-dir", recorder.runtime_dir, "snapshot", "gat")
        assert (status, err) == (EX_USAGE, "timelapse: no camera is called 'gat'; there are: gate, yard\n")


def test_snapshot_of_a_worker_that_is_stopped_is_refused_and_of_one_that_is_killed_ends(
    tmp_path: Path, command: Command
) -> None:
    with Recorder(tmp_path, _TWO) as recorder:
        recorder.wait_for_frame("yard")
        recorder.log.wait_for(lambda event: event.topic == "worker.ready" and event.data["worker"] == "capture.gate")
        recorder.fault("hang")
        waiting = command("--runtime-dir", recorder.runtime_dir, "snapshot", "gate", "-o", tmp_path / "x.jpg")
        recorder.log.wait_for(lambda event: event.topic == "worker.hung" and event.data["worker"] == "capture.gate")
        _, err = waiting.communicate(timeout=60)
        assert waiting.returncode == EX_TEMPFAIL
        assert err.startswith("timelapse: camera gate: ")
        recorder.heal("hang")
        recorder.order("stop", "capture.gate")
        status, _, err = _run(command, "--runtime-dir", recorder.runtime_dir, "snapshot", "gate")
        assert status == EX_TEMPFAIL
        assert "capture.gate takes no pictures at present: it is in the state stopped" in err
        assert not (tmp_path / "x.jpg").exists()


def test_snapshot_without_a_supervisor_opens_the_source_itself(tmp_path: Path, command: Command) -> None:
    file = tmp_path / "one.jpg"
    status, _, err = _run(command, "snapshot", "--source", "test", "-o", file)
    assert (status, err) == (0, "")
    assert _size(file) == (1920, 1080)


def test_snapshot_without_a_supervisor_takes_the_camera_of_the_configuration(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "nobody"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nobody"))
    config = tmp_path / "timelapse.yml"
    config.write_text(f"output_dir: {tmp_path}/out\ncameras: {{main: {{source: test, resolution: 64x48}}}}\n")
    file = tmp_path / "one.jpg"
    status, _, err = _run(command, "--config", config, "snapshot", "-o", file)
    assert (status, err) == (0, "")
    assert _size(file) == (64, 48)
    assert not (tmp_path / "out").exists()


def test_snapshot_of_a_camera_that_is_switched_off_exits_68(command: Command) -> None:
    with switched_off() as address:
        status, out, err = _run(command, "snapshot", "--source", address)
    assert (status, out) == (EX_NOHOST, "")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "expected", "word"),
    [
        pytest.param("rtsp:/x", EX_USAGE, "--source", id="mistyped"),
        pytest.param("/nowhere/film.mp4", 69, "/nowhere/film.mp4", id="no-such-file"),
    ],
)
def test_snapshot_of_a_source_that_gives_none_says_why(command: Command, source: str, expected: int, word: str) -> None:
    status, out, err = _run(command, "snapshot", "--source", source)
    assert (status, out) == (expected, "")
    assert word in err
    assert err.count("\n") == 1


def test_snapshot_of_a_camera_that_hangs_gives_up_in_time(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMELAPSE_TEST_FAULTS", str(tmp_path))
    (tmp_path / "hang").touch()
    status, _, err = _run(command, "snapshot", "--source", "test", "--timeout", "1500ms")
    assert (status, err) == (EX_TEMPFAIL, "timelapse: the camera gave no picture within 1.5 s\n")


def test_snapshot_with_a_broken_configuration_says_its_mistakes(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "nobody"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nobody"))
    config = tmp_path / "timelapse.yml"
    config.write_text(f"output_dir: {tmp_path}/out\ncameras: {{main: {{sauce: test}}}}\n")
    status, _, err = _run(command, "--config", config, "snapshot")
    assert status == EX_CONFIG
    assert f"{config}:2:18: cameras.main.sauce: unknown key" in err
