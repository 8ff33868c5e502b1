"""The capture worker: one process a camera. It opens the camera, waits for the slot, shoots, writes.

Invariant: it never backs off inside itself. What fails ends the process, with a status that says why.
"""

from capture_worker.environment import prepare
from shared import thin as _thin  # noqa: F401 - before any module of the package loads msgspec

# Before any module of the package loads numpy or OpenCV.
prepare()
