"""Many frames as one picture: their average, or the brightest of each pixel.

Owns: both ways of adding frames up. Does not own: which frames, and the file.
Invariant: the memory needed is that of one frame and one sum, however many frames there are.

The average is that of the light, not of the gray values: sums are linear, as if it had been one long exposure; what
shines for a moment leaves its trace. The tone curve is taken for that of sRGB. A still scene comes out as it went in.

The brightest is chosen by luma, whole pixels at a time: each pixel of the result is of one frame, so that a star keeps
its colour, and noise does not become gray by taking each channel from another frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from render_worker.selection.chosen import Chosen
from render_worker.stills.taking import Size, Taking, scaled, wanted_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from render_worker.stills.taking import Pixels

Progress = Callable[[int, int], None]
_BAND = 64
"""Rows that are worked on at once: what is needed for them meanwhile fits into the processor's cache."""


def average(frames: Sequence[Chosen], taking: Taking, size: Size | None, progress: Progress, _title: str) -> Pixels:
    """The mean light of every pixel. Each frame counts once, however long it was exposed."""
    import cv2  # noqa: PLC0415 - 20 MB that a video does without
    import numpy as np  # noqa: PLC0415 - likewise

    target = wanted_size(size, taking.size(frames))
    light = _light_of_gray().astype(np.float32)
    sums: NDArray[np.float32] = np.zeros((target[1], target[0], 3), np.float32)

    def add(pixels: Pixels) -> None:
        for rows in _bands(target[1]):
            part = sums[rows]
            cv2.add(part, cv2.LUT(pixels[rows], light), dst=part)

    _over_all(frames, taking, target, progress, add)
    # From here on a value is the next gray: where the light is halfway between two of them in gray, not in light.
    edges = (_light_of(np.arange(255) + 0.5) * max(1, taking.used)).astype(np.float32)
    result = np.empty(sums.shape, np.uint8)
    for rows in _bands(target[1]):
        result[rows] = np.searchsorted(edges, sums[rows], side="right")
    return result


def brightest(frames: Sequence[Chosen], taking: Taking, size: Size | None, progress: Progress, _title: str) -> Pixels:
    """Every pixel as it was in the frame in which it was brightest; of several the first."""
    import cv2  # noqa: PLC0415 - as above
    import numpy as np  # noqa: PLC0415 - likewise

    target = wanted_size(size, taking.size(frames))
    result = np.zeros((target[1], target[0], 3), np.uint8)
    best = np.zeros((target[1], target[0]), np.uint8)

    def add(pixels: Pixels) -> None:
        for rows in _bands(target[1]):
            luma = cv2.cvtColor(pixels[rows], cv2.COLOR_BGR2GRAY)
            brighter = cv2.compare(luma, best[rows], cv2.CMP_GT)
            cv2.copyTo(pixels[rows], brighter, result[rows])
            cv2.copyTo(luma, brighter, best[rows])

    _over_all(frames, taking, target, progress, add)
    return result


def _over_all(
    frames: Sequence[Chosen], taking: Taking, target: Size, progress: Progress, add: Callable[[Pixels], None]
) -> None:
    """Add every frame that is not damaged, at one size: the first one's, unless another one is asked for."""

    def take(chosen: Chosen) -> None:
        # A function of its own, so that a frame is gone before the next one is decoded.
        pixels = taking.take(chosen, target)
        if pixels is not None:
            add(scaled(pixels, target))

    progress(0, len(frames))
    for number, chosen in enumerate(frames, 1):
        take(chosen)
        progress(number, len(frames))


def _bands(height: int) -> Iterator[slice]:
    return (slice(top, min(top + _BAND, height)) for top in range(0, height, _BAND))


def _light_of_gray() -> NDArray[np.float64]:
    import numpy as np  # noqa: PLC0415 - as above

    return _light_of(np.arange(256))


def _light_of(gray: NDArray[Any]) -> NDArray[np.float64]:
    """The light, 0 to 1, that sRGB writes as this gray, 0 to 255."""
    import numpy as np  # noqa: PLC0415 - as above

    part = gray / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
