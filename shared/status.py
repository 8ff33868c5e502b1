"""The whole picture: what the `status` event, `.status.json` and `timelapse status` hold.

Owns: the shape, as `docs/status.md` tells it. Does not own: keeping it (`supervisor.picture`) nor showing it.
Invariant: the same map everywhere; within one `schema` fields are only added. Times are wall nanoseconds (UTC).
"""

from __future__ import annotations

from msgspec import Struct

from shared.causes import MissCause, PictureFault, PressureLevel

SCHEMA = 1
FILE_NAME = ".status.json"


class SupervisorStatus(Struct, frozen=True, kw_only=True):
    """The supervisor itself. `dropped_messages` counts what was malformed, by socket, or could not be sent."""

    pid: int
    boot: str
    version: str
    started_wall_ns: int
    uptime_s: float
    state: str
    runtime_dir: str
    dropped_messages: dict[str, int]


class RestartStatus(Struct, frozen=True, kw_only=True):
    """How often a worker was started anew since the supervisor began: in all, and by cause; and the run of failures."""

    total: int
    by_cause: dict[str, int]
    failures: int


class LeaseStatus(Struct, frozen=True, kw_only=True):
    """What a thread said that it does, and how long it has left."""

    operation: str
    left_s: float | None


class WorkerStatus(Struct, frozen=True, kw_only=True):
    """One worker. `since_wall_ns` is when it came into this state; `next_start_s` counts down in `backoff`."""

    pid: int | None
    incarnation: int
    state: str
    desired: str
    since_wall_ns: int
    restarts: RestartStatus
    last_cause: str = ""
    last_detail: str = ""
    next_start_s: float | None = None
    leases: dict[str, LeaseStatus] = {}


class WarningStatus(Struct, frozen=True, kw_only=True):
    """What has been bad about a camera's pictures since that slot, and what to do about it."""

    warning: PictureFault
    since_slot_ns: int
    detail: str = ""


class StandbyStatus(Struct, frozen=True, kw_only=True):
    """The process that waits, with everything loaded, to take over from a capture worker that dies.

    `mode` is what is configured, `state` one of `off due loading ready ending`, `detail` why. `takeovers` counts how
    often one has taken over since the supervisor began.
    """

    mode: str = "never"
    state: str = "off"
    pid: int | None = None
    rss_bytes: int | None = None
    takeovers: int = 0
    detail: str = ""


class CameraStatus(Struct, frozen=True, kw_only=True):
    """One camera. Frames and misses are counted since the supervisor began; `accounted_until_ns` is a slot.

    `synchronised` is what the newest frame said of the clock, or a step of the clock since.
    """

    source: str
    interval_s: float
    driver: str = ""
    model: str = ""
    frames: int = 0
    bytes: int = 0
    misses: dict[MissCause, int] = {}
    last_frame_slot_ns: int | None = None
    last_frame_path: str = ""
    last_frame_bytes: int = 0
    last_lateness_us: int | None = None
    last_miss_slot_ns: int | None = None
    last_miss_cause: MissCause | None = None
    accounted_until_ns: int | None = None
    missing_now: bool = False
    window: str = "always"
    warnings: list[WarningStatus] = []
    synchronised: bool | None = None


class ForecastStatus(Struct, frozen=True, kw_only=True):
    """What will come of the archive at the rate of the last `whole_days` whole days. None: not known, or never.

    `cleans_in_days`: when the oldest frames begin to go for room. `full_in_days`: when recording stops, where nothing
    may go for room. `reaches_back_days`: how far back the archive goes once room has to be made, or rules end it.
    `detail` is why nothing is known.
    """

    bytes_a_day: int | None = None
    whole_days: int = 0
    cleans_in_days: float | None = None
    full_in_days: float | None = None
    reaches_back_days: float | None = None
    detail: str = ""


class GrowthStatus(Struct, frozen=True, kw_only=True):
    """Who fills the disk: the frames (`archive_bytes`), and all else but the ledger (`others_bytes`).

    `others_grown_bytes` is how much more that is than when the disk last had room, `yielded_percent` how much of the
    archive goes for it, of the `yield_percent` that may. `exhausted`: nothing more is deleted for others.
    """

    archive_bytes: int
    others_bytes: int
    others_grown_bytes: int = 0
    yielded_percent: float = 0.0
    yield_percent: float = 50.0
    exhausted: bool = False


class LedgerTrouble(Struct, frozen=True, kw_only=True):
    """The ledger can't be written since then, and why; `waiting` counts what waits in memory. Recording goes on."""

    since_wall_ns: int
    detail: str
    waiting: int = 0


class StorageStatus(Struct, frozen=True, kw_only=True):
    """The output disk, as the storage worker last told it. `level` is None until it has."""

    output_dir: str
    level: PressureLevel | None = None
    used_percent: float | None = None
    free_bytes: int | None = None
    inodes_percent: float | None = None
    detail: str = ""
    checked_wall_ns: int | None = None
    pruned_frames: int = 0
    pruned_bytes: int = 0
    pruned_though_kept: int = 0
    stop_above_percent: float = 90.0
    clean_above_percent: float = 85.0
    clean: bool = True
    forecast: ForecastStatus | None = None
    growth: GrowthStatus | None = None
    ledger: LedgerTrouble | None = None


class RenderResult(Struct, frozen=True, kw_only=True):
    """How a render ended, and when. `output` is relative to `output_dir`; of one that failed it is empty.

    `wall_ns` is 0 where that is not known any more.
    """

    camera: str
    day: str
    kind: str
    wall_ns: int
    output: str = ""
    bytes: int = 0
    duration_s: float = 0.0
    took_s: float = 0.0
    damaged: int = 0
    detail: str = ""
    tries: int = 0
    next_try_wall_ns: int | None = None
    gone: int = 0


class RenderStatus(Struct, frozen=True, kw_only=True):
    """What the render worker does. `state` is `waiting`, `rendering` or `paused`, empty until it has told.

    `camera` to `left_s` are of what is being made, empty where nothing is. `detail` is why it is paused, or waits
    though `due` results could be made. `next_wall_ns` is when there is something to do next. `finished` and `failed`
    count since the supervisor began. `failing` are the results that have failed and are tried again, the newest
    days' first and only a few of them. `passed_over` is, by camera, why nothing is made of it.
    """

    state: str = ""
    camera: str = ""
    day: str = ""
    kind: str = ""
    output: str = ""
    tries: int = 0
    started_wall_ns: int | None = None
    stage: str = ""
    done: int = 0
    total: int = 0
    left_s: float | None = None
    detail: str = ""
    due: int = 0
    next_wall_ns: int | None = None
    finished: int = 0
    failed: int = 0
    last_finished: RenderResult | None = None
    last_failed: RenderResult | None = None
    failing: list[RenderResult] = []
    passed_over: dict[str, str] = {}


class ConfigStatus(Struct, frozen=True, kw_only=True):
    """The configuration in force. `errors` are those of the last reload that was refused."""

    path: str
    loaded_wall_ns: int
    needs_restart: list[str]
    errors: list[str]


class Status(Struct, frozen=True, kw_only=True):
    """All of it. `written_at` is ISO 8601 with the zone's offset; `seq` is the last event that it takes account of."""

    schema: int
    written_at: str
    seq: int
    supervisor: SupervisorStatus
    workers: dict[str, WorkerStatus]
    cameras: dict[str, CameraStatus]
    storage: StorageStatus
    config: ConfigStatus
    standby: StandbyStatus = StandbyStatus()
    render: RenderStatus | None = None
