"""Every check there is: what it is called, and to which theme it belongs.

Owns: the names, which go out as `--json`, and what each tells in a few words. Does not own: the checks.
Invariant: a name stays what it is; `docs/doctor.md` has each of them, and no other.
"""

from __future__ import annotations

THEMES = {
    "recording": "recording",
    "service": "service",
    "processes": "processes",
    "sockets": "sockets",
    "configuration": "configuration",
    "cameras": "cameras",
    "network": "network",
    "mount": "the right disk",
    "disk": "disk",
    "clock": "clock",
    "power": "power and heat",
    "memory": "memory",
    "packages": "software",
}
"""In the order of the page, with their headings."""

CHECKS = {
    "recording.frames": "last frame",
    "recording.gaps": "gaps",
    "recording.pictures": "pictures",
    "recording.workers": "worker",
    "recording.ledger": "ledger",
    "service.enabled": "at boot",
    "service.state": "state",
    "service.restarts": "restarts",
    "service.files": "unit file",
    "service.sandbox": "sandbox",
    "service.revive": "revival",
    "service.time_wait": "wait",
    "processes.supervisors": "supervisor",
    "processes.left_over": "left over",
    "sockets.answer": "answer",
    "sockets.permissions": "permissions",
    "configuration.file": "file",
    "configuration.readable": "readable",
    "configuration.secrets": "secrets",
    "configuration.passwords": "passwords",
    "configuration.in_force": "in force",
    "cameras.look": "looking",
    "cameras.present": "camera",
    "cameras.name": "name",
    "cameras.free": "free",
    "cameras.permission": "permission",
    "network.name": "name",
    "network.port": "port",
    "network.wifi_power_save": "Wi-Fi",
    "network.wifi_signal": "signal",
    "mount.there": "mounted",
    "mount.required": "required",
    "mount.nofail": "at boot",
    "disk.answers": "answer",
    "disk.space": "space",
    "disk.inodes": "inodes",
    "disk.forecast": "forecast",
    "disk.others": "others",
    "disk.read_only": "read-only",
    "disk.file_system": "file system",
    "disk.card": "SD card",
    "disk.writable": "writable",
    "disk.owner": "owner",
    "disk.system": "system",
    "clock.synchronised": "synchronised",
    "clock.keeper": "keeper",
    "clock.rtc": "when off",
    "clock.zone": "zone",
    "power.voltage": "voltage",
    "power.throttling": "throttling",
    "power.temperature": "temperature",
    "memory.room": "room",
    "memory.cgroup": "limits",
    "memory.swap": "swap",
    "memory.ended": "ended",
    "packages.python": "Python",
    "packages.libraries": "libraries",
    "packages.numpy_abi": "numpy",
    "packages.ffmpeg": "ffmpeg",
}
"""With the label that each has on the page."""


def theme_of(check: str) -> str:
    """The theme of a check: what stands before the dot."""
    return check.partition(".")[0]
