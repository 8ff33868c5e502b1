"""The size of a camera's pictures, which its owner, or the camera itself, may change while it runs.

Owns: noticing that. Does not own: where it is said.
Invariant: pure. A change is told once, with both sizes, and not for every picture.
"""

from __future__ import annotations

Size = tuple[int, int]
"""(width, height) in pixels."""


class PictureSize:
    """The size of one camera's stored pictures so far."""

    def __init__(self) -> None:
        self._last: Size | None = None

    def changed(self, size: Size) -> str | None:
        """The size of the next picture; what to say of it where the one before it had another."""
        before, self._last = self._last, size
        if before is None or before == size:
            return None
        return f"the pictures' size changed from {before[0]}x{before[1]} to {size[0]}x{size[1]}"
