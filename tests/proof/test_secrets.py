"""A password that is kept in a file: the camera gets it, and nobody else ever sees it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from shared import fence
from shared.messages import Request
from tests.rig.http_cameras import answer, camera
from tests.rig.mjpeg_server import MjpegServer
from tests.rig.recorder import REPOSITORY, Recorder, workers_alive
from tests.rig.scene_jpeg import SceneJpeg

USER = "admin"
PASSWORD = "p@ss/w:rd#%"
KEPT = f"# of the gate\nCAMERA_USER={USER}\nCAMERA_PASSWORD='{PASSWORD}'\n"
CONFIG = """
secrets: {secrets}
cameras:
  main: {{source: "{url}", interval: 200ms}}
supervisor: {{restart: {{base: 200ms, max: 500ms}}}}
"""
SIGNED_IN = "//${CAMERA_USER}:${CAMERA_PASSWORD}@"
IN_ANY_FORM = {
    PASSWORD,
    "p@ss",
    "w:rd#",
    quote(PASSWORD, safe=""),
    quote(PASSWORD),
    "p%40ss",
    base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode().rstrip("="),
}


@pytest.fixture
def basic(undo: ExitStack) -> str:
    """A camera that asks for Basic, and sends a stream; its password stands in its query too."""
    server = undo.enter_context(MjpegServer(credentials=f"{USER}:{PASSWORD}", size=(320, 240)))
    return f"http:{SIGNED_IN}127.0.0.1:{server.port}/stream?token=${{CAMERA_PASSWORD}}"


@pytest.fixture
def digest(undo: ExitStack) -> str:
    """A camera that asks for Digest, and gives a JPEG for each request."""
    return undo.enter_context(camera(_Digest())).replace("//", SIGNED_IN) + "/shot.jpg"


class _Digest:
    """RFC 7616 with MD5."""

    def __init__(self) -> None:
        self._scene = SceneJpeg((320, 240))

    def __call__(self, connection: socket.socket, head: str) -> None:
        fields = dict(re.findall(r'(\w+)="?([^",\r]+)"?', head.partition("Authorization: Digest ")[2]))
        if fields and fields["response"] == self._response(fields, head.split()[1]):
            connection.sendall(answer(self._scene.at(time.time_ns()), "Content-Type: image/jpeg"))
            return
        challenge = 'WWW-Authenticate: Digest realm="cam", nonce="abc", qop="auth", algorithm=MD5'
        connection.sendall(answer(b"", challenge, "Content-Length: 0", status="401 Unauthorized"))

    @staticmethod
    def _response(fields: dict[str, str], path: str) -> str:
        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        login, request = md5(f"{USER}:cam:{PASSWORD}"), md5(f"GET:{path}")
        return md5(f"{login}:abc:{fields['nc']}:{fields['cnonce']}:auth:{request}")


@pytest.mark.parametrize("camera_that_asks", ["basic", "digest"])
def test_password_is_used_and_seen_nowhere(
    tmp_path: Path, camera_that_asks: str, request: pytest.FixtureRequest
) -> None:
    keep(tmp_path / "secrets", KEPT)
    config = CONFIG.format(secrets="secrets", url=request.getfixturevalue(camera_that_asks))
    with Recorder(tmp_path, config) as recorder:
        for _ in range(3):
            recorder.wait_for_frame()
        check_nothing_shows(recorder)
        # The camera is lost, with an explanation.
        keep(tmp_path / "secrets", KEPT.replace("'p@ss", "'not p@ss"))
        restart_in_vain(recorder, "camera")
        told = recorder.status()["workers"]["capture.main"]["last_detail"]
        assert "refuses access (401)" in told
        assert SIGNED_IN in told
        check_nothing_shows(recorder)
        # Each start reads the file anew: no operator is needed.
        keep(tmp_path / "secrets", KEPT)
        recorder.wait_for_frame()
        recorder.stop()
        check_nothing_shows(recorder, is_running=False)


def test_password_that_is_missing_waits_for_a_restart_or_a_reload(tmp_path: Path, basic: str) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    keep(one, "CAMERA_USER=admin\n")
    with Recorder(tmp_path, CONFIG.format(secrets="one", url=basic)) as recorder:
        wait_for_exit(recorder, "configuration")
        told = recorder.status()["workers"]["capture.main"]
        assert told["state"] == "failed"
        assert f"${{CAMERA_PASSWORD}} is found nowhere (looked in {one}, the environment)" in told["last_detail"]
        assert f"add a line CAMERA_PASSWORD=... to {one}, then: timelapse restart capture.main" in told["last_detail"]
        keep(one, KEPT)
        recorder.order("restart", "capture.main")
        recorder.wait_for_frame()
        check_file_kept_elsewhere_waits_for_a_restart(recorder, basic)
        restart_in_vain(recorder, "configuration")
        assert f"{other}: the secrets can't be read: No such file" in recorder.log_path.read_text()
        keep(other, KEPT)
        recorder.process.send_signal(signal.SIGHUP)  # type: ignore[union-attr]  # it runs
        recorder.wait_for_frame()
        assert recorder.status()["config"]["needs_restart"] == []
        check_nothing_shows(recorder)


def test_password_that_others_may_read_is_warned_of_and_one_of_the_environment_is_taken(
    tmp_path: Path, basic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", PASSWORD)
    keep(tmp_path / "secrets", "CAMERA_USER=admin\n", mode=0o644)
    with Recorder(tmp_path, CONFIG.format(secrets="secrets", url=basic)) as recorder:
        recorder.wait_for_frame()
        assert recorder.log_path.read_text().count(f"{tmp_path / 'secrets'}: others may read") == 1
        check_nothing_shows(recorder)


def keep(path: Path, text: str, mode: int = 0o600) -> None:
    """Put a secrets file in its place, whole, as an editor does."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(mode)
    new.rename(path)


def restart_in_vain(recorder: Recorder, cause: str) -> None:
    """An operator's restart, after which the worker ends for that cause."""
    mark = recorder.log.mark()
    assert recorder.ask(Request(id=os.urandom(8).hex(), verb="restart", worker="capture.main")).ok
    wait_for_exit(recorder, cause, after=mark)


def wait_for_exit(recorder: Recorder, cause: str, *, after: int = 0) -> None:
    """Block until the capture worker has ended for that cause."""
    recorder.log.wait_for(
        lambda event: (
            event.topic == "worker.exited" and event.data["worker"] == "capture.main" and event.data["cause"] == cause
        ),
        after=after,
    )
    if cause == "configuration":
        recorder.log.wait_for(
            lambda event: event.topic == "status" and event.data["workers"]["capture.main"]["state"] == "failed",
            after=after,
        )


def check_file_kept_elsewhere_waits_for_a_restart(recorder: Recorder, url: str) -> None:
    """A reload that changes `secrets` alone: the camera goes on, and its source waits."""
    before = recorder.pid_of("capture.main")
    recorder.configure(CONFIG.format(secrets="other", url=url))
    assert recorder.process is not None
    recorder.process.send_signal(signal.SIGHUP)
    reloaded = recorder.log.wait_for(lambda event: event.topic == "config.reloaded")
    assert reloaded.data == {"applied": ["secrets"], "needs_restart": ["cameras.main.source"]}
    recorder.wait_for_frame()
    assert recorder.pid_of("capture.main") == before


def check_nothing_shows(recorder: Recorder, *, is_running: bool = True) -> None:
    """The password is in no form in anything that anybody may look at."""
    places = dict(written_by(recorder))
    places["the events"] = b"\n".join(msgspec.json.encode(event) for event in recorder.log.events)
    places |= {" ".join(command): output_of(recorder, *command) for command in commands(is_running=is_running)}
    if is_running:
        command_lines = [line for pid in workers_alive(recorder.runtime_dir) if (line := command_line(pid))]
        assert command_lines, "the storage worker runs, whatever the camera's does"
        places["the command lines"] = b"\n".join(command_lines)
    assert SIGNED_IN.encode() in places["config show"], "the names may be seen"
    for place, data in places.items():
        found = [form for form in IN_ANY_FORM if form.encode() in data or msgspec.json.encode(form)[1:-1] in data]
        assert not found, f"{found} is in {place}"


def command_line(pid: int) -> bytes:
    """As `ps` shows it to everybody; nothing where it has ended meanwhile."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def written_by(recorder: Recorder) -> Iterator[tuple[str, bytes]]:
    """Every file that a recorder has written; the names too, for they may be derived from an address."""
    locks = fence.camera_fence_path("any").parent
    yield "the log", recorder.log_path.read_bytes()
    for directory in (recorder.runtime_dir, recorder.output_dir, locks):
        for path in directory.rglob("*"):
            yield f"the name of {path}", os.fsencode(path)
            if path.is_file():
                yield str(path), path.read_bytes()


def commands(*, is_running: bool) -> list[tuple[str, ...]]:
    """What an operator may ask."""
    config = [("config", "show"), ("config", "show", "--json"), ("config", "get", "cameras.main.source")]
    running = [("status",), ("status", "--json"), ("events", "--since", "1h", "--json")]
    return config + (running[:2] if is_running else [])


def output_of(recorder: Recorder, *arguments: str) -> bytes:
    """What `timelapse` prints, whether it succeeds or not."""
    options = ["--config", str(recorder.config_path), "--runtime-dir", str(recorder.runtime_dir)]
    command = [sys.executable, "-m", "timelapse", *options, *arguments]
    done = subprocess.run(command, capture_output=True, check=False, cwd=REPOSITORY)
    assert done.stdout, done.stderr
    return done.stdout + done.stderr
