"""Every message that crosses a process, declared once: who sends it, over which socket, and why.

Owns: the shapes. Does not own: bytes (`shared.wire`) and sockets (`shared.transport`).
Invariant: a message of any other shape is an error at the socket, on the way out as on the way in.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from shared.causes import MissCause
from shared.config.model import Configuration

VERSION = 1
MAX_MESSAGE_BYTES = 65_536
"""Anything larger is counted and dropped. The largest of ours is a `status` of a dozen cameras, some 6 kB."""


class FromWorker(Struct, frozen=True, kw_only=True):
    """Who speaks: each message upwards names its worker, incarnation, process and thread."""

    worker: str
    incarnation: int
    pid: int
    thread: str = "main"


class Hello(FromWorker, frozen=True, kw_only=True, tag="hello"):
    """workers.sock, up, once: the worker asks for its configuration."""


class Ready(FromWorker, frozen=True, kw_only=True, tag="ready"):
    """workers.sock, up, once: set up and working (capture: the camera is open)."""


class Published(FromWorker, frozen=True, kw_only=True, tag="published"):
    """workers.sock, up: an event for the tap. `dropped` counts what could not be sent since the last one."""

    topic: str
    wall_ns: int
    mono_ns: int
    data: dict[str, Any]
    dropped: int = 0


class Snapped(FromWorker, frozen=True, kw_only=True, tag="snapped"):
    """workers.sock, up: the answer to `Snapshot`. `path` is the whole JPEG, below the runtime directory.

    `detail` says why there is none where it is not `ok`.
    """

    operation: str
    ok: bool
    path: str = ""
    detail: str = ""


class Pruned(FromWorker, frozen=True, kw_only=True, tag="pruned"):
    """workers.sock, up: the answer to `Prune`. So many frames were deleted, which freed so much.

    `detail` says what stayed that should have gone, or, where it is not `ok`, why nothing was done.
    """

    operation: str
    ok: bool
    frames: int = 0
    bytes: int = 0
    detail: str = ""


class Cancelled(FromWorker, frozen=True, kw_only=True, tag="cancelled"):
    """workers.sock, up: the answer to `Cancel`. `detail` says what was given up, or why nothing was."""

    operation: str
    ok: bool
    detail: str = ""


WorkerMessage = Hello | Ready | Published | Snapped | Pruned | Cancelled


class Configure(Struct, frozen=True, kw_only=True, tag="configure"):
    """workers.sock, down: the answer to `Hello`, and again at each reload.

    `accounted_until_ns` is None where nothing is known (the worker looks at the tree); `since` is the cause
    of the slots missed after it. The moment at which the last account was told, on both clocks, says how far the wall
    clock was set since. Slots from `earlier_first_ns` to `earlier_last_ns` were told before the clock was put back: of
    these, first takes are old news. All of this matters to the first one only, and to a capture worker.
    """

    configuration: Configuration
    accounted_until_ns: int | None = None
    accounted_wall_ns: int = 0
    accounted_mono_ns: int = 0
    earlier_first_ns: int = 0
    earlier_last_ns: int = -1
    since: MissCause = "down"


class Snapshot(Struct, frozen=True, kw_only=True, tag="snapshot"):
    """workers.sock, down, to a capture worker: one picture as soon as it can be had, for `operation`, and no slot's."""

    operation: str


class Prune(Struct, frozen=True, kw_only=True, tag="prune"):
    """workers.sock, down, to the storage worker: delete now what the rules let go, for `operation`."""

    operation: str


class Cancel(Struct, frozen=True, kw_only=True, tag="cancel"):
    """workers.sock, down, to the render worker: give up what is being rendered, for `operation`."""

    operation: str


Order = Configure | Snapshot | Prune | Cancel


class Lease(FromWorker, frozen=True, kw_only=True, tag="lease"):
    """leases.sock, up: this thread will be done with `operation` by the deadline, or it hangs. None: no work left."""

    operation: str
    declared_mono_ns: int
    deadline_mono_ns: int | None


class Event(Struct, frozen=True, kw_only=True):
    """events.sock, down to anybody, behind a frame with the topic. The numbers are the bus's own."""

    v: int
    topic: str
    source: str
    boot: str
    seq: int
    tseq: int
    wall_ns: int
    mono_ns: int
    data: dict[str, Any]


Verb = Literal["ping", "status", "reload", "replay", "start", "stop", "restart", "kill", "snapshot", "prune", "cancel"]

EARLIER = "earlier"
"""As the `boot` of a `replay`: all earlier supervisors'."""


class Request(Struct, frozen=True, kw_only=True):
    """control.sock, from the command line: `verb` is one of `Verb`, and any other is answered by an error.

    The same `id` twice is answered twice and carried out once. `boot` is for `replay`: an earlier supervisor's, or
    `EARLIER`.
    """

    id: str
    verb: str
    v: int = VERSION
    worker: str = ""
    after_seq: int = 0
    limit: int = 500
    boot: str = ""


class Problem(Struct, frozen=True, kw_only=True):
    """Why a request was refused: `status` is the exit status for the command line."""

    status: int
    message: str


class Answer(Struct, frozen=True, kw_only=True):
    """control.sock, back. `operation` names long work that completes as `operation.finished`."""

    id: str
    ok: bool
    v: int = VERSION
    operation: str = ""
    data: dict[str, Any] = {}
    error: Problem | None = None
