"""stub"""
from __future__ import annotations
from collections.abc import Callable
from pathlib import Path
from shared.clock import Clock
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.events import FrameWritten, StoragePruned


class Cleaner:
    def __init__(self, output_dir: Path, storage: StorageConfig, clock: Clock) -> None:
        self.active = False
        self.detail = ""
        self.due_mono_ns = 1 << 62

    def clock_stepped(self, step_ns: int) -> None: ...
    def reconfigure(self, storage: StorageConfig) -> None: ...
    def frame_written(self, frame: FrameWritten) -> None: ...
    def consider(self, usage: DiskUsage) -> None: ...
    def work(self, until_mono_ns: int, declare: Callable[[], None]) -> None: ...
    def pruned(self) -> list[StoragePruned]:
        return []
