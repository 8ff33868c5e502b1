"""The fence: one holder, named to whoever is refused, and opened by nothing but death."""

from __future__ import annotations

import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared import fence
from shared.errors import BusyError, DiskError

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import os, subprocess, sys
from pathlib import Path
from shared.fence import hold
hold(Path(sys.argv[1]), "the camera", inherit=sys.argv[2] == "inherit")
child = None
if sys.argv[3] == "with a child":
    # The descriptor may be anywhere: a camera's library starts its helpers with everything that is inheritable.
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=0, close_fds=False)
print(os.getpid(), child and child.pid, flush=True)
sys.stdin.read()
"""
_PATIENCE_MS = 5_000


class Holder:
    """A process that holds a fence, and perhaps its child."""

    def __init__(self, path: Path, *, inherit: bool, with_child: bool) -> None:
        arguments = [str(path), "inherit" if inherit else "", "with a child" if with_child else ""]
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        pid, child = self.process.stdout.readline().split()
        assert int(pid) == self.process.pid
        self.child_pid = None if child == "None" else int(child)

    def kill(self) -> None:
        """SIGKILL to the holder alone, and wait for its end."""
        self.process.kill()
        self.process.wait()

    def kill_child(self) -> None:
        """SIGKILL to the child, which is nobody's of ours any more, and wait for its end."""
        assert self.child_pid is not None
        pidfd = os.pidfd_open(self.child_pid)
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        assert select.select([pidfd], [], [], _PATIENCE_MS / 1000)[0]
        os.close(pidfd)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "camera.lock"


@pytest.fixture
def candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The directories for locks, in order, with those that are the machine's own replaced."""
    names = ("run-lock/timelapse", "session/timelapse-locks", "tmp/timelapse")
    places = [tmp_path / name for name in names]
    for place in places:
        place.parent.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(places[1].parent))
    machine = {"/run/lock/timelapse": places[0], f"/tmp/timelapse-{os.getuid()}": places[2]}
    monkeypatch.setattr(fence, "Path", lambda text: machine.get(str(text), Path(text)))
    return places


@pytest.fixture
def holder(path: Path) -> Iterator[Callable[..., Holder]]:
    started: list[Holder] = []

    def start(*, inherit: bool = False, with_child: bool = False) -> Holder:
        started.append(Holder(path, inherit=inherit, with_child=with_child))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        for pipe in (each.process.stdin, each.process.stdout):
            assert pipe is not None
            pipe.close()


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _is_held(path: Path) -> bool:
    """As a process of its own sees it, which lets go at once."""
    code = "import sys; from pathlib import Path; from shared.fence import hold; hold(Path(sys.argv[1]), 'it')"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 or "BusyError" in done.stderr, done.stderr
    return done.returncode != 0


def test_hold_of_a_held_fence_is_refused_with_the_holders_pid(path: Path, holder: Callable[..., Holder]) -> None:
    pid = holder().process.pid
    with pytest.raises(BusyError, match=f"^the camera of capture.main is in use by process {pid} .*{path}"):
        fence.hold(path, "the camera of capture.main")
    # Being refused must not have changed what is said to the next one.
    with pytest.raises(BusyError, match=f"process {pid} "):
        fence.hold(path, "it")


def test_hold_twice_in_one_process_is_refused(path: Path) -> None:
    fence.hold(path, "it")
    with pytest.raises(BusyError, match=f"process {os.getpid()} "):
        fence.hold(path, "it")


def test_fence_is_released_at_its_holders_death_and_its_file_stays(path: Path, holder: Callable[..., Holder]) -> None:
    first = holder()
    inode = path.stat().st_ino
    first.kill()
    second = holder()
    assert path.stat().st_ino == inode
    assert path.read_text() == f"{second.process.pid}\n"


def test_fence_of_a_stopped_holder_is_held(path: Path, holder: Callable[..., Holder]) -> None:
    stopped = holder()
    stopped.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, stopped.process.pid, os.WSTOPPED | os.WNOWAIT)
    assert _is_held(path)


def test_inherited_fence_outlives_its_holder_in_its_child(path: Path, holder: Callable[..., Holder]) -> None:
    parent = holder(inherit=True, with_child=True)
    parent.kill()
    assert _is_held(path)
    with pytest.raises(BusyError, match=f"process {parent.process.pid} "):
        fence.hold(path, "it")
    parent.kill_child()
    assert not _is_held(path)


def test_fence_that_is_not_inherited_ends_with_its_holder(path: Path, holder: Callable[..., Holder]) -> None:
    parent = holder(with_child=True)
    parent.kill()
    assert not _is_held(path)
    parent.kill_child()


def test_hold_overwrites_a_longer_pid_of_a_dead_holder(path: Path) -> None:
    path.write_text("12345678901234567890\nrubbish")
    fence.hold(path, "it")
    assert path.read_text() == f"{os.getpid()}\n"


def test_hold_of_a_fence_without_a_pid_says_unknown(path: Path, holder: Callable[..., Holder]) -> None:
    holder()
    path.write_text("")
    with pytest.raises(BusyError, match="process unknown"):
        fence.hold(path, "it")


def test_hold_through_a_link_is_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    path.symlink_to(tmp_path / "precious")
    with pytest.raises(DiskError, match="can't be opened"):
        fence.hold(path, "it")
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("name", ["", "missing/camera.lock"])
def test_hold_of_what_can_not_be_a_file_raises_disk_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(DiskError, match="the camera"):
        fence.hold(tmp_path / name, "the camera")


def test_hold_that_fails_leaves_no_descriptor_behind(path: Path, holder: Callable[..., Holder]) -> None:
    holder()
    before = _open_descriptors()
    with pytest.raises(BusyError):
        fence.hold(path, "it")
    assert _open_descriptors() == before


def test_camera_fence_path_keeps_cameras_apart_and_secrets_out(candidates: list[Path]) -> None:
    keys = [
        "cam.local:554/h264",
        "cam.local:554/h265",
        "cam.local:80/shot.jpg?user=admin&pwd=hunter2",
        "cam.local:80/shot.jpg?user=admin&pwd=other",
        "cam.local:554/user=admin&password=hunter2&channel=1&stream=0.sdp",
        "cam.local:554/live;password=hunter2",
        "/run/a/timelapse/main",
        "/run/b/timelapse/main",
        "/run/" + "x" * 200 + "/main",
    ]
    paths = [fence.camera_fence_path(key) for key in keys]
    assert len(set(paths)) == len(keys)
    assert [path for path in paths if "hunter2" in path.name or "other" in path.name] == []
    assert all(len(path.name) < 100 for path in paths)
    assert all(path.parent == candidates[0] for path in paths)
    assert all("cam.local" in path.name for path in paths[:6]), "a person should see which camera it is"
    assert [fence.camera_fence_path(key) for key in keys] == paths


def test_lock_directory_is_the_first_that_can_be_made(candidates: list[Path]) -> None:
    assert fence.camera_fence_path("key").parent == candidates[0]
    assert stat.S_IMODE(candidates[0].stat().st_mode) & 0o007 == 0


def test_lock_directory_without_the_first_is_the_session_s(candidates: list[Path]) -> None:
    candidates[0].parent.rmdir()
    assert fence.camera_fence_path("key").parent == candidates[1]


def test_lock_directory_without_a_session_is_in_tmp(candidates: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    candidates[0].parent.rmdir()
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert fence.camera_fence_path("key").parent == candidates[2]


@pytest.mark.parametrize("trap", ["a link", "a dangling link", "a file", "somebody else's"])
def test_lock_directory_that_is_a_trap_is_passed_over(candidates: list[Path], tmp_path: Path, trap: str) -> None:
    candidates[0].parent.rmdir()
    _lay(trap, candidates[1], tmp_path / "lure")
    assert fence.camera_fence_path("key").parent == candidates[2]
    assert not (tmp_path / "lure").exists() or list((tmp_path / "lure").iterdir()) == []


def test_lock_directory_where_all_are_traps_raises_with_those_tried(candidates: list[Path], tmp_path: Path) -> None:
    candidates[0].parent.rmdir()
    for number, candidate in enumerate(candidates[1:]):
        _lay("a link", candidate, tmp_path / f"lure{number}")
    with pytest.raises(DiskError, match=f"{candidates[1]}, {candidates[2]}"):
        fence.camera_fence_path("key")


def _lay(trap: str, place: Path, lure: Path) -> None:
    if trap == "a file":
        place.write_text("")
    elif trap == "somebody else's":
        if os.getuid() != 0:
            pytest.skip("only root can make a directory that is somebody else's")
        place.mkdir()
        os.chown(place, 65_534, 65_534)
    else:
        if trap == "a link":
            lure.mkdir()
        place.symlink_to(lure)
