"""What a valid configuration is, as types with their units and defaults.

Owns: the shape that the rest of the program works with, and that crosses from the supervisor to a worker.
Does not own: reading or checking the text (`shared.config.read`), nor finding the file (`shared.config.locate`).
Invariant: a value of these types has been checked; nobody checks it a second time. Nothing here is mutable.
"""

from __future__ import annotations

from msgspec import Struct, field

DEFAULT_LEASE_CAPS_S = {
    "open": 30.0,
    "grab": 900.0,
    "wait": 90.0,
    "write": 60.0,
    "sleep": 90.0,
    "disk": 60.0,
    "prune": 60.0,
}


class Location(Struct, frozen=True):
    """Where the camera stands, in degrees: north and east are positive."""

    latitude: float
    longitude: float


class CameraConfig(Struct, frozen=True):
    """One camera. `interval_ms` is whole milliseconds; `resolution` is (width, height) in pixels.

    `tls_verify` is whether the certificate of an https or rtsps camera must be good. `realtime` is whether the worker
    may take precedence over all others. `secrets` is the file of `Configuration.secrets` where `source` refers to a
    secret, else None.
    """

    name: str
    source: str = "auto"
    resolution: tuple[int, int] = (1920, 1080)
    interval_ms: int = 10_000
    quality: int = 90
    window: str = "always"
    tls_verify: bool = True
    realtime: bool = False
    secrets: str | None = None


class StorageConfig(Struct, frozen=True):
    """When to refuse, when to clean and what to keep.

    Percentages are of the space that users may fill, as df has it.
    """

    stop_above_percent: float = 90.0
    clean: bool = True
    clean_above_percent: float = 85.0
    clean_to_percent: float = 80.0
    keep_min_s: float = 3600.0
    keep_days: float = 0.0


class RestartConfig(Struct, frozen=True):
    """The delays of a restart, min(base * 2^k + jitter, max).

    `stable_s` is how long a worker must last to count as well again.
    """

    base_s: float = 5.0
    max_s: float = 300.0
    stable_s: float = 60.0


class SupervisorConfig(Struct, frozen=True):
    """The supervisor's own part. `lease_caps_s` bounds what a worker may declare for each operation."""

    restart: RestartConfig = RestartConfig()
    lease_caps_s: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_LEASE_CAPS_S))


class Configuration(Struct, frozen=True):
    """All of it. `path` is the file that it was read from; `cameras` is keyed by name and never empty.

    `secrets` is the path of the file in which `${NAME}` in a camera's source is looked up.
    """

    path: str
    output_dir: str
    cameras: dict[str, CameraConfig]
    require_mount: bool = False
    secrets: str | None = None
    location: Location | None = None
    storage: StorageConfig = StorageConfig()
    supervisor: SupervisorConfig = SupervisorConfig()
