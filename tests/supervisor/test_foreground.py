"""The first steps: from `timelapse run` to `python -m supervisor`, in one process that keeps nothing of the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import fence
from shared.errors import EX_CONFIG, EX_OK, EX_TEMPFAIL, EX_USAGE
from supervisor.foreground import main
from tests.rig.recorder import REPOSITORY, Recorder

_QUIET = "cameras:\n  main: {source: test, resolution: 320x240, interval: 1h}\n"
_SENT_DURING_THE_EXEC = """
import os, signal, sys
from supervisor import main
from timelapse import streams
streams.prepare()
execv = os.execv
def with_signal(*what):
    os.kill(os.getpid(), signal.{name})
    execv(*what)
os.execv = with_signal
main.run(sys.argv[1], sys.argv[2])
"""


@pytest.fixture(name="recorder")
def _recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(tmp_path, _QUIET)
    yield recorder
    recorder.log.close()


def test_supervisor_is_the_process_that_was_started_and_holds_neither_yaml_nor_command_line(tmp_path: Path) -> None:
    with Recorder(tmp_path, _QUIET) as recorder:
        recorder.log.wait_for(lambda event: event.topic == "worker.ready")
        assert recorder.process is not None
        pid = recorder.process.pid
        assert recorder.status()["supervisor"]["pid"] == pid
        mapped = Path(f"/proc/{pid}/maps").read_text()
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        left = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    assert [name for name in ("ruamel", "libcrypto", "_ctypes") if name in mapped] == []
    assert b"supervisor" in words
    assert str(recorder.config_path).encode() in words, "for whoever looks for it with ps"
    assert [name for name in left if "timelapse-configuration" in name] == []


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signal_on_the_way_ends_the_supervisor_in_order(recorder: Recorder, name: str) -> None:
    done = _started(_SENT_DURING_THE_EXEC.format(name=name), recorder)
    assert done.returncode == EX_OK, done.stderr
    assert f"{name}: stopping" in done.stderr
    assert "Traceback" not in done.stderr


def test_configuration_at_a_path_that_is_no_text_is_one_line_and_78(recorder: Recorder) -> None:
    directory = os.fsencode(recorder.directory) + b"/\xff"
    os.mkdir(directory)  # noqa: PTH102 - bytes
    recorder.config_path = recorder.config_path.rename(os.fsdecode(directory + b"/timelapse.yml"))
    done = _started("import sys; from timelapse.cli import main; sys.exit(main(['--config', *sys.argv[1:]]))", recorder)
    assert (done.returncode, len(done.stderr.splitlines())) == (EX_CONFIG, 1)
    assert "no UTF-8 text" in done.stderr


def test_runtime_directory_that_is_taken_is_one_line_and_75(recorder: Recorder) -> None:
    fence.hold(recorder.runtime_dir / "supervisor.lock", "the runtime directory")
    done = _started("import sys; from timelapse.cli import main; sys.exit(main(['--config', *sys.argv[1:]]))", recorder)
    assert (done.returncode, len(done.stderr.splitlines())) == (EX_TEMPFAIL, 1)
    assert done.stderr.startswith(f"timelapse: the runtime directory {recorder.runtime_dir} is in use by process")


def test_standard_error_that_is_closed_hinders_nobody(recorder: Recorder) -> None:
    """As some parents leave it. A signal on the way ends it in order, which it can do only once it has begun."""
    done = _started("import os; os.close(2)" + _SENT_DURING_THE_EXEC.format(name="SIGTERM"), recorder)
    assert done.returncode == EX_OK


@pytest.mark.parametrize("arguments", [[], ["--configuration-fd"], ["--configuration-fd", "99"], ["--help", "0"]])
def test_started_by_hand_it_says_how_it_is_started(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == EX_USAGE
    assert "'timelapse run'" in capsys.readouterr().err


def test_handed_something_else_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    fd = os.memfd_create("nonsense")
    os.pwrite(fd, b"\x93", 0)
    assert main(["--configuration-fd", str(fd)]) == EX_USAGE
    assert "'timelapse run'" in capsys.readouterr().err


def _started(program: str, recorder: Recorder) -> subprocess.CompletedProcess[str]:
    separate = [] if "cli" not in program else ["--runtime-dir"]
    return subprocess.run(
        [sys.executable, "-c", program, str(recorder.config_path), *separate, str(recorder.runtime_dir)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        restore_signals=True,
        start_new_session=True,
    )
