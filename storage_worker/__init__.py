"""Keeps room on the output disk: tells how full it is, deletes the oldest frames, writes `.status.json`.

Owns: the decision what is deleted, and deleting it; no other process deletes frames. Does not own: writing frames.
Invariant: never the newest frame of a camera, never one younger than `keep_min`, never anything that is not ours.
"""

from shared import thin as _thin  # noqa: F401 - before any module of the package loads msgspec
