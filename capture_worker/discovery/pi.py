"""The Pi's own cameras, as they are written in the configuration.

Owns: libcamera's numbers for them, asked of picamera2 in a process of its own. Does not own: the sensors (`media`).
Invariant: this process never loads libcamera, which may hang, crash, or print what it likes; the other one has 20 s.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from capture_worker.discovery.media import sensors
from shared.found_cameras import FoundCamera

_MODEL = Path("/proc/device-tree/model")
_TIMEOUT_S = 20.0
"""Loading it takes a Pi Zero some 5 s."""


class Asked(Struct, frozen=True):
    """What libcamera knows of the Pi's own cameras, in the order of their numbers; or why it could not be asked."""

    cameras: tuple[FoundCamera, ...] = ()
    problem: str = ""


def pi_sources() -> list[str]:
    """What to write for each sensor that there is. Fast, and of no consequence."""
    return [source_of(number) for number in range(len(sensors()))]


def pi_cameras() -> list[FoundCamera]:
    """The Pi's own cameras with what is known of them. Blocks for some seconds where there is a sensor."""
    found = sensors()
    return described(found, ask_libcamera()) if found else []


def note_on_pi(model: Path = _MODEL) -> str:
    """What to say on a Raspberry Pi where no sensor was found; "" on any other machine."""
    try:
        name = model.read_text("utf-8", "replace").rstrip("\0")
    except OSError:
        return ""
    if "Raspberry Pi" not in name:
        return ""
    return (
        f"No sensor is known on the camera connector of this {name}: check the ribbon cable's seat and direction, with "
        "the power off; camera_auto_detect=1 has to stand in /boot/firmware/config.txt"
    )


def source_of(number: int) -> str:
    """How the camera of this number is written: the first one needs none."""
    return f"picamera2:{number}" if number else "picamera2"


def described(found: list[str], asked: Asked) -> list[FoundCamera]:
    """The sensors that the kernel has, with what libcamera knows of them, or with why it does not."""
    if len(asked.cameras) >= len(found):
        return list(asked.cameras)
    problem = asked.problem or (
        "the kernel has its sensor, but libcamera does not find it; 'rpicam-hello --list-cameras' may say why"
    )
    if asked.cameras:
        return [replace(camera, problem=problem) for camera in asked.cameras]
    return [
        FoundCamera(
            kind="pi", source=source_of(number), model=model, make="Raspberry Pi", driver="libcamera", problem=problem
        )
        for number, model in enumerate(found)
    ]


def ask_libcamera() -> Asked:
    """Ask picamera2, in a process of its own. Blocks up to 20 s. Raises nothing."""
    # As this process was started: -P keeps files of the current directory from being loaded for a library.
    safe = ["-P"] if sys.flags.safe_path else []
    command = [sys.executable, *safe, "-m", "capture_worker.cameras.pi_listing"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Asked(problem=f"libcamera did not answer within {_TIMEOUT_S:g} s; restart the machine")
    try:
        return Asked(cameras=tuple(msgspec.json.decode(done.stdout, type=list[FoundCamera])))
    except msgspec.DecodeError:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"status {done.returncode}"]
        return Asked(problem=last[0][:300])
