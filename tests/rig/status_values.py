"""Status values for tests of what is shown: two cameras that record, to be changed at will.

Invariant: everything is at fixed times around `NOW_NS`, so that what is shown can be told in advance.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.status import (
    CameraStatus,
    ConfigStatus,
    LeaseStatus,
    RestartStatus,
    Status,
    StorageStatus,
    SupervisorStatus,
    WorkerStatus,
)

NOW_NS = 1_795_421_734_500_000_000  # 2026-11-23 08:15:34.5 UTC
STARTED_NS = NOW_NS - 3 * 3600 * NS_PER_S


def worker(**changed: Any) -> WorkerStatus:
    """A worker that has been running for three hours."""
    given: dict[str, Any] = {
        "pid": 1234,
        "incarnation": 1,
        "state": "running",
        "desired": "up",
        "since_wall_ns": STARTED_NS,
        "restarts": RestartStatus(total=0, by_cause={}, failures=0),
        "leases": {"main": LeaseStatus(operation="sleep", left_s=6.5)},
    }
    return WorkerStatus(**{**given, **changed})


def camera(name: str, **changed: Any) -> CameraStatus:
    """A camera with a frame of four and a half seconds ago."""
    given: dict[str, Any] = {
        "source": "rtsp://admin:***@192.168.1.20:554/stream1",
        "interval_s": 10.0,
        "driver": "opencv",
        "model": "FFMPEG",
        "frames": 1234,
        "bytes": 370_000_000,
        "misses": {"hang": 2, "camera_lost": 11},
        "last_frame_slot_ns": NOW_NS - 4_500_000_000,
        "last_frame_path": f"{name}/2026/11/23/20261123T081530.000+0000.jpg",
        "last_frame_bytes": 301_000,
        "last_lateness_us": 412,
        "last_miss_slot_ns": NOW_NS - 90_000 * NS_PER_S,
        "last_miss_cause": "camera_lost",
    }
    return CameraStatus(**{**given, **changed})


def status(**changed: Any) -> Status:
    """All is well: cameras `main` and `garden`. Keyword arguments replace whole parts of it."""
    given: dict[str, Any] = {
        "schema": 1,
        "written_at": "2026-11-23T08:15:34.500+00:00",
        "seq": 4711,
        "supervisor": SupervisorStatus(
            pid=1200,
            boot="00112233aabbccdd",
            version="0.1.0",
            started_wall_ns=STARTED_NS,
            uptime_s=10_800.0,
            state="running",
            runtime_dir="/run/timelapse",
            dropped_messages={},
        ),
        "workers": {"storage": worker(pid=1233), "capture.main": worker(), "capture.garden": worker(pid=1235)},
        "cameras": {"main": camera("main"), "garden": camera("garden")},
        "storage": StorageStatus(
            output_dir="/var/lib/timelapse",
            level="ok",
            used_percent=57.23,
            free_bytes=12_300_000_000,
            inodes_percent=3.0,
            checked_wall_ns=NOW_NS - NS_PER_S,
        ),
        "config": ConfigStatus(
            path="/etc/timelapse/timelapse.yml", loaded_wall_ns=STARTED_NS, needs_restart=[], errors=[]
        ),
    }
    return Status(**{**given, **changed})


def with_worker(base: Status, name: str, **changed: Any) -> Status:
    """`base` with one worker changed."""
    return replace(base, workers={**base.workers, name: replace(base.workers[name], **changed)})


def with_camera(base: Status, name: str, **changed: Any) -> Status:
    """`base` with one camera changed."""
    return replace(base, cameras={**base.cameras, name: replace(base.cameras[name], **changed)})


def in_backoff(base: Status, name: str) -> Status:
    """A worker that could not reach its camera and waits."""
    return with_worker(
        base,
        name,
        pid=None,
        state="backoff",
        last_cause="camera",
        last_detail="connection refused by 192.168.1.20:554",
        next_start_s=12.4,
        restarts=RestartStatus(total=5, by_cause={"camera": 4, "hang": 1}, failures=4),
        leases={},
    )


def plain(value: Status) -> dict[str, Any]:
    """As it goes over the bus."""
    built: dict[str, Any] = msgspec.to_builtins(value)
    return built
