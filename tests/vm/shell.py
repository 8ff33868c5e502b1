"""Commands in the guest, over ssh: one connection for all of them, each with its exit status.

Owns: the connection. Does not own: the machine; when it is cut, the connection is closed by who cuts.
Invariant: `close` leaves no process behind, whatever has become of the guest.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
from pathlib import Path
from typing import NamedTuple

CONNECT_S = 60
_OPTIONS = (
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "BatchMode=yes",
    f"ConnectTimeout={CONNECT_S}",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=8",
)


class GuestError(AssertionError):
    """A command in the guest failed, or took too long."""


class Done(NamedTuple):
    """A command that has ended."""

    status: int
    out: str
    err: str


class Shell:
    """Root's shell in the guest. `directory` is where the socket of the connection is put, under a short name."""

    def __init__(self, directory: Path, port: int, key: Path) -> None:
        self._directory = directory
        self._port = port
        options = [part for option in _OPTIONS for part in ("-o", option)]
        # A path of a socket is short: ssh runs in the directory.
        self._ssh = ["ssh", "-F", "none", "-q", "-S", "ssh", "-p", str(port), "-i", str(key), *options]
        self._master: subprocess.Popen[bytes] | None = None

    def answers(self) -> bool:
        """Whether sshd greets. Costs the guest little."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), 3) as connection:
                connection.settimeout(3)
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def open(self) -> bool:
        """Connect, for all commands to come; whether it worked. May be called again where it did not."""
        self.close()
        command = [*self._ssh, "-M", "-N", "root@127.0.0.1"]
        self._master = subprocess.Popen(
            command, cwd=self._directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return self.run("true", check=False, patience_s=CONNECT_S).status == 0

    def run(self, command: str, *, check: bool = True, patience_s: float = 120.0, stdin: bytes | None = None) -> Done:
        """Run a line of shell to its end. Raises GuestError where it fails (with `check`), or lasts longer."""
        try:
            ended = subprocess.run(
                [*self._ssh, "root@127.0.0.1", "--", command],
                cwd=self._directory,
                input=stdin or b"",
                capture_output=True,
                timeout=patience_s,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise GuestError(f"no end within {patience_s:.0f} s: {command}") from late
        done = Done(ended.returncode, ended.stdout.decode(errors="replace"), ended.stderr.decode(errors="replace"))
        if check and done.status != 0:
            raise GuestError(f"status {done.status}: {command}\n{done.out[-2000:]}{done.err[-2000:]}")
        return done

    def close(self) -> None:
        """End the connection. May be called twice."""
        if self._master is not None:
            self._master.kill()
            self._master.wait()
            self._master = None
        with contextlib.suppress(FileNotFoundError):
            (self._directory / "ssh").unlink()
