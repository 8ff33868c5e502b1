"""Asking the supervisor to start, stop, restart or kill a worker, and waiting until that is done.

Owns: the options, the wait and the words of those four verbs. Does not own: the work, which is the supervisor's.
Invariant: the end of the work is not missed: the tap is listened to before the work is asked for.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Literal

from shared.errors import EX_OK, EX_TEMPFAIL, BusyError, NotRunningError
from shared.events import OperationFinished
from shared.messages import Event, Verb
from shared.wire import check
from timelapse.client import Client, find
from timelapse.show.verdict import trouble_of_worker
from timelapse.show.words import interval, plain
from timelapse.show.workers import doing
from timelapse.stream import Back, Gone, Stream

OperationVerb = Literal["start", "stop", "restart", "kill"]
_TURN_S = 0.5


def carry_out(verb: OperationVerb, arguments: argparse.Namespace) -> int:
    """Ask, and wait if that was wanted; the exit status. Blocks."""
    client = find(arguments.runtime_dir)
    try:
        if not arguments.wait:
            client.ask(verb, worker=arguments.worker)
            print(f"{arguments.worker}: {verb} accepted (--wait waits until it is done)")
            return EX_OK
        finished = asked_and_finished(client, verb, arguments.worker, arguments.timeout)
        print(_outcome(client, verb, finished), file=sys.stdout if finished.ok else sys.stderr)
        return EX_OK if finished.ok else EX_TEMPFAIL
    finally:
        client.close()


def asked_and_finished(client: Client, verb: Verb, worker: str, timeout_s: float) -> OperationFinished:
    """Have the supervisor do it, and block until it is done, or not.

    Raises `BusyError` when it takes longer, `NotRunningError` when the supervisor ends.
    """
    stream = Stream(client, ("operation.",))
    try:
        deadline_s = time.monotonic() + timeout_s
        operation = client.ask(verb, worker=worker).operation
        while (left_s := deadline_s - time.monotonic()) > 0:
            for item in stream.arrived(min(left_s, _TURN_S)):
                if isinstance(item, Gone | Back):
                    raise NotRunningError(f"the supervisor ended before '{verb} {worker}' was done")
                if isinstance(item, Event) and item.data.get("operation") == operation:
                    return check(item.data, OperationFinished)
    finally:
        stream.close()
    raise BusyError(f"'{verb} {worker}' is not done after {interval(timeout_s)}: {_present(client, worker)}")


def _present(client: Client, worker: str) -> str:
    """What the worker is doing, for somebody who has waited in vain."""
    _, status = client.status()
    found = status.workers.get(worker)
    if found is None:
        return f"{worker} is not there"
    busy = doing(found, 0.0)
    trouble = trouble_of_worker(worker, found, 0.0) or f"{worker} is running"
    return f"{trouble}{f' ({busy})' if busy else ''}"


def _outcome(client: Client, verb: OperationVerb, finished: OperationFinished) -> str:
    name = finished.worker
    if not finished.ok:
        return f"timelapse: '{verb} {name}' failed: {plain(finished.detail)}"
    _, status = client.status()
    worker = status.workers.get(name)
    if worker is None:
        return f"{name} is gone"
    again = " again" if verb in {"restart", "kill"} and worker.state == "running" else ""
    return f"{name} is {worker.state}{again}{f' (pid {worker.pid})' if worker.pid else ''}"
