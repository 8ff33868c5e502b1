"""A worker that does as the environment says, through the real `shared.worker`.

Owns: the ways to end that no real worker has on demand. Does not own: being started (`hub_harness`).
Invariant: without an order in SCRIPTED_WORKER it waits until it is told to stop.
"""

from __future__ import annotations

import os
import signal
import threading

from shared import errors
from shared.events import CameraLost
from shared.worker import Worker, run

ORDER = "SCRIPTED_WORKER"
EVENTS = 900
"""Nearly as many as find room, and as long as they may well be: it takes a while until all of them have left."""
_PADDING = "." * 4_000


def work(worker: Worker) -> int:
    """The work of `shared.worker.run`."""
    order, _, rest = os.environ.get(ORDER, "wait").partition(" ")
    configuration = worker.configuration()
    worker.ready()
    if order == "raise":
        raise _error(rest)
    if order == "return":
        return int(rest)
    if order == "talk":
        for number in range(EVENTS):
            worker.publish("camera.lost", CameraLost(camera="main", detail=f"{number} {_PADDING}"))
        return 0
    if order == "lock":
        threading.Thread(target=_stuck_in_a_thread, args=(worker,), daemon=True).start()
        _stuck_here(worker)
    while signal.SIGTERM not in worker.signals.taken():
        worker.lease.sleep(60)
        worker.poller.wait(60_000_000_000)
    return len(configuration.configuration.cameras)


def _error(name: str) -> Exception:
    kind = getattr(errors, name, None)
    return ValueError(name) if kind is None else kind(f"this is {name}")


def _stuck_in_a_thread(worker: Worker) -> None:
    worker.lease_holder("camera").declare("grab", 60)
    threading.Event().wait()


def _stuck_here(worker: Worker) -> None:
    worker.lease.declare("lock", 60)
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


if __name__ == "__main__":
    run(work, ("disk.pressure",))
