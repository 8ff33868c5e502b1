"""What the tests of USB cameras share. They run inside the guest only; elsewhere they are skipped, with the reason."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.usb.webcam import Webcam, make_jpegs, wait_until, why_not_here

VIVID = "/dev/v4l/by-path/platform-vivid.0-video-index0"
Plug = Callable[..., Webcam]


@pytest.fixture(autouse=True)
def only_in_the_guest() -> None:
    """Skip where no camera can be plugged in."""
    if reason := why_not_here():
        pytest.skip(reason)


@pytest.fixture
def sent(tmp_path: Path) -> dict[str, int]:
    """The sha256 of each JPEG that the webcam sends, and its place in the order."""
    return make_jpegs(tmp_path / "jpegs")


@pytest.fixture
def plug(tmp_path: Path, sent: dict[str, int]) -> Iterator[Plug]:
    """Plug cameras in; they are gone at the end. `plug()` is the first one, with the JPEGs of `sent`."""
    assert sent
    with ExitStack() as stack:
        yield lambda jpegs=tmp_path / "jpegs", port=0, **options: stack.enter_context(Webcam(jpegs, port, **options))


@pytest.fixture
def webcam(plug: Plug) -> Webcam:
    """One camera, plugged in and well."""
    return plug()


@pytest.fixture
def vivid() -> Iterator[str]:
    """The path of the kernel's own virtual camera, which sends raw pixels and can inject errors."""
    subprocess.run(["modprobe", "vivid"], check=True)
    wait_until(lambda: Path(VIVID).exists(), VIVID)
    yield VIVID
    wait_until(lambda: subprocess.run(["rmmod", "vivid"], capture_output=True, check=False).returncode == 0, "rmmod")
