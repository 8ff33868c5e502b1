"""The capture worker: one process a camera. It opens the camera, waits for the slot, shoots, writes.

Invariant: it never backs off inside itself. What fails ends the process, with a status that says why.
"""

from capture_worker.environment import prepare

# Before any module of the package loads numpy or OpenCV.
prepare()
