"""Making the runtime directory anew after somebody has removed it under a running supervisor.

Owns: noticing, and the steps back. Does not own: where the directory is (`shared.runtime_dir`), what is in the memory.
Invariant: recording never ends for this. Sockets that are connected live on without their paths; only what starts anew
(a worker, a client) needs them again. The ordinary case is a logout, which removes `/run/user/UID`.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from shared import fence
from shared.clock import NS_PER_S
from shared.errors import TimelapseError
from shared.runtime_dir import SOCKETS
from shared.transport import Hub

log = logging.getLogger(__name__)

_COMPLAIN_EVERY_NS = 60 * NS_PER_S


class Rebinding:
    """Looks after one runtime directory, which is locked and bound when this is made."""

    def __init__(self, runtime_dir: Path, hub: Hub) -> None:
        self._runtime_dir = runtime_dir
        self._paths = [os.fspath(runtime_dir / name) for name in SOCKETS]
        self._hub = hub
        self._complained_ns = -_COMPLAIN_EVERY_NS

    def mend(self, now_ns: int) -> bool:
        """Whether the directory was gone and is there again. A look at a path or two; call it once a second."""
        if all(map(_is_socket, self._paths)):
            return False
        try:
            self._runtime_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
            if not (self._runtime_dir / "supervisor.lock").exists():
                fence.hold(self._runtime_dir / "supervisor.lock", f"the runtime directory {self._runtime_dir}")
            self._hub.bind_again(self._runtime_dir)
        except (OSError, TimelapseError) as error:
            if now_ns - self._complained_ns >= _COMPLAIN_EVERY_NS:
                self._complained_ns = now_ns
                log.warning(
                    "%s was removed and can't be made anew: %s. Workers that run go on, but none can be started until "
                    "it is there again: mend that, or start the supervisor anew",
                    self._runtime_dir,
                    error,
                )
            return False
        log.warning("%s was removed by somebody; it has been made anew", self._runtime_dir)
        return True


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116 - each second for months: without a Path each time
    except OSError:
        return False
