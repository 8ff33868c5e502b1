"""How many frames may wait for the disk.

Owns: that number. Does not own: the queue. Pure.
Invariant: what waits takes no more memory than a board with 512 MB can give, but for the one frame that has to fit.
"""

from __future__ import annotations

from shared.config.model import CameraConfig

_MOST = 4
_ROOM_BYTES = 48_000_000
_PLANES_BYTES_A_PIXEL = 1.5
"""YUV 4:2:0. A camera's own JPEG is smaller."""
_RAW_BYTES_A_PIXEL = 2.0


def most_queued(camera: CameraConfig) -> int:
    """For this camera: 4 frames of 2 MP, 3 of 8, 2 of 12, 1 with raw files of that size."""
    width, height = camera.resolution
    a_pixel = _PLANES_BYTES_A_PIXEL + (_RAW_BYTES_A_PIXEL if camera.raw else 0.0)
    return max(1, min(_MOST, int(_ROOM_BYTES / (width * height * a_pixel))))
