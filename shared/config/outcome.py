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


class Outcome(Struct, frozen=True):
    """One of the two; `mistakes` is the message of a `ConfigError`."""

    configuration: Configuration | None = None
    mistakes: str = ""


def pack(read: Configuration | ConfigError) -> bytes:
    """What came of it as bytes."""
    outcome = Outcome(mistakes=str(read)) if isinstance(read, ConfigError) else Outcome(configuration=read)
    return wire.pack(outcome)


def unpack(data: bytes) -> Configuration | ConfigError:
    """What `pack` was given. Raises `WireError` for anything else."""
    outcome = wire.check(wire.unpack_map(data), Outcome)
    return outcome.configuration or ConfigError(outcome.mistakes)
