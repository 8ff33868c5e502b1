"""What the tests of the doctor share: a machine's files planted below a directory, and what is known.

Invariant: nothing here looks at the machine that the tests run on, but for the user that runs them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.config.model import CameraConfig, Configuration
from tests.rig.status_values import NOW_NS
from timelapse.doctor.finding import Finding
from timelapse.doctor.known import Known
from timelapse.doctor.places import Places
from timelapse.doctor.who import Who

ROOT = Who("root", 0, 0, (0,))
SERVICE = Who("timelapse", 991, 991, (44, 991))
VISITOR = Who("anna", 1000, 1000, (1000,))


def planted(root: Path, files: dict[str, str]) -> Places:
    """A machine whose files are these; a path that ends in a slash is a directory."""
    for path, text in files.items():
        place = root / path.lstrip("/")
        if path.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return Places(root)


def configuration(*cameras: CameraConfig, **changed: Any) -> Configuration:
    """One with these cameras."""
    given: dict[str, Any] = {
        "path": "/etc/timelapse/timelapse.yml",
        "output_dir": "/var/lib/timelapse",
        "cameras": {camera.name: camera for camera in cameras},
    }
    return Configuration(**{**given, **changed})


def known(*cameras: CameraConfig, **changed: Any) -> Known:
    """What is known of an installed recorder without a supervisor, looked at by root."""
    given: dict[str, Any] = {
        "now_wall_ns": NOW_NS,
        "caller": ROOT,
        "recorder": SERVICE,
        "configuration": configuration(*cameras),
        "unit": {"LoadState": "loaded"},
    }
    return Known(**{**given, **changed})


def levels(findings: list[Finding]) -> dict[str, str]:
    """The level of each check; of one that comes twice the last."""
    return {finding.check: finding.level for finding in findings}


def only(findings: list[Finding], check: str) -> Finding:
    """The one finding of a check."""
    (found,) = [finding for finding in findings if finding.check == check]
    return found
