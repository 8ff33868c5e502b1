"""Becoming a supervisor: the configuration is checked here, and the process goes on as `python -m supervisor`.

Owns: the first steps, and what is handed over. Does not own: the supervisor's own beginning (`supervisor.foreground`).
Invariant: the process stays the same one, with its pid, its descriptors 0 to 2 and its environment; what it had to load
for the command line and for YAML does not stay in its memory. A signal that comes in between is not lost.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from shared.config.locate import locate
from shared.config.outcome import pack
from shared.config.read import read
from shared.errors import ConfigError, WireError
from shared.interpreter import command
from supervisor.foreground import SIGNALS


def run(config_path: str | None, runtime_directory: str | None) -> NoReturn:
    """Supervise until SIGTERM or SIGINT. Raises `TimelapseError` where the configuration can't be used."""
    configuration = read(str(Path(locate(config_path)).absolute()))
    try:
        packed = pack(configuration)
    except WireError:
        # Of the strings in it only paths can hold what is no text, and they do where the file's own path does.
        raise ConfigError(f"{configuration.path}: its path is no UTF-8 text: put the file somewhere else") from None
    fd = os.memfd_create("timelapse-configuration", os.MFD_CLOEXEC)
    os.pwrite(fd, packed, 0)
    # The standard ones too: where the parent had closed one, /dev/null was opened in its place, for this program alone.
    for passed_on in (0, 1, 2, fd):
        os.set_inheritable(passed_on, True)
    named = {"--config": configuration.path, "--configuration-fd": str(fd)}
    if runtime_directory is not None:
        named["--runtime-dir"] = runtime_directory
    # Blocked signals stay pending across the exec, until the loop has somewhere to put them.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    words = [word for pair in named.items() for word in pair]
    os.execv(sys.executable, command("supervisor", words))  # noqa: S606 - no shell is wanted
