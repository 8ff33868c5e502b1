"""What a valid configuration is, as types with their units and defaults.

Owns: the shape that the rest of the program works with, and that crosses from the supervisor to a worker.
Does not own: reading or checking the text (`shared.config.read`), nor finding the file (`shared.config.locate`).
Invariant: a value of these types has been checked; nobody checks it a second time. Nothing here is mutable.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

DEFAULT_LEASE_CAPS_S = {
    "open": 30.0,
    "grab": 900.0,
    "wait": 90.0,
    "write": 60.0,
    "sleep": 90.0,
    "disk": 60.0,
    "prune": 60.0,
    "ledger": 60.0,
}


class Location(Struct, frozen=True):
    """Where the camera stands, in degrees: north and east are positive."""

    latitude: float
    longitude: float


KeepOpen = Literal["auto", "always", "never"]
ExposureMode = Literal["auto", "locked", "ramp"]
Flip = Literal["none", "horizontal", "vertical", "both"]
Hdr = Literal["off", "single", "multi", "multi-unmerged", "night"]
Standby = Literal["auto", "always", "never"]
WhenFull = Literal["delete_oldest", "stop"]
RenderKind = Literal["video", "keogram", "contact-sheet", "average", "brightest"]
RenderCodec = Literal["h264", "h265", "copy"]
RenderGaps = Literal["hold", "skip", "fade"]
OverlayPlace = Literal["top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right"]

ALL_CAMERAS = "all"
"""In `RenderConfig.cameras`: every camera of the configuration."""


class RampConfig(Struct, frozen=True):
    """What `exposure: ramp` aims at and may use.

    `brightness_percent` is the mean of the picture's gray values to reach. `longest_exposure_s` and `highest_gain`
    bound what the ramp may set; 0 is the camera's own limit (and for the exposure time half the interval at most).
    """

    brightness_percent: float = 40.0
    longest_exposure_s: float = 0.0
    highest_gain: float = 0.0


class CameraConfig(Struct, frozen=True):
    """One camera. `interval_ms` is whole milliseconds; `resolution` is (width, height) in pixels.

    `tls_verify` is whether the certificate of an https or rtsps camera must be good. `realtime` is whether the worker
    may take precedence over all others. `secrets` is the file of `Configuration.secrets` where `source` refers to a
    secret, else None.

    `keep_open` is for the Pi's own camera: open all the time, or between shots closed. `controls` are the camera's own,
    by the name that it advertises, their values as written: only the open camera knows what they may be.
    `lens_position` is in dioptres, None for the camera's own focus. `hdr` is libcamera's HdrMode: Off, SingleExposure,
    MultiExposure, MultiExposureUnmerged, Night. `region` is the part of the sensor that is used: left, top, width and
    height as fractions of it, None for all. `raw` is whether a DNG is kept beside each frame. `artist` and `copyright`
    are for the metadata of each frame, and empty where nobody is named.
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
    keep_open: KeepOpen = "auto"
    exposure: ExposureMode = "auto"
    ramp: RampConfig = RampConfig()
    controls: dict[str, str] = {}
    lens_position: float | None = None
    hdr: Hdr = "off"
    flip: Flip = "none"
    region: tuple[float, float, float, float] | None = None
    tuning_file: str | None = None
    raw: bool = False
    artist: str = ""
    copyright: str = ""


class StorageConfig(Struct, frozen=True):
    """When to refuse, when to clean and what to keep.

    Percentages are of the space that users may fill, as df has it. `keep` is for how long (in seconds, None for ever)
    which frames stay, by the rule's name, `all` or `every 1h`; empty: all, as long as there is room. `max_size_bytes`
    is of the archive, as du counts; 0 is no limit. `protect` are days and times as `shared.config.protected` reads
    them. `when_full` is whether what `keep` keeps may go for room, `yield_percent` how much of the archive may for
    others' growth. `ledger_commit_s` is how long what
    happens may wait before it is written into the ledger. `checksums` is whether the ledger keeps one of each frame.
    """

    stop_above_percent: float = 90.0
    clean: bool = True
    clean_above_percent: float = 85.0
    clean_to_percent: float = 80.0
    keep_min_s: float = 3600.0
    keep_days: float = 0.0
    keep: dict[str, float | None] = {}
    max_size_bytes: int = 0
    protect: tuple[str, ...] = ()
    when_full: WhenFull = "delete_oldest"
    yield_percent: float = 50.0
    ledger_commit_s: float = 10.0
    checksums: bool = False


class RestartConfig(Struct, frozen=True):
    """The delays of a restart, min(base * 2^k + jitter, max).

    `stable_s` is how long a worker must last to count as well again.
    """

    base_s: float = 5.0
    max_s: float = 300.0
    stable_s: float = 60.0


class SupervisorConfig(Struct, frozen=True):
    """The supervisor's own part. `lease_caps_s` bounds what a worker may declare for each operation.

    `standby` is whether a capture process with everything loaded and no camera waits to take over from one that dies.
    """

    restart: RestartConfig = RestartConfig()
    lease_caps_s: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_LEASE_CAPS_S))
    standby: Standby = "auto"


class OverlayConfig(Struct, frozen=True):
    """What is drawn over the pictures of a day's video; nothing where all of it is empty.

    `timestamp` is for strftime, of the slot's local time; `text` has fields in braces. `font` is the path of a TrueType
    font, None for the built-in one; `height_percent` is how high a line is, of the video's height.
    """

    timestamp: str = ""
    text: str = ""
    place: OverlayPlace = "bottom-left"
    font: str | None = None
    height_percent: float = 4.0
    day_bar: bool = False


class RenderConfig(Struct, frozen=True):
    """What the render worker makes of each day by itself; there is none where `daily_minute` is None.

    `daily_minute` is the minute of the next day, by the clock on the wall, from which on a day is rendered. `cameras`
    are names, or `ALL_CAMERAS`. `length_s` is how long a video is at most, 0 for every frame. `between` is a window of
    the day as cameras have it. `size` is (width, height), a 0 in it keeps the proportions, None is the frames' own.
    `crf` None is the codec's own default. Results stay for `keep_days`, 0 for ever. Above `pause_above_c` (degrees
    Celsius; None: never) it waits until the machine has cooled down.
    """

    daily_minute: int | None = None
    cameras: tuple[str, ...] = (ALL_CAMERAS,)
    kinds: tuple[RenderKind, ...] = ("video",)
    fps: float = 25.0
    length_s: float = 60.0
    between: str = "always"
    size: tuple[int, int] | None = None
    codec: RenderCodec = "h264"
    crf: int | None = None
    deflicker: bool = True
    gaps: RenderGaps = "hold"
    overlay: OverlayConfig = OverlayConfig()
    keep_days: float = 0.0
    pause_above_c: float | None = 75.0


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
    render: RenderConfig = RenderConfig()
    supervisor: SupervisorConfig = SupervisorConfig()
