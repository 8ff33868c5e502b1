"""The work of a capture worker, as `shared.worker.run` calls it.

Owns: from the first order to a session, and what it hears. Does not own: the session.
Invariant: a session is made for a camera that the configuration has.
"""

from __future__ import annotations

import logging

from capture_worker.precedence import take_precedence
from capture_worker.session import Session
from shared.errors import ConfigError, TimelapseError
from shared.worker import Worker

log = logging.getLogger(__name__)

TOPICS = ("disk.pressure",)


def work(worker: Worker) -> int:
    """Record until told to stop; the exit status. Raises the `TimelapseError` that ended it."""
    order = worker.configuration()
    name = worker.identity.worker.removeprefix("capture.")
    camera = order.configuration.cameras.get(name)
    if camera is None:
        # A reload may take it out while its worker starts.
        raise ConfigError(f"the configuration has no camera {name!r} any more: it was removed while its worker started")
    session = Session(worker, order, camera)
    session.set_up(order)
    if camera.realtime:
        take_precedence()
    try:
        return session.run()
    except TimelapseError:
        log.debug("ends on an error", exc_info=True)
        raise
