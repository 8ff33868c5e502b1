"""Durations, sizes, percentages and resolutions: from what a person writes to numbers, and back.

Owns: the notation. Does not own: which values are sensible; that is `shared.config.schema`'s.
Invariant: what is formatted here parses to the very same number, and no parser raises anything but ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from shared.config.redact import shown
from shared.config.suggest import closest

# Longest first: a formatter takes the first unit in which the number is whole.
DURATION_UNITS_S = {
    "d": Decimal(86_400),
    "h": Decimal(3_600),
    "m": Decimal(60),
    "s": Decimal(1),
    "ms": Decimal("0.001"),
}
SIZE_UNITS_BYTES = {
    "TiB": Decimal(1024**4),
    "TB": Decimal(1000**4),
    "GiB": Decimal(1024**3),
    "GB": Decimal(1000**3),
    "MiB": Decimal(1024**2),
    "MB": Decimal(1000**2),
    "KiB": Decimal(1024),
    "kB": Decimal(1000),
    "B": Decimal(1),
}
# What people write, and have to be told.
LONG_UNITS = {
    "sec": "s",
    "second": "s",
    "min": "m",
    "minute": "m",
    "hr": "h",
    "hour": "h",
    "day": "d",
    "msec": "ms",
}
DURATION_FORMS = "10, 200ms, 0.5s, 5m, 1h or 7d"
SIZE_FORMS = "500MB, 1.5GB or 200MiB"
LONGEST_NUMBER = 40  # characters: more than any float takes, and a bound on the work

_NUMBER = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
_QUANTITY = re.compile(rf"({_NUMBER})\s*([^\s0-9]*)")
_PERCENT = re.compile(rf"({_NUMBER})\s*%?")
_RESOLUTION = re.compile(r"([0-9]{1,9})x([0-9]{1,9})")
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]+\s*[A-Za-z%]*")


def parse_duration_s(text: str) -> float:
    """Seconds of `10` (seconds), `200ms`, `0.5s`, `5m`, `1h` or `7d`. ValueError for anything else."""
    return float(_duration_s(text))


def parse_duration_ms(text: str) -> int:
    """Whole milliseconds of a duration. ValueError too when it is not a whole number of milliseconds."""
    duration_ms = _duration_s(text) * 1000
    if duration_ms != int(duration_ms):
        raise ValueError(f"{shown(text)} is not a whole number of milliseconds")
    return int(duration_ms)


def format_duration(duration_s: float) -> str:
    """The shortest notation that `parse_duration_s` takes back to the same number: 3600.0 is `1h`."""
    exact_s = _decimal(duration_s)
    for unit, unit_s in DURATION_UNITS_S.items():
        if exact_s and exact_s % unit_s == 0:
            return f"{int(exact_s / unit_s)}{unit}"
    return f"{format_number(duration_s)}s"


def parse_size_bytes(text: str) -> int:
    """Bytes of `500` (bytes), `500MB`, `1.5GB`, `200MiB` ...: kB is 1000 bytes, KiB 1024. ValueError otherwise."""
    number, unit = _quantity(text, "a size", SIZE_FORMS)
    size_bytes = number * _unit(text, "a size", unit or "B", SIZE_UNITS_BYTES)
    if size_bytes != int(size_bytes):
        raise ValueError(f"{shown(text)} is not a whole number of bytes")
    return int(size_bytes)


def format_size(size_bytes: int) -> str:
    """The notation with the fewest digits that `parse_size_bytes` takes back to the same number."""
    whole = [(size_bytes // int(scale), unit) for unit, scale in SIZE_UNITS_BYTES.items() if size_bytes % scale == 0]
    number, unit = min(whole, key=lambda candidate: candidate[0])
    return f"{number}{unit}" if size_bytes else "0B"


def parse_percent(text: str) -> float:
    """Percent of `90%`, and of a plain `90`, which means the same; `0.9` is 0.9 %. ValueError otherwise."""
    match = _PERCENT.fullmatch(_bounded(text))
    if match is None:
        raise ValueError(f"{shown(text)} is not a percentage{_why_not(text)} (write 90%)")
    return float(Decimal(match[1]))


def format_percent(percent: float) -> str:
    """`90%` of 90.0."""
    return f"{format_number(percent)}%"


def parse_resolution(text: str) -> tuple[int, int]:
    """(width, height) in pixels of `1920x1080`. ValueError otherwise."""
    match = _RESOLUTION.fullmatch(_bounded(text))
    if match is None:
        raise ValueError(f"{shown(text)} is not a resolution (write WIDTHxHEIGHT, such as 1920x1080)")
    return int(match[1]), int(match[2])


def format_resolution(resolution: tuple[int, int]) -> str:
    """`1920x1080` of (1920, 1080)."""
    return f"{resolution[0]}x{resolution[1]}"


def format_number(number: float) -> str:
    """Digits without an exponent and without a needless `.0`; parses to the same number. For finite numbers."""
    digits = f"{_decimal(number):f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _duration_s(text: str) -> Decimal:
    number, unit = _quantity(text, "a duration", DURATION_FORMS)
    return number * _unit(text, "a duration", unit or "s", DURATION_UNITS_S)


def _quantity(text: str, kind: str, forms: str) -> tuple[Decimal, str]:
    match = _QUANTITY.fullmatch(_bounded(text))
    if match is None:
        raise ValueError(f"{shown(text)} is not {kind}{_why_not(text)} (write {forms})")
    return Decimal(match[1]), match[2]


def _unit(text: str, kind: str, unit: str, known: Mapping[str, Decimal]) -> Decimal:
    if unit in known:
        return known[unit]
    near = LONG_UNITS.get(unit.lower().removesuffix("s")) or closest(unit, known)
    hint = f"did you mean {near}?" if near in known else f"write {', '.join(reversed(list(known)))}"
    raise ValueError(f"{shown(text)} is not {kind}: unknown unit {shown(unit)} ({hint})")


def _bounded(text: str) -> str:
    """`text` without the blanks around it, or nothing that could match where it is longer than any number."""
    stripped = text.strip()
    return stripped if len(stripped) <= LONGEST_NUMBER else ""


def _why_not(text: str) -> str:
    if _DECIMAL_COMMA.fullmatch(text.strip()):
        return ": decimals take a point, not a comma"
    return ": it can't be negative" if text.strip().startswith("-") else ""


def _decimal(number: float) -> Decimal:
    """The shortest decimal number that is read as `number`, which is what a person would write."""
    return Decimal(repr(number))
