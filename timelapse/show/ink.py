"""Colour, or none.

Owns: the few colours in use and their escape sequences. Does not own: when there are any (`timelapse.terminal`).
Invariant: painting changes no visible character, so widths are worked out before it.
"""

from __future__ import annotations

from msgspec import Struct


class Ink(Struct, frozen=True):
    """Paints text for a terminal when `colour` is on; otherwise gives it back as it is."""

    colour: bool = False

    def good(self, text: str) -> str:
        """All is well."""
        return self._paint("32", text)

    def warn(self, text: str) -> str:
        """Worth a look."""
        return self._paint("33", text)

    def bad(self, text: str) -> str:
        """Not recording, or about to stop."""
        return self._paint("31", text)

    def bold(self, text: str) -> str:
        """A heading."""
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        """What one does not look for: labels, what is out of date."""
        return self._paint("2", text)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text
