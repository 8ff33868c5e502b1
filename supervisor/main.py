"""Starting a supervisor in the foreground.

Owns: the order of the first steps. Does not own: the loop.
Invariant: the runtime directory is locked before anything is bound in it: a second bind steals an `ipc://` path in
silence.
"""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path

from shared import fence, log, runtime_dir
from shared.clock import SystemClock
from shared.config.locate import locate
from shared.config.read import read

logger = logging.getLogger(__name__)


def run(config_path: str | None, runtime_directory: str | None) -> int:
    """Supervise until SIGTERM or SIGINT; the exit status. Raises `TimelapseError` when it can't begin."""
    log.to_stderr("supervisor")
    configuration = read(str(Path(locate(config_path)).absolute()))
    directory = runtime_dir.create(runtime_directory)
    fence.hold(directory / "supervisor.lock", f"the runtime directory {directory}")
    # Imported late, so that a mistake in the configuration is told without waiting for the sockets' library.
    from supervisor.loop import Supervisor  # noqa: PLC0415

    # A `timelapse | head` that ends must not end the recording.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    # Ignored, as some parents leave it, the kernel would reap our workers before we know how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.umask(0o027)
    supervisor = Supervisor(configuration, directory, SystemClock())
    logger.info("recording from %s; runtime directory %s", ", ".join(configuration.cameras), directory)
    return supervisor.run()
