"""What is known before anything is judged: the configuration, the supervisor, the service, and who is who.

Owns: these as one value, and the words of commands that depend on them. Does not own: finding any of it out.
Invariant: immutable; None where it could not be found out.
"""

from __future__ import annotations

import shlex

from msgspec import Struct

from shared.config.model import Configuration
from shared.status import Status
from timelapse.doctor.who import Who

UNIT = "timelapse-capture.service"
_USUAL_CONFIG = "/etc/timelapse/timelapse.yml"
NETWORK_KINDS = ("rtsp://", "rtsps://", "http://", "https://")


class Known(Struct, frozen=True, kw_only=True):
    """`recorder` is as whom the supervisor runs, or the service would, or else the caller.

    `unit` holds what systemd says of the service, empty where there is none.
    """

    now_wall_ns: int
    caller: Who
    recorder: Who
    configuration: Configuration | None = None
    config_path: str = _USUAL_CONFIG
    status: Status | None = None
    runtime_dir: str = ""
    unit: dict[str, str] = {}
    board: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether there is a unit of systemd's for it."""
        return self.unit.get("LoadState") == "loaded"

    def config(self, words: str) -> str:
        """A command on the configuration that was looked at: `timelapse config WORDS`."""
        option = "" if self.config_path in {"", _USUAL_CONFIG} else f" --config {shlex.quote(self.config_path)}"
        return f"{'sudo ' if self.config_path == _USUAL_CONFIG else ''}timelapse{option} config {words}"

    def control(self, words: str) -> str:
        """A command to the supervisor that was found."""
        option = "" if self.runtime_dir in {"", "/run/timelapse"} else f" --runtime-dir {shlex.quote(self.runtime_dir)}"
        return f"timelapse{option} {words}"

    def restart(self) -> str:
        """How the whole recorder is started anew."""
        return f"sudo systemctl restart {UNIT}" if self.is_installed else "timelapse run"


def is_network(source: str) -> bool:
    """Whether a camera's source is an address. Pure."""
    return source.startswith(NETWORK_KINDS)


def is_local(source: str) -> bool:
    """Whether a camera's source is a device of this machine. Pure."""
    return source.startswith(("auto", "picamera2", "/dev/"))
