"""Where the machine's own files are, and reading small ones of them.

Owns: the root below which /proc, /sys, /etc, /dev and /run are: another one in tests. Does not own: what is in them.
Invariant: a file that is not there, or may not be read, reads as empty.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

_MOST_BYTES = 1 << 20


class Places(Struct, frozen=True):
    """The machine, or what is planted below `root` in its place."""

    root: Path = Path("/")

    def at(self, path: str | Path) -> Path:
        """The place of an absolute path below the root."""
        return self.root / str(path).lstrip("/")

    def text(self, path: str | Path) -> str:
        """A small file, without the blanks and NULs at its end."""
        try:
            with self.at(path).open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", "replace").strip("\0 \n\t")
        except OSError:
            return ""

    def lines(self, path: str | Path) -> list[str]:
        """Its lines."""
        return self.text(path).splitlines()

    def names(self, directory: str | Path) -> list[str]:
        """What is in a directory, sorted; nothing where there is none."""
        try:
            return sorted(entry.name for entry in self.at(directory).iterdir())
        except OSError:
            return []

    def number(self, path: str | Path) -> int | None:
        """The whole number in a file."""
        text = self.text(path)
        return int(text) if text.removeprefix("-").isdigit() else None

    @property
    def board(self) -> str:
        """`Raspberry Pi 4 Model B Rev 1.4`; empty on anything that is no Raspberry Pi."""
        model = self.text("/proc/device-tree/model")
        return model if "Raspberry Pi" in model else ""
