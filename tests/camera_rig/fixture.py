"""The fixture `camera_rig`: a machine with a Raspberry Pi camera, whose faults and scene the test sets.

Owns: skipping where the rig is not there; a fresh directory of faults for each test.
Does not own: building the rig (`build`), and starting pytest in it (`run`, `scripts/test-cameras`).
Invariant: a test that asks for the fixture carries the marker `camera_rig`, and what it set is gone with it.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SKIPPED = "needs the camera rig: run scripts/test-cameras"


class CameraRig:
    """The directory of the faults. Every process that the test starts from now on sees the same machine."""

    def __init__(self, directory: Path, environment: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self._environment = environment
        environment.setenv("CAMERA_RIG_DIR", str(directory))

    def set(self, name: str, value: float | str = "") -> None:
        """Switch on a fault, or set a knob: `tests/camera_rig/README.md` lists them. At once, in every process."""
        aside = self.directory / f".{name}.new"
        aside.write_text(str(value))
        # A reader must never find the file empty.
        aside.rename(self.directory / name)

    def unset(self, name: str) -> None:
        """Switch it off. May be called twice."""
        (self.directory / name).unlink(missing_ok=True)

    @contextmanager
    def having(self, name: str, value: float | str = "") -> Iterator[None]:
        """The fault is there inside the block."""
        self.set(name, value)
        try:
            yield
        finally:
            self.unset(name)

    def use_sensors(self, *names: str) -> None:
        """Have these sensors instead of one imx219. Only while no camera is open."""
        self._environment.setenv("CAMERA_RIG_SENSORS", ",".join(names))
        self._be_another_machine()

    def cap_rate(self, frames_per_s: float) -> None:
        """Have no more frames than these. Only while no camera is open."""
        self._environment.setenv("CAMERA_RIG_FPS", str(frames_per_s))
        self._be_another_machine()

    def _be_another_machine(self) -> None:
        # The stand-in looks at its environment anew when it finds itself in another directory.
        self.directory = self.directory.with_name(self.directory.name + "-")
        self.directory.mkdir()
        self._environment.setenv("CAMERA_RIG_DIR", str(self.directory))


@pytest.fixture
def camera_rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CameraRig]:
    """A machine with one imx219, in good order, in daylight."""
    directory = tmp_path / "camera-rig"
    directory.mkdir()
    yield CameraRig(directory, monkeypatch)
    forget_cameras()


def forget_cameras() -> None:
    """Have picamera2 look for cameras anew: it keeps what it once found for as long as the process lives."""
    picamera2 = sys.modules.get("picamera2")
    if picamera2 is not None and not picamera2.Picamera2._cm.cameras:
        picamera2.Picamera2._cm._cms = None
    gc.collect()


def mark_camera_rig_tests(items: list[pytest.Item]) -> None:
    """Give the marker to each test that asks for the fixture."""
    for item in items:
        if "camera_rig" in getattr(item, "fixturenames", ()):
            item.add_marker("camera_rig")


def skip_without_rig(item: pytest.Item) -> None:
    """Skip a test that needs the rig where it is not there. Here and not in the fixture: all are told in one line."""
    if item.get_closest_marker("camera_rig") is not None and "TIMELAPSE_CAMERA_RIG" not in os.environ:
        pytest.skip(SKIPPED)
