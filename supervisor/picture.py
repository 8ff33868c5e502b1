"""The whole picture, kept from the events that pass.

Owns: what each camera, the disk and the render worker last said. Does not own: the workers' part, nor sending it.
Invariant: pure but for its own counters: the same events give the same picture. What it does not know it leaves empty.
"""

from __future__ import annotations

import time
from typing import Any

from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration, StorageConfig
from shared.config.redact import redact_url
from shared.events import (
    CameraOpened,
    CameraWarning,
    ClockStepped,
    DiskPressure,
    FrameMissed,
    FrameWritten,
    StoragePruned,
)
from shared.status import CameraStatus, RenderStatus, StorageStatus, WarningStatus
from shared.wire import check
from supervisor.device_nodes import device_to_look_for
from supervisor.render_picture import after_event, without_work


class Picture:
    """What is known of cameras and disk. `configure` first; then `take` every event.

    `addresses` and `devices` say where to look for a camera that is lost; "" where there is no such place.
    """

    def __init__(self) -> None:
        self.cameras: dict[str, CameraStatus] = {}
        self.addresses: dict[str, str] = {}
        self.devices: dict[str, str] = {}
        self._configured_devices: dict[str, str] = {}
        self.storage = StorageStatus(output_dir="")
        self.render: RenderStatus | None = None
        self.changed = True

    def configure(self, configuration: Configuration) -> None:
        """Take over a configuration: cameras come and go, the others keep what is known of them."""
        kept = {
            name for name, camera in configuration.cameras.items() if _is_same_source(self.cameras.get(name), camera)
        }
        self.addresses = {name: address for name, address in self.addresses.items() if name in kept}
        self._configured_devices = {
            name: device_to_look_for(camera.source) for name, camera in configuration.cameras.items()
        }
        self.devices = self._configured_devices | {
            name: device for name, device in self.devices.items() if name in kept
        }
        self.cameras = {
            name: _configured(self.cameras.get(name), camera) for name, camera in configuration.cameras.items()
        }
        self.storage = _with_thresholds(self.storage, configuration.output_dir, configuration.storage)
        # Whose results are not made here any more has nothing to show either.
        is_rendering = configuration.render.daily_minute is not None
        self.render = (self.render or RenderStatus()) if is_rendering else None
        self.changed = True

    def render_worker_ended(self) -> None:
        """The worker that renders has no process any more."""
        if self.render is not None:
            self.render = without_work(self.render)

    def take(self, topic: str, data: dict[str, Any], wall_ns: int) -> None:
        """Take account of an event. Those that say nothing about the picture are passed over."""
        if topic == "disk.pressure":
            self._take_pressure(check(data, DiskPressure), wall_ns)
        elif topic == "storage.pruned":
            self._take_pruned(check(data, StoragePruned))
        elif topic.startswith("render."):
            if self.render is not None:
                self.render = after_event(self.render, topic, data, wall_ns)
                self.changed = True
        elif (camera := self.cameras.get(data.get("camera", ""))) is not None:
            self.cameras[data["camera"]] = self._take_camera(camera, topic, data)

    def _take_camera(self, camera: CameraStatus, topic: str, data: dict[str, Any]) -> CameraStatus:
        self.changed = True
        if topic == "frame.written":
            return _with_frame(camera, check(data, FrameWritten))
        if topic == "frame.missed":
            return _with_miss(camera, check(data, FrameMissed))
        if topic == "camera.opened":
            opened: CameraOpened = check(data, CameraOpened)
            self.addresses[opened.camera] = opened.address
            self.devices[opened.camera] = opened.device or self._configured_devices[opened.camera]
            # A worker that opens a camera knows of no warning; what is bad still, it finds again.
            return replace(camera, driver=opened.driver, model=opened.model, warnings=[])
        if topic == "camera.warning":
            return _with_warning(camera, check(data, CameraWarning))
        if topic == "clock.stepped":
            return replace(camera, synchronised=check(data, ClockStepped).synchronised)
        return camera

    def _take_pressure(self, pressure: DiskPressure, wall_ns: int) -> None:
        self.changed = True
        self.storage = replace(
            self.storage,
            level=pressure.level,
            used_percent=pressure.used_percent,
            free_bytes=pressure.free_bytes,
            inodes_percent=pressure.inodes_percent,
            detail=pressure.detail,
            checked_wall_ns=wall_ns,
            forecast=pressure.forecast,
            growth=pressure.growth,
            ledger=pressure.ledger,
        )

    def _take_pruned(self, pruned: StoragePruned) -> None:
        self.changed = True
        self.storage = replace(
            self.storage,
            pruned_frames=self.storage.pruned_frames + pruned.count,
            pruned_bytes=self.storage.pruned_bytes + pruned.bytes,
            pruned_though_kept=self.storage.pruned_though_kept + (pruned.count if pruned.overrides else 0),
        )


def iso(wall_ns: int) -> str:
    """Wall time as ISO 8601, local, with milliseconds and the zone's offset."""
    local = time.localtime(wall_ns // NS_PER_S)
    offset = time.strftime("%z", local)
    milliseconds = wall_ns // 1_000_000 % 1000
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', local)}.{milliseconds:03d}{offset[:3]}:{offset[3:]}"


def _is_same_source(known: CameraStatus | None, camera: CameraConfig) -> bool:
    return known is not None and known.source == redact_url(camera.source)


def _configured(known: CameraStatus | None, camera: CameraConfig) -> CameraStatus:
    source, interval_s = redact_url(camera.source), camera.interval_ms / 1000
    if known is None:
        return CameraStatus(source=source, interval_s=interval_s, window=camera.window)
    return replace(known, source=source, interval_s=interval_s, window=camera.window)


def _with_thresholds(storage: StorageStatus, output_dir: str, limits: StorageConfig) -> StorageStatus:
    return replace(
        storage,
        output_dir=output_dir,
        stop_above_percent=limits.stop_above_percent,
        clean_above_percent=limits.clean_above_percent,
        clean=limits.clean,
    )


def _with_frame(camera: CameraStatus, frame: FrameWritten) -> CameraStatus:
    return replace(
        camera,
        frames=camera.frames + 1,
        bytes=camera.bytes + frame.bytes + frame.raw_bytes,
        last_frame_slot_ns=frame.slot_ns,
        last_frame_path=frame.path,
        last_frame_bytes=frame.bytes,
        last_lateness_us=camera.last_lateness_us if frame.lateness_us is None else frame.lateness_us,
        accounted_until_ns=frame.slot_ns,
        missing_now=False,
        # One that was found again tells of the clock of its own time.
        synchronised=camera.synchronised if frame.recovered else frame.synchronised,
    )


def _with_warning(camera: CameraStatus, told: CameraWarning) -> CameraStatus:
    warnings = [warning for warning in camera.warnings if warning.warning != told.warning]
    if told.active:
        warnings.append(WarningStatus(warning=told.warning, since_slot_ns=told.since_slot_ns, detail=told.detail))
    return replace(camera, warnings=warnings)


def _with_miss(camera: CameraStatus, miss: FrameMissed) -> CameraStatus:
    misses = dict(camera.misses)
    misses[miss.cause] = misses.get(miss.cause, 0) + miss.count
    return replace(
        camera,
        misses=misses,
        last_miss_slot_ns=miss.last_slot_ns,
        last_miss_cause=miss.cause,
        accounted_until_ns=miss.last_slot_ns,
        # What a clock that was put forward has left out, no camera could take.
        missing_now=miss.cause != "clock_step",
    )
