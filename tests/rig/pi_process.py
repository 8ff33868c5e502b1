"""A Pi camera in a process of its own, that does what it is told: what a fault has broken ends with the process.

Owns: starting it, orders as lines on its standard input, answers as lines of JSON. Does not own: faults.
Invariant: when the `with` block ends it is dead, with its children, whatever it was stuck in. It holds no fence of this
machine: its locks lie in its own directory.

    with PiProcess(tmp_path, resolution=(640, 480)) as camera:
        camera.order("shoot")["late_ms"]
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import numpy as np

from capture_worker import environment
from capture_worker.cameras.base import Exposure, Frame
from capture_worker.cameras.mark import read_mark
from capture_worker.cameras.pi_camera import PiCamera
from shared import fence
from shared.clock import NS_PER_MS, SystemClock
from shared.config.model import CameraConfig
from shared.errors import TimelapseError
from tests.camera_rig.scene import greys, read_scene
from tests.rig.descriptors import open_descriptors

Answer = dict[str, Any]
_REPOSITORY = Path(__file__).resolve().parents[2]


class PiProcess:
    """The far end. `opened` is what `open` answered: the fields of `Opened`, or `error` and `kind` of a failure."""

    def __init__(self, directory: Path, **config: Any) -> None:
        camera = {"name": "main", "source": "picamera2", "resolution": (640, 480), **config}
        self._arguments = [str(directory), json.dumps(camera)]
        self.opened: Answer = {}

    def __enter__(self) -> Self:
        path = os.pathsep.join((str(_REPOSITORY), os.environ.get("PYTHONPATH", "")))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.rig.pi_process", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
        )
        self.opened = self._answer()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        # libcamera's image-processing module, where it is a process, has a process group of its own.
        for pid in (self.process.pid, *self.children()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def order(self, *words: object) -> Answer:
        """Have it do something: `shoot`, `check SECONDS`, `crop`, `rest`, `wake`, `set US GAIN COLOURS`. The answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        self.process.stdin.flush()
        return self._answer()

    def children(self) -> list[int]:
        """The processes that it has started: libcamera's isolated modules."""
        listed = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for each in listed for pid in each.read_text().split()]

    def _answer(self) -> Answer:
        assert self.process.stdout is not None
        answer: Answer = json.loads(self.process.stdout.readline())
        return answer


def _described(frame: Frame, slot_ns: int, slot_mono_ns: int) -> Answer:
    assert frame.planes is not None
    picture = frame.planes.y[:, :, None].repeat(3, 2)
    fields = msgspec.structs.asdict(frame) | {"planes": None, "raw": frame.raw and len(frame.raw)}
    return fields | {
        "late_ms": (frame.own_mono_ns - slot_mono_ns) / NS_PER_MS,
        "mark_ms": read_mark(np.ascontiguousarray(picture)),
        "scene": read_scene(picture),
        "greys": greys(picture),
        "slot_ms": slot_ns / NS_PER_MS,
        "mean": float(frame.planes.y.mean()),
        "size": frame.planes.y.shape[::-1],
    }


def _do(camera: PiCamera, verb: str, arguments: list[Any]) -> Answer:
    match verb:
        case "shoot":
            slot_ns, slot_mono_ns = time.time_ns(), time.monotonic_ns()
            return _described(camera.shoot(slot_ns), slot_ns, slot_mono_ns)
        case "set":
            exposure_us, gain, colours = arguments
            camera.set_exposure(Exposure(exposure_us, gain, (colours[0], colours[1])))
        case "rest":
            camera.rest()
        case "wake":
            camera.wake()
        case "crop":
            assert camera._device is not None
            with camera._device.request(5.0) as request:
                return {"crop": request.metadata["ScalerCrop"]}
        case "check":
            until_ns = time.monotonic_ns() + int(arguments[0] * 1e9)
            while time.monotonic_ns() < until_ns:
                camera.check()
                time.sleep(0.02)
    return {"descriptors": len(open_descriptors()), "warm_up_s": camera.warm_up_s}


def _timed(what: Iterator[Answer]) -> Answer:
    """An answer with how long it took; a failure's words and kind."""
    begun_s = time.monotonic()
    try:
        answer = next(what)
    except TimelapseError as error:
        answer = {"error": str(error), "kind": type(error).__name__}
    return answer | {"took_s": time.monotonic() - begun_s}


def main() -> None:
    """Open, and obey until the end of the input."""
    environment.prepare()
    directory, config = sys.argv[1:]
    fence._lock_directory = lambda: Path(directory)
    camera = PiCamera(msgspec.convert(json.loads(config), CameraConfig), SystemClock())
    say = sys.stdout
    say.write(json.dumps(_timed(msgspec.to_builtins(camera.open()) for _ in "1")) + "\n")
    say.flush()
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        say.write(json.dumps(_timed(_do(camera, verb, arguments) for _ in "1")) + "\n")
        say.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
