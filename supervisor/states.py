"""The words of supervision: states, what is wanted, what can happen, what can be done about it.

Owns: four enumerations and the record of one worker. Does not own: what follows from what (`supervisor.policy`).
Invariant: it imports nothing of ours, so that anything may name a state.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """What a worker is doing, as the supervisor sees it."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    KILLING = "killing"
    QUARANTINED = "quarantined"
    BACKOFF = "backoff"
    FAILED = "failed"


PROCESS_STATES = frozenset({State.STARTING, State.RUNNING, State.STOPPING, State.KILLING, State.QUARANTINED})
"""The states in which a process may be alive, and so may hold the camera."""


class Desired(StrEnum):
    """What the operator wants."""

    UP = "up"
    DOWN = "down"


class Happening(StrEnum):
    """What can happen to a worker."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    KILL = "kill"
    READY = "ready"
    WORKED = "worked"
    EXITED = "exited"
    REFUSED = "refused"
    HUNG = "hung"
    DUE = "due"
    APPEARED = "appeared"
    RELOADED = "reloaded"


class Action(StrEnum):
    """What is then to be done, in this order."""

    SPAWN = "spawn"
    TERMINATE = "terminate"
    ABORT = "abort"
    SLAY = "slay"


class Record(Struct, frozen=True):
    """All that the policy remembers of one worker. Times are monotonic nanoseconds.

    `failures` is the run of exits that nobody asked for. `forgiven` marks an end that the operator asked for.
    `due_ns` is the one timer of the state. `slain` says, in `killing`, that SIGKILL has been sent. `reloaded` says that
    the configuration was read anew since the process began.
    """

    state: State = State.STOPPED
    desired: Desired = Desired.DOWN
    failures: int = 0
    forgiven: bool = False
    worked: bool = False
    slain: bool = False
    reloaded: bool = False
    spawned_ns: int = 0
    due_ns: int | None = None
