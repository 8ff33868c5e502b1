"""Finding the supervisor that runs, and asking it.

Owns: which runtime directory it is, the ids of requests, and what a refusal or silence becomes.
Does not own: sockets (`shared.transport`), nor what an answer means to its verb.
Invariant: a request is answered, refused or timed out; none of them passes in silence.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from shared import runtime_dir
from shared.errors import BusyError, NotRunningError, TimelapseError, WireError
from shared.messages import Answer, Request, Verb
from shared.status import Status
from shared.transport import Control, Tap
from shared.wire import check

PING_S = 3.0
"""A supervisor answers within a turn of its loop; one on a busy Pi Zero, and this process's own start, take longer."""
ANSWER_S = 10.0
_CONNECT_S = 1.0


class RefusedError(TimelapseError):
    """The supervisor would not do it. Message and exit status are its own."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """One conversation with one runtime directory. Close it when done; closing twice is fine."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._control = Control(directory)

    def ask(self, verb: Verb, *, worker: str = "", timeout_s: float = ANSWER_S) -> Answer:
        """Send a request and block for its answer. Raises `RefusedError`, and `BusyError` when none comes."""
        return self._answered(Request(id=os.urandom(8).hex(), verb=verb, worker=worker), timeout_s)

    def replay(self, after_seq: int, timeout_s: float = ANSWER_S, boot: str = "") -> dict[str, Any]:
        """One answer's worth of the events after `after_seq`; see `shared.messages`."""
        request = Request(id=os.urandom(8).hex(), verb="replay", after_seq=max(0, after_seq), boot=boot)
        return self._answered(request, timeout_s).data

    def status(self) -> tuple[dict[str, Any], Status]:
        """The whole picture, as it came and as a value. Blocks for the answer."""
        plain = self.ask("status").data
        try:
            return plain, check(plain, Status)
        except WireError as error:
            raise TimelapseError(f"the supervisor's status is of another version than this command: {error}") from error

    def answers(self, timeout_s: float = PING_S) -> bool:
        """Whether somebody answers a ping. Blocks for at most `timeout_s`."""
        try:
            self.ask("ping", timeout_s=timeout_s)
        except BusyError:
            return False
        return True

    def tap(self, prefixes: tuple[str, ...]) -> Tap:
        """Subscribe to events. What was sent before the subscription has arrived is not seen: `replay` has it."""
        return Tap(self.directory, prefixes)

    def close(self) -> None:
        """Leave."""
        self._control.close()

    def _answered(self, request: Request, timeout_s: float) -> Answer:
        answer = self._control.ask(request, timeout_s)
        if answer is None:
            raise BusyError(
                f"the supervisor in {self.directory} did not answer '{request.verb}' within {timeout_s:g} s"
            )
        if answer.error is not None:
            raise RefusedError(answer.error.message, answer.error.status)
        return answer


def find(explicit: str | None) -> Client:
    """The first runtime directory whose control socket answers. Blocks. `NotRunningError` tells what was tried."""
    tried, silent = [], []
    for directory in runtime_dir.candidates(explicit):
        if problem := _problem(directory / "control.sock"):
            tried.append(f"  {directory}: {problem}")
            continue
        client = Client(directory)
        if client.answers():
            return client
        client.close()
        silent.append(directory)
    if silent:
        where, why = f"the supervisor in {silent[0]}", "it is stopped (SIGSTOP, a debugger), or overloaded"
        raise NotRunningError(f"{where} does not answer within {PING_S:g} s: {why}")
    raise NotRunningError(
        "no supervisor is running. Looked in\n"
        + "\n".join(tried)
        + "\nStart one with 'timelapse run'"
        + ("" if explicit else "; name its directory by --runtime-dir if it is another one")
    )


def _problem(path: Path) -> str:
    """Why nobody can be there, found out at once by a plain connection; empty when somebody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as probe:
        probe.settimeout(_CONNECT_S)
        try:
            probe.connect(os.fspath(path))
        except FileNotFoundError:
            return "no control.sock" if path.parent.is_dir() else "no such directory"
        except ConnectionRefusedError:
            return "control.sock was left behind by a supervisor that has ended"
        except PermissionError:
            return f"no permission for control.sock{_group_hint(path)}"
        except OSError as error:
            return f"control.sock: {error.strerror or error}"
    return ""


def _group_hint(path: Path) -> str:
    """Whom it is open to, where that can be seen: the socket's mode is 0660."""
    import grp

    for place in (path, path.parent):
        try:
            group = grp.getgrgid(place.stat().st_gid).gr_name
        except (OSError, KeyError):
            continue
        return f" (it is open to its owner and to the group '{group}')"
    return ""
