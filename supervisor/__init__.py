"""The supervisor: starts, watches and restarts the workers, and is the hub of the event bus.

Invariant: it never blocks, never touches the output disk, and imports no camera, image or numeric library.
"""

from shared import thin as _thin  # noqa: F401 - before any module of the package loads msgspec
