"""The dark paper that stills are put together on.

Owns: its colour, and laying pictures and words on it. Does not own: where they go.
Invariant: what is laid beyond an edge is cut off there, and never an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from render_worker.overlay.label import label

if TYPE_CHECKING:
    from render_worker.stills.taking import Pixels, Size

Side = Literal["left", "middle", "right"]
PAPER = (28, 24, 22)
"""Blue, green, red."""
INK = (132, 124, 120)
"""Of lines and marks."""


def sheet(size: Size) -> Pixels:
    """An empty sheet."""
    import numpy as np  # noqa: PLC0415 - 20 MB that a video does without

    return np.full((size[1], size[0], 3), PAPER, np.uint8)


def lay(paper: Pixels, pixels: Pixels, corner: tuple[int, int]) -> None:
    """Lay a picture on the paper with its left upper corner there (not left of it or above it)."""
    x, y = corner
    part = paper[y : y + pixels.shape[0], x : x + pixels.shape[1]]
    part[:] = pixels[: part.shape[0], : part.shape[1]]


def write(paper: Pixels, text: str, at: tuple[int, int], line_px: int, room_px: int, side: Side = "left") -> None:
    """Write `text` in a line of that height, at most `room_px` wide. `at` is its upper edge, and the flush side."""
    import numpy as np  # noqa: PLC0415 - as above

    words = label(text, line_px, room_px)
    ahead = {"left": words.pad, "middle": words.width // 2, "right": words.width - words.pad}[side]
    left, top = at[0] - ahead, at[1] - words.pad
    drawn = np.frombuffer(words.rgba, np.uint8).reshape(words.height, words.width, 4)
    first, above = max(0, -left), max(0, -top)
    part = paper[max(0, top) : max(0, top + words.height), max(0, left) : max(0, left + words.width)]
    drawn = drawn[above : above + part.shape[0], first : first + part.shape[1]]
    share = drawn[:, :, 3:].astype(np.uint16)
    part[:] = (part * (255 - share) + drawn[:, :, 2::-1] * share + 127) // 255
