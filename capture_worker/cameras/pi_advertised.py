"""From libcamera's description of a control to ours.

Owns: its types, and what older versions of it do not tell. Does not own: what a person may write (`pi_controls`).
Invariant: pure: it looks at what it is given, and imports no library.
"""

from __future__ import annotations

from typing import Any

from capture_worker.cameras.pi_controls import ANY_NUMBER, Advertised, Kind

_MANY = 1 << 16
_KINDS: dict[str, Kind] = {
    "Bool": "bool",
    "Byte": "int",
    "Unsigned16": "int",
    "Unsigned32": "int",
    "Integer32": "int",
    "Integer64": "int",
    "Float": "float",
    "String": "text",
    "Rectangle": "rectangle",
    "Size": "size",
    "Point": "point",
}
_ARRAYS = {"ColourGains": 2, "FrameDurationLimits": 2, "ColourCorrectionMatrix": 9, "AfWindows": ANY_NUMBER}
"""libcamera before 0.4 does not tell which controls are arrays."""


def advertised(control: Any, info: Any, controls: Any) -> Advertised:
    """One control: its id, its range, and libcamera's module of controls, where older versions have the names."""
    return Advertised(
        kind=_KINDS.get(control.type.name, "text"),
        least=_plain(info.min),
        most=_plain(info.max),
        default=_plain(info.default),
        count=_count(control),
        names=_names(control, controls),
    )


def _plain(value: Any) -> Any:
    """A rectangle, a size or a point as a tuple of numbers."""
    if isinstance(value, list | tuple):
        return tuple(_plain(each) for each in value)
    fields = [field for field in ("x", "y", "width", "height") if hasattr(value, field)]
    return tuple(int(getattr(value, field)) for field in fields) if fields else value


def _count(control: Any) -> int:
    """0 for a single value, `ANY_NUMBER` for an array that may have any length."""
    if not hasattr(control, "isArray"):
        return _ARRAYS.get(control.name, 0)
    if not control.isArray:
        return 0
    return int(control.size) if control.size < _MANY else ANY_NUMBER


def _names(control: Any, controls: Any) -> dict[int, str]:
    """The names of an enumeration's values, where it is one."""
    told = getattr(control, "enumerators", None)
    if told is not None:
        return dict(told() if callable(told) else told)
    for module in (controls, getattr(controls, "draft", None)):
        if (members := getattr(module, f"{control.name}Enum", None)) is not None:
            return {int(value): name for name, value in members.__members__.items()}
    return {}
