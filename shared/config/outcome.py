"""What came of reading a configuration, for another process: the configuration, or its mistakes in words.

Owns: the form on the way from the process that reads to the one that goes by it. Does not own: reading (`read`).
Invariant: what `unpack` returns was checked by `read` on the other side; the YAML library is not needed for it.
"""

from __future__ import annotations

from msgspec import Struct

from shared import wire
from shared.config.model import Configuration
from shared.errors import ConfigError

MOST_BYTES = 1 << 26
"""More than any configuration that may be read comes to."""
MOST_MISTAKES = 50
_LONGEST_MISTAKE = 5000
"""Longer than any path. Each status and event holds the mistakes, and whoever sends more than 1 MB is cut off."""


class Outcome(Struct, frozen=True):
    """One of the two; `mistakes` is the message of a `ConfigError`."""

    configuration: Configuration | None = None
    mistakes: str = ""


def pack(read: Configuration | ConfigError) -> bytes:
    """What came of it as bytes."""
    outcome = Outcome(mistakes=_bounded(str(read))) if isinstance(read, ConfigError) else Outcome(configuration=read)
    return wire.pack(outcome)


def unpack(data: bytes) -> Configuration | ConfigError:
    """What `pack` was given. Raises `WireError` for anything else."""
    outcome = wire.check(wire.unpack_map(data), Outcome)
    return outcome.configuration or ConfigError(outcome.mistakes)


def _bounded(mistakes: str) -> str:
    """The first of them, as they are in the file: somebody may have saved something else under its name."""
    lines = mistakes.splitlines()
    told = [line[:_LONGEST_MISTAKE] for line in lines[:MOST_MISTAKES]]
    if len(lines) > MOST_MISTAKES:
        told.append(f"... and {len(lines) - MOST_MISTAKES} more, all of which 'timelapse config check' tells")
    return "\n".join(told)
