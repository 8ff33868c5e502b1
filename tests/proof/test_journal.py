"""A recorder as a service: its whole log goes to the journal, and what somebody looks for there is found by its fields.

The journal's socket has one path for the whole system. The recorder is given a view of the file system of its own, in
which the test's socket is there; no journal of this machine hears of it.
"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from shared.messages import Event
from tests.proof.test_secrets import (
    CONFIG,
    IN_ANY_FORM,
    KEPT,
    PASSWORD,
    SIGNED_IN,
    USER,
    check_nothing_shows,
    keep,
    restart_in_vain,
)
from tests.rig.journal import Entry, JournalReader, parse
from tests.rig.mjpeg_server import MjpegServer
from tests.rig.recorder import Recorder

_JOURNALS = Path("/run/systemd")
_BIND = ("unshare", "--mount", "sh", "-c", f'mount --bind "$0" {_JOURNALS} && exec "$@"')
_BUILT_IN = """
cameras:
  main: {source: test, resolution: 320x240, interval: 200ms}
supervisor: {restart: {base: 200ms, max: 500ms}}
"""


class _Service:
    """What surrounds a recorder that systemd has started."""

    def __init__(self, directory: Path, journal: JournalReader, within: tuple[str, ...]) -> None:
        self.directory = directory
        self.within = within
        self._journal = journal
        self.datagrams: list[bytes] = []

    def entries(self) -> list[Entry]:
        """All of the journal so far."""
        self.datagrams += self._journal.datagrams()
        return [parse(data) for data in self.datagrams]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undo: ExitStack) -> _Service:
    if not _JOURNALS.is_dir() or subprocess.run([*_BIND, "/", "true"], check=False, capture_output=True).returncode:
        pytest.skip(f"needs {_JOURNALS}, and to be let mount something over it")
    (tmp_path / "sys" / "journal").mkdir(parents=True)
    (tmp_path / "log").touch()
    status = (tmp_path / "log").stat()
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    journal = undo.enter_context(JournalReader(tmp_path / "sys" / "journal" / "socket"))
    return _Service(tmp_path, journal, (*_BIND, str(tmp_path / "sys")))


def _has_ended(cause: str, event: Event) -> bool:
    return event.topic == "worker.exited" and event.data["cause"] == cause


def test_password_is_in_no_field_of_the_journal(service: _Service, undo: ExitStack) -> None:
    server = undo.enter_context(MjpegServer(credentials=f"{USER}:{PASSWORD}", size=(320, 240)))
    url = f"http:{SIGNED_IN}127.0.0.1:{server.port}/stream?token=${{CAMERA_PASSWORD}}"
    keep(service.directory / "secrets", KEPT)
    config = CONFIG.format(secrets="secrets", url=url)
    with Recorder(service.directory, config, within=service.within) as recorder:
        recorder.wait_for_frame()
        keep(service.directory / "secrets", KEPT.replace("'p@ss", "'not p@ss"))
        restart_in_vain(recorder, "camera")
        check_nothing_shows(recorder)
        keep(service.directory / "secrets", KEPT)
        recorder.wait_for_frame()
    (refused, *_) = [entry for entry in service.entries() if entry.get("TIMELAPSE_CAUSE") == "camera"]
    assert "refuses access (401)" in refused["MESSAGE"]
    assert any(SIGNED_IN in entry["MESSAGE"] for entry in service.entries()), "the names may be seen"
    for data in service.datagrams:
        found = [form for form in IN_ANY_FORM if form.encode() in data]
        assert not found, f"{found} is in {data!r}"


def test_bad_night_is_found_in_the_journal_by_camera_cause_and_priority(service: _Service) -> None:
    with Recorder(service.directory, _BUILT_IN, within=service.within) as recorder:
        recorder.wait_for_frame()
        for fault, cause in (("hang", "hang"), ("lost", "camera")):
            mark = recorder.log.mark()
            recorder.fault(fault)
            recorder.log.wait_for(partial(_has_ended, cause), after=mark)
            recorder.heal(fault)
            recorder.wait_for_frame()
    entries = service.entries()
    assert (service.directory / "log").read_text() == "", "nothing is written twice"
    assert {entry["SYSLOG_IDENTIFIER"] for entry in entries} == {"timelapse"}
    assert {entry["TIMELAPSE_WORKER"] for entry in entries} == {"supervisor", "storage", "capture.main"}
    for entry in entries:
        assert (entry["TIMELAPSE_WORKER"] == "capture.main") == (entry.get("TIMELAPSE_CAMERA") == "main")
    bad = [entry for entry in entries if int(entry["PRIORITY"]) <= 4]
    for entry in bad:
        print(f"<{entry['PRIORITY']}> {entry['MESSAGE']}")
    told = [entry for entry in bad if entry["MESSAGE"].startswith("supervisor: ")]
    assert [(entry["TIMELAPSE_CAUSE"], entry["MESSAGE"].split()[1:3]) for entry in told] == [
        ("hang", ["capture.main", "hangs:"]),
        ("hang", ["capture.main", "(pid"]),
        ("camera", ["capture.main", "(pid"]),
    ]
    assert {entry["TIMELAPSE_CAUSE"] for entry in bad} <= {"hang", "camera", "overrun", "stale"}
    assert any(entry["MESSAGE"].startswith("capture.main: camera open: ") for entry in entries)
