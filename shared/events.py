"""Every event that goes over the tap: its topic, the type of its data, who sends it and why.

Owns: the vocabulary of `docs/events.md`. Does not own: the numbers that the bus adds (`shared.messages.Event`).
Invariant: within `v: 1` fields are only added, each with a default; any other shape is an error at the socket.
"""

from __future__ import annotations

from msgspec import Struct

from shared.causes import MissCause, PictureFault, PressureLevel, WorkerCause
from shared.config.model import RenderKind
from shared.status import ForecastStatus, GrowthStatus, LedgerTrouble, Status


class FrameWritten(Struct, frozen=True, kw_only=True):
    """Capture: this frame is durable. `path` is relative to `output_dir`; `lateness_us` is None on a recovered one.

    `synchronised` is what the kernel said of the clock that named the frame; None where nobody knows. `interval_ns` is
    the grid's at that slot; None where the interval was changed since and nobody knows. `checksum` is the CRC-32 of the
    file's bytes, gone on with by those of its raw file; None unless `storage.checksums` asks for it.
    """

    camera: str
    slot_ns: int
    take: int
    path: str
    bytes: int
    width: int
    height: int
    lateness_us: int | None = None
    age_us: int | None = None
    exposure_us: int | None = None
    analogue_gain: float | None = None
    recovered: bool = False
    digital_gain: float | None = None
    red_gain: float | None = None
    blue_gain: float | None = None
    colour_temperature_k: int | None = None
    lux: float | None = None
    lens_position: float | None = None
    raw_path: str = ""
    raw_bytes: int = 0
    brightness_percent: float | None = None
    contrast_percent: float | None = None
    sharpness_percent: float | None = None
    changed_percent: float | None = None
    seam_percent: float | None = None
    synchronised: bool | None = None
    interval_ns: int | None = None
    checksum: int | None = None


class FrameMissed(Struct, frozen=True, kw_only=True):
    """Capture: these contiguous slots, `interval_ns` apart and both ends included, have no frame, and why."""

    camera: str
    first_slot_ns: int
    last_slot_ns: int
    interval_ns: int
    count: int
    cause: MissCause


class CameraOpened(Struct, frozen=True, kw_only=True):
    """Capture: the camera is open. `address` is the "host:port" to probe when a network camera is lost, else empty.

    `device` is the path to look for when a camera of this machine is lost: the one of the configuration, else a stable
    name of what was found (`/dev/v4l/by-id/...`); empty for the Pi's own.
    """

    camera: str
    driver: str
    model: str
    detail: str = ""
    address: str = ""
    device: str = ""


class CameraLost(Struct, frozen=True, kw_only=True):
    """Capture: the camera could not be opened, or went away; the worker exits with 69 after it (nobody there: 68)."""

    camera: str
    driver: str = ""
    model: str = ""
    detail: str = ""


class CameraWarning(Struct, frozen=True, kw_only=True):
    """Capture: the pictures have been bad in this way for long, or are so no longer. `detail` says what to do.

    `since_slot_ns` is the slot of the first of them, at the end too. A new `camera.opened` ends them all.
    """

    camera: str
    warning: PictureFault
    active: bool
    since_slot_ns: int
    detail: str = ""


class DiskPressure(Struct, frozen=True, kw_only=True):
    """Storage: how full the disk is. Repeated each second while it is not `ok`; a `full` of 5 s ago has expired.

    `forecast` and `growth` are as in the status; None until the archive has been counted. `ledger` is what is wrong
    with it; None while nothing is.
    """

    level: PressureLevel
    used_percent: float
    free_bytes: int
    inodes_percent: float | None
    path: str
    detail: str = ""
    forecast: ForecastStatus | None = None
    growth: GrowthStatus | None = None
    ledger: LedgerTrouble | None = None


class StoragePruned(Struct, frozen=True, kw_only=True):
    """Storage: frames were deleted. `oldest` and `newest` are paths relative to `output_dir`.

    `overrides` is "keep" where they went for room though `storage.keep` keeps them.
    """

    count: int
    bytes: int
    oldest: str
    newest: str
    rule: str
    overrides: str = ""


class WorkerChanged(Struct, frozen=True, kw_only=True):
    """Supervisor: a worker changed its state (`worker.starting` and so on).

    `delay_s` is the time until it is started again; `overdue_ms`, of a hang, how long after its deadline it was found.
    """

    worker: str
    incarnation: int
    pid: int | None
    state: str
    cause: WorkerCause = ""
    operation: str = ""
    delay_s: float | None = None
    overdue_ms: float | None = None
    detail: str = ""
    evidence: str = ""


class ConfigReloaded(Struct, frozen=True, kw_only=True):
    """Supervisor: a new configuration is in force. Keys, dotted."""

    applied: list[str]
    needs_restart: list[str]


class ConfigRejected(Struct, frozen=True, kw_only=True):
    """Supervisor: the new configuration has mistakes and changed nothing. One `file:line:column: ...` each."""

    errors: list[str]


class RenderStarted(Struct, frozen=True, kw_only=True):
    """Render: this result is being made now, for the `tries`th time. `day` is `YYYY-MM-DD`, `kind` as configured.

    `output` is the path that it gets when it is whole, relative to `output_dir`.
    """

    camera: str
    day: str
    kind: RenderKind
    output: str
    tries: int = 1


class RenderProgress(Struct, frozen=True, kw_only=True):
    """Render, each 5 s, at a new stage and when it begins or ends to stand still: how far it is.

    So many of `total` pictures of the stage are `done` (0: not known yet). `paused` is why it stands still, empty where
    it does not; `left_s` is None where nobody can tell.
    """

    camera: str
    day: str
    kind: RenderKind
    stage: str
    done: int
    total: int
    left_s: float | None = None
    paused: str = ""


class RenderFinished(Struct, frozen=True, kw_only=True):
    """Render: the result is there, whole. `duration_s` is how long it plays, `took_s` how long it took with its pauses.

    `pictures` were made of `frames`, `damaged` ones left out, and `gone` ones deleted before they were read; `gaps`
    counts the gaps between them. `detail` is what else a person has to know.
    """

    camera: str
    day: str
    kind: RenderKind
    output: str
    pictures: int
    frames: int
    damaged: int
    gaps: int
    bytes: int
    width: int
    height: int
    duration_s: float
    took_s: float
    detail: str = ""
    gone: int = 0


class RenderFailed(Struct, frozen=True, kw_only=True):
    """Render: the result is not there after `tries` tries, and why. `next_try_s` is None where it is not tried again.

    `cancelled`: an operator did not want it.
    """

    camera: str
    day: str
    kind: RenderKind
    message: str
    tries: int
    next_try_s: float | None = None
    cancelled: bool = False


class RenderFailing(Struct, frozen=True, kw_only=True):
    """A result that is not there though it was tried: why, at the last of so many tries, and when it is tried next."""

    camera: str
    day: str
    kind: RenderKind
    message: str
    tries: int
    next_try_wall_ns: int


MOST_FAILING = 5


class RenderWaiting(Struct, frozen=True, kw_only=True):
    """Render: nothing is being made. `next_wall_ns` is when there is something to do next, as far as is known.

    `due` counts the results that could be made now but for `detail`, which says what keeps it from that. `failing` are
    the results that have failed and are to be tried again, of the newest days and `MOST_FAILING` at most. `passed_over`
    is, by camera, why nothing is made of it: its directories can't be read.
    """

    next_wall_ns: int | None = None
    due: int = 0
    detail: str = ""
    failing: list[RenderFailing] = []
    passed_over: dict[str, str] = {}


class ClockStepped(Struct, frozen=True, kw_only=True):
    """Capture: wall time jumped by this much. `synchronised` is None where the kernel does not tell."""

    camera: str
    step_ns: int
    synchronised: bool | None = None


class OperationFinished(Struct, frozen=True, kw_only=True):
    """Supervisor: the long work that `control` answered with this operation id has ended.

    `path` is the JPEG of a snapshot, below the runtime directory: whoever asked for it may take it away. `frames` and
    `bytes` are what `prune` deleted.
    """

    operation: str
    ok: bool
    worker: str = ""
    detail: str = ""
    path: str = ""
    frames: int = 0
    bytes: int = 0


class BusTick(Struct, frozen=True, kw_only=True):
    """Supervisor, each second: the last `seq`, and each topic's last `tseq`. Ticks are not counted themselves."""

    seq: int
    tseq: dict[str, int]


class RecordingGap(Struct, frozen=True, kw_only=True):
    """How far a camera was accounted for when a supervisor began; None where it can't know, as after a reboot.

    Of the `gap_s` since the slot `accounted_until_ns` nobody has told anything; `slots` of its grid came due meanwhile,
    those outside its window included. 0: nothing was missed.
    """

    accounted_until_ns: int | None = None
    gap_s: float | None = None
    slots: int | None = None


class SupervisorStarted(Struct, frozen=True, kw_only=True):
    """Supervisor: the bus is up. `gaps` has every camera of the configuration."""

    pid: int
    version: str
    config: str
    gaps: dict[str, RecordingGap] = {}


class SupervisorStopping(Struct, frozen=True, kw_only=True):
    """Supervisor: it was asked to end, by this signal or order."""

    reason: str


DATA_TYPES: dict[str, type[Struct]] = {
    "frame.written": FrameWritten,
    "frame.missed": FrameMissed,
    "camera.opened": CameraOpened,
    "camera.lost": CameraLost,
    "camera.warning": CameraWarning,
    "disk.pressure": DiskPressure,
    "storage.pruned": StoragePruned,
    "worker.starting": WorkerChanged,
    "worker.ready": WorkerChanged,
    "worker.hung": WorkerChanged,
    "worker.exited": WorkerChanged,
    "worker.backoff": WorkerChanged,
    "worker.quarantined": WorkerChanged,
    "worker.wedged": WorkerChanged,
    "worker.stopped": WorkerChanged,
    "config.reloaded": ConfigReloaded,
    "config.rejected": ConfigRejected,
    "render.started": RenderStarted,
    "render.progress": RenderProgress,
    "render.finished": RenderFinished,
    "render.failed": RenderFailed,
    "render.waiting": RenderWaiting,
    "clock.stepped": ClockStepped,
    "operation.finished": OperationFinished,
    "bus.tick": BusTick,
    "supervisor.started": SupervisorStarted,
    "supervisor.stopping": SupervisorStopping,
    "status": Status,
}
"""Topic to the type of its data."""

RENDER_TOPICS = frozenset(topic for topic in DATA_TYPES if topic.startswith("render."))
"""What the render worker alone may say: of any camera."""
WORKER_TOPICS = RENDER_TOPICS | frozenset(
    {
        "frame.written",
        "frame.missed",
        "camera.opened",
        "camera.lost",
        "camera.warning",
        "disk.pressure",
        "storage.pruned",
        "clock.stepped",
    }
)
"""What a worker may send. The rest is the supervisor's own, and refused when it comes from below."""
