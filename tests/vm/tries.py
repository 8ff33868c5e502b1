"""What a process may do, tried: run in the guest by its plain Python, so that nothing of ours is needed there.

Owns: the tries, and what they need to be there (`BEFOREHAND`). Does not own: what their outcomes should be.
Invariant: a try that is let undoes what it did, or did nothing; one JSON object is printed, from the tries' names to
"done" or the name of the error that stopped it.

Each is one that somebody else is let do: the same user outside of the sandbox (`FOR_USER`), or root (`FOR_ROOT`). One
that nobody is let do would prove nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import mmap
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

OPEN_PLACES = tuple(
    f"{place}/rig-open"
    for place in ("/boot", "/etc", "/home", "/opt/timelapse", "/srv", "/usr", "/var/lib", "/var/log")
)
"""Where anybody may write, as far as owners and modes go."""
_HOME_FILE, _SETUID = "/home/rig-open/read-me", "/usr/local/lib/rig/id"
BEFOREHAND = (
    f"mkdir -p -m 1777 {' '.join(OPEN_PLACES)} /usr/local/lib/rig && echo private >{_HOME_FILE} && "
    f"install -m 4755 /usr/bin/id {_SETUID} && chmod 666 /dev/vda"
)
"""To be run by root, in a shell."""
_NAME = "rig-try"
_CLONE_NEWNS, _CLONE_NEWUSER, _PTRACE_TRACEME, _NR_FINIT_MODULE, _SYSLOG_SIZE = 0x20000, 0x10000000, 0, 313, 10
_ADDR_NO_RANDOMIZE, _MOD_MAXERROR = 0x0040000, 0x0004
_LIBC = ctypes.CDLL(None, use_errno=True)


class RefusedError(Exception):
    """Stopped, by something that has no error number."""


def _call(name: str, *arguments: object) -> None:
    """A function of the C library that returns -1 where it is refused. Raises OSError."""
    if getattr(_LIBC, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def _run(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise RefusedError(ended.stderr.strip()[-100:] or f"status {ended.returncode}")
    return ended.stdout.strip()


def _write_in(place: str) -> Callable[[], None]:
    def attempt() -> None:
        path = Path(place, _NAME)
        path.write_text("x")
        path.unlink()

    return attempt


def _opened(path: str, flags: int) -> Callable[[], None]:
    return lambda: os.close(os.open(path, flags))


def _socket(family: int, kind: int, protocol: int = 0) -> Callable[[], None]:
    return lambda: socket.socket(family, kind, protocol).close()


def _become_root_by_setuid() -> None:
    if (user := _run(_SETUID, "-u")) != "0":
        raise RefusedError(f"still user {user}")


def _make_setuid() -> None:
    path = Path("/var/lib/timelapse", _NAME)
    path.touch()
    try:
        path.chmod(0o4755)
        if not path.stat().st_mode & stat.S_ISUID:
            raise RefusedError("the bit is not set")
    finally:
        path.unlink()


def _in_child(name: str, *arguments: object) -> Callable[[], None]:
    """What would change this process for good."""

    def attempt() -> None:
        pid = os.fork()
        if pid == 0:
            try:
                _call(name, *arguments)
            except OSError as error:
                os._exit(error.errno or 255)
            os._exit(0)
        number = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if number:
            raise OSError(number, name)

    return attempt


def _load_module() -> None:
    _run("modprobe", "dummy")
    _run("modprobe", "-r", "dummy")


def _call_for_module() -> None:
    """The call itself, with no file: who may load one is told that it is none."""
    try:
        _call("syscall", _NR_FINIT_MODULE, -1, b"", 0)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise


def _set_clock() -> None:
    time.clock_settime(time.CLOCK_REALTIME, time.time())


def _adjust_clock() -> None:
    """Through the call that the filter lets pass for asking: a change of what the kernel thinks of its error."""
    timex = (ctypes.c_long * 32)(_MOD_MAXERROR)
    _call("adjtimex", timex)


def _make_node() -> None:
    path = f"/var/lib/timelapse/{_NAME}"
    os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(254, 0))
    Path(path).unlink()


def _mount() -> None:
    _call("mount", b"none", b"/mnt", b"tmpfs", 0, None)
    _call("umount", b"/mnt")


def _make_cgroup() -> None:
    path = Path("/sys/fs/cgroup", _NAME)
    path.mkdir()
    path.rmdir()


def _map_writable_code() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


FOR_USER: dict[str, Callable[[], object]] = {
    **{f"write in {place}": _write_in(place) for place in OPEN_PLACES},
    "write in /run/lock": _write_in("/run/lock"),
    "write in /dev/shm": _write_in("/dev/shm"),
    "read a file in a home": lambda: Path(_HOME_FILE).read_text(),
    "become root by a setuid program": _become_root_by_setuid,
    "make a setuid program": _make_setuid,
    "see another's process": lambda: Path("/proc/1/cmdline").read_bytes(),
    "read a disk": _opened("/dev/vda", os.O_RDONLY),
    "a socket of AF_ALG": _socket(socket.AF_ALG, socket.SOCK_SEQPACKET),
    "a socket of AF_VSOCK": _socket(socket.AF_VSOCK, socket.SOCK_STREAM),
    "a user namespace": _in_child("unshare", _CLONE_NEWUSER),
    "ptrace": _in_child("ptrace", _PTRACE_TRACEME, 0, None, None),
    "another personality": _in_child("personality", _ADDR_NO_RANDOMIZE),
    "memory to write and to execute": _map_writable_code,
}
FOR_ROOT: dict[str, Callable[[], object]] = {
    "become root by setresuid": lambda: os.setresuid(0, 0, 0),
    "load a module": _load_module,
    "the call that loads a module": _call_for_module,
    "set the clock": _set_clock,
    "adjust the clock": _adjust_clock,
    "a raw socket": _socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "a packet socket": _socket(socket.AF_PACKET, socket.SOCK_RAW),
    "a mount namespace": _in_child("unshare", _CLONE_NEWNS),
    "mount": _mount,
    "make a device": _make_node,
    "open /dev/kmsg": _opened("/dev/kmsg", os.O_WRONLY),
    "read the kernel's log": lambda: _call("klogctl", _SYSLOG_SIZE, None, 0),
    "change a setting of the kernel": _opened("/proc/sys/kernel/printk", os.O_WRONLY),
    "make a control group": _make_cgroup,
    "rename the machine": lambda: socket.sethostname(socket.gethostname()),
    "chroot": _in_child("chroot", b"/"),
}
ALLOWED: dict[str, Callable[[], object]] = {
    # What docs/install.md says that it may: a process that can do nothing at all would prove nothing either.
    **{f"write in {place}": _write_in(place) for place in ("/var/lib/timelapse", "/run/timelapse", "/tmp", "/var/tmp")},
    "write in /run/lock/timelapse": _write_in("/run/lock/timelapse"),
    "leave a file in /tmp": lambda: Path("/tmp", _NAME).write_text("x"),
    "a socket of AF_INET": _socket(socket.AF_INET, socket.SOCK_STREAM),
    "a socket of AF_INET6": _socket(socket.AF_INET6, socket.SOCK_STREAM),
    "a socket of AF_UNIX": _socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "a socket of AF_NETLINK": _socket(socket.AF_NETLINK, socket.SOCK_RAW, 15),
    "open the camera": _opened("/dev/video0", os.O_RDWR),
    "real-time priority": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
}
GROUPS = {"user": FOR_USER, "root": FOR_ROOT, "allowed": ALLOWED}


def outcome(attempt: Callable[[], object]) -> str:
    """`done`, or what stopped it."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    except RefusedError as error:
        return str(error)
    return "done"


def main(groups: list[str]) -> None:
    """Try all of these groups, and print what became of each, and who tried."""
    outcomes = {group: {name: outcome(attempt) for name, attempt in GROUPS[group].items()} for group in groups}
    with contextlib.suppress(OSError):
        outcomes["status"] = dict(
            line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line
        )
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(sys.argv[1:])
