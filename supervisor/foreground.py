"""A supervisor in the foreground: from what it is handed to its exit status.

Owns: the order of the first steps. Does not own: the loop; nor reading the configuration, which was read before
(`supervisor.main`).
Invariant: the runtime directory is locked before anything is bound in it: a second bind steals an `ipc://` path in
silence. An error of ours is one line on standard error and its own status; only a bug shows a traceback.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import traceback

from shared import fence, log, runtime_dir
from shared.clock import SystemClock
from shared.config.model import Configuration
from shared.config.outcome import MOST_BYTES, unpack
from shared.errors import EX_SOFTWARE, TimelapseError, UsageError, WireError
from shared.journal_stream import for_stderr
from shared.stack import leave_a_stack
from supervisor.notify import Notifier
from supervisor.notify_socket import taken_from

logger = logging.getLogger(__name__)

SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""Blocked when this process begins, so that none of them ends it before the loop can take it."""


def main(arguments: list[str]) -> int:
    """Supervise until told to stop; the exit status. `arguments` are names and values in turn. Blocks."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    try:
        return supervise(_handed_over(given.get("--configuration-fd", "")), given.get("--runtime-dir"))
    except TimelapseError as error:
        with contextlib.suppress(OSError):
            sys.stderr.write(for_stderr(f"timelapse: {error}\n"))
        return error.status
    except Exception:  # noqa: BLE001 - a bug: the trace is for whoever reports it, the status for scripts
        with contextlib.suppress(OSError):
            sys.stderr.write(for_stderr(traceback.format_exc()))
        return EX_SOFTWARE


def supervise(configuration: Configuration, runtime_directory: str | None) -> int:
    """Supervise until SIGTERM or SIGINT; the exit status. Raises `TimelapseError` when it can't begin. Blocks."""
    log.to_stderr("supervisor")
    # A watchdog that has waited in vain aborts this process: the log then says where it stood.
    leave_a_stack(-1)
    # Before anything is started that could inherit it.
    service = taken_from(os.environ, os.getpid())
    directory = runtime_dir.create(runtime_directory)
    fence.hold(directory / "supervisor.lock", f"the runtime directory {directory}")
    # Imported late, so that what hinders the start is told without waiting for the sockets' library.
    from supervisor.loop import Supervisor  # noqa: PLC0415

    # A `timelapse | head` that ends must not end the recording.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    # Ignored, as some parents leave it, the kernel would reap our workers before we know how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.umask(0o027)
    supervisor = Supervisor(configuration, directory, SystemClock(), Notifier(service))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    logger.info("recording from %s; runtime directory %s", ", ".join(configuration.cameras), directory)
    return supervisor.run()


def _handed_over(fd: str) -> Configuration:
    try:
        with open(int(fd), "rb") as file:  # noqa: PTH123 - a descriptor
            configuration = unpack(file.read(MOST_BYTES))
    except (OSError, ValueError, WireError) as error:
        raise UsageError(f"it was not started by 'timelapse run', which is how to start it: {error}") from None
    if not isinstance(configuration, Configuration):
        raise configuration
    return configuration
