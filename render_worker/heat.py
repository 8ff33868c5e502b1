"""How hot the machine is, and whether its firmware slows it down: read from the kernel.

Owns: finding and reading those files. Does not own: what follows (`pausing`).
Invariant: nothing here waits for a process or a disk: the files are the kernel's own. What can't be read counts as
nothing known. A sensor that is not the processor's (a disk's, a radio's) has no say where there is one that is.
"""

from __future__ import annotations

from pathlib import Path

from render_worker.pausing import Heat

_PROCESSORS = ("cpu", "soc", "x86_pkg", "coretemp", "k10temp")
_HOTTEST_C = 150.0
"""Some zones tell nonsense where there is no sensor."""
_THROTTLED_BITS = 0b1110
"""Of the firmware's word, now: its frequency is capped, it is throttled, it is at its soft limit of heat."""
_FIRMWARE = ("soc/soc:firmware/get_throttled", "*/*firmware/get_throttled", "*/*/*firmware/get_throttled")


class Thermometer:
    """The files are looked for once. `sys` is for tests."""

    def __init__(self, sys: Path = Path("/sys")) -> None:
        zones = sorted((sys / "class/thermal").glob("thermal_zone*"))
        of_processor = [zone for zone in zones if any(name in _text(zone / "type").lower() for name in _PROCESSORS)]
        self._zones = of_processor or zones
        platform = sys / "devices/platform"
        found = (path for pattern in _FIRMWARE for path in sorted(platform.glob(pattern)))
        self._firmware = next(found, None)

    def read(self) -> Heat:
        """As it is now. Some 20 us a zone."""
        found = [value / 1000 for zone in self._zones if (value := _number(_text(zone / "temp"), 10)) is not None]
        sane = [degrees for degrees in found if 0 < degrees < _HOTTEST_C]
        bits = None if self._firmware is None else _number(_text(self._firmware), 16)
        return Heat(max(sane, default=None), bool(bits and bits & _THROTTLED_BITS))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _number(text: str, base: int) -> int | None:
    try:
        return int(text, base)
    except ValueError:
        return None
