"""Power and heat: what a Raspberry Pi's firmware says of both, and the thermometers of any machine.

Owns: reading them, what the bits mean, and the judgement. Does not own: what the kernel does about heat.
Invariant: the judgement is pure.
"""

from __future__ import annotations

import shutil
import subprocess

from msgspec import Struct

from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.places import Places

LIMIT_S = 5.0
_ASK_S = 3.0
_SINCE_BOOT = 16
"""A bit so far up says that it has been so since the boot."""
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _SOFT_LIMIT = range(4)
_WORDS = {
    _CAPPED: "its frequency is capped",
    _THROTTLED: "it is throttled",
    _SOFT_LIMIT: "it is at its soft limit of heat",
}
_HOT_C, _TOO_HOT_C = 80.0, 85.0
"""Where a Raspberry Pi slows down, and where it does all it can."""
_OTHERS_HOT_C, _OTHERS_TOO_HOT_C = 95.0, 102.0
_NO_TEMPERATURE_C = 150.0


class Seen(Struct, frozen=True, kw_only=True):
    """`throttled` is the firmware's word, None where none is had. `temperature_c` is that of the hottest zone."""

    board: str = ""
    throttled: int | None = None
    temperature_c: float | None = None


def look(places: Places) -> Seen:
    """Read them. Blocks for `vcgencmd` where the kernel does not tell."""
    throttled = None
    if places.board:
        throttled = _by_kernel(places)
        if throttled is None:
            throttled = _by_firmware()
    return Seen(board=places.board, throttled=throttled, temperature_c=_temperature_c(places))


def judge(seen: Seen) -> list[Finding]:
    """Under-voltage, throttling, temperature. Pure."""
    findings = []
    if seen.throttled is not None:
        findings += [_voltage(seen.throttled, seen.board), _throttling(seen.throttled)]
    if seen.temperature_c is not None:
        findings.append(_heat(seen.temperature_c, is_pi=bool(seen.board)))
    return findings


def parse(text: str) -> int | None:
    """The bits in `50005`, `0x50005` or `throttled=0x50005`; None where it is none of them. Pure."""
    try:
        return int(text.strip().rpartition("=")[2], 16)
    except ValueError:
        return None


def _voltage(bits: int, board: str) -> Finding:
    check, do = "power.voltage", "sudo dmesg --ctime | grep -i voltage"
    amperes = "5.1 V and 5 A" if "Pi 5" in board else "5.1 V and 3 A"
    advice = f"A supply of {amperes}, a short thick cable, and a hub with its own supply for cameras and disks."
    if _is_set(bits, _UNDER_VOLTAGE):
        saw = f"under-voltage now (0x{bits:x}): cameras and disks drop off the bus, and cards lose data"
        return fault(check, saw, do=do, advice=advice)
    if _is_set(bits, _UNDER_VOLTAGE + _SINCE_BOOT):
        return warning(check, f"there was under-voltage since the boot (0x{bits:x})", do=do, advice=advice)
    return ok(check, "no under-voltage since the boot")


def _throttling(bits: int) -> Finding:
    check, do = "power.throttling", "vcgencmd get_throttled; vcgencmd measure_temp"
    advice = "Heat: a heat sink, a fan, or shade. Under-voltage slows it down as well."
    if now := [said for bit, said in _WORDS.items() if _is_set(bits, bit)]:
        return warning(check, f"now {', '.join(now)} (0x{bits:x}): frames may come late", do=do, advice=advice)
    if earlier := [said for bit, said in _WORDS.items() if _is_set(bits, bit + _SINCE_BOOT)]:
        saw = f"since the boot there was a time when {', '.join(earlier)} (0x{bits:x})"
        return warning(check, saw, do=do, advice=advice)
    return ok(check, "never throttled since the boot")


def _heat(temperature_c: float, *, is_pi: bool) -> Finding:
    hot_c, too_hot_c = (_HOT_C, _TOO_HOT_C) if is_pi else (_OTHERS_HOT_C, _OTHERS_TOO_HOT_C)
    check, saw = "power.temperature", f"{temperature_c:.0f} degrees C"
    do, advice = "grep . /sys/class/thermal/thermal_zone*/temp", "A heat sink, a fan, or shade."
    if temperature_c >= too_hot_c:
        return fault(check, f"{saw}: too hot, and slowed down", do=do, advice=advice)
    if temperature_c >= hot_c:
        return warning(check, f"{saw}: about to be slowed down", do=do, advice=advice)
    return ok(check, saw)


def _is_set(bits: int, number: int) -> bool:
    return bool(bits >> number & 1)


def _by_kernel(places: Places) -> int | None:
    """The firmware driver's file: below `soc` up to the Pi 4, elsewhere on the Pi 5."""
    devices = places.at("/sys/devices/platform")
    for pattern in ("soc/soc:firmware/get_throttled", "*/*firmware/get_throttled", "*/*/*firmware/get_throttled"):
        for path in sorted(devices.glob(pattern)):
            if (bits := parse(places.text(f"/{path.relative_to(places.root)}"))) is not None:
                return bits
    return None


def _by_firmware() -> int | None:
    if shutil.which("vcgencmd") is None:
        return None
    try:
        command = ["vcgencmd", "get_throttled"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse(done.stdout) if done.returncode == 0 else None


def _temperature_c(places: Places) -> float | None:
    zones = [name for name in places.names("/sys/class/thermal") if name.startswith("thermal_zone")]
    found = [places.number(f"/sys/class/thermal/{zone}/temp") for zone in zones]
    # Some zones tell nonsense where there is no sensor.
    sane = [millis / 1000 for millis in found if millis is not None and 0 < millis / 1000 < _NO_TEMPERATURE_C]
    return max(sane, default=None)
