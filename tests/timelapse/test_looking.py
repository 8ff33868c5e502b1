"""Having somebody look for cameras, who may be held up."""

from __future__ import annotations

import sys
import time

import pytest

from shared.errors import CameraError
from shared.found_cameras import Found, FoundCamera
from timelapse.looking import look


def _says(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_look_gives_what_was_said() -> None:
    said = '{"cameras": [{"kind": "usb", "source": "/dev/video0", "model": "x"}], "notes": ["n"]}'
    found = look(_says(f"print({said!r})"))
    assert found == Found(cameras=(FoundCamera(kind="usb", source="/dev/video0", model="x"),), notes=("n",))


def test_look_at_this_machine_ends_with_an_answer() -> None:
    assert isinstance(look(), Found)


def test_look_that_is_held_up_is_left_behind() -> None:
    began_s = time.monotonic()
    with pytest.raises(CameraError, match="one of them is stuck"):
        look(_says("import time; time.sleep(60)"), timeout_s=0.2)
    assert time.monotonic() - began_s < 10


def test_look_that_fails_says_why() -> None:
    with pytest.raises(CameraError, match="looking for cameras failed: RuntimeError: broken"):
        look(_says("raise RuntimeError('broken')"))
