"""The whole worker as a process, on real sockets and real small disks."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.clock import NS_PER_S
from shared.config.model import DEFAULT_LEASE_CAPS_S, CameraConfig, Configuration, StorageConfig
from shared.errors import EX_CONFIG, EX_IOERR, EX_OK, EX_SOFTWARE, EX_TEMPFAIL
from shared.events import DiskPressure, FrameMissed, FrameWritten, StoragePruned
from shared.frame_name import parse
from tests.rig.hub_harness import HubHarness
from tests.rig.planted_frames import frames_in, plant, plant_row
from tests.rig.small_disk import fill, make_immutable, tmpfs, use_up_inodes

_DAY_S = 86_400


def _configuration(output_dir: Path, storage: StorageConfig | None = None, **more: Any) -> Configuration:
    return Configuration(
        path="timelapse.yml",
        output_dir=str(output_dir),
        cameras={"main": CameraConfig("main")},
        storage=storage or StorageConfig(),
        **more,
    )


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Callable[..., HubHarness]]:
    """A supervisor's end, for an output directory and rules."""
    with_output_dir: list[HubHarness] = []

    def opened(output_dir: Path, storage: StorageConfig | None = None, **more: Any) -> HubHarness:
        with_output_dir.append(HubHarness(tmp_path / "run", _configuration(output_dir, storage, **more)))
        return with_output_dir[-1]

    yield opened
    for harness in with_output_dir:
        harness.__exit__(None, None, None)
