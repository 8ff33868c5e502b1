"""What the tests of the virtual machine share. They skip unless they are asked for: `scripts/test-vm`.

Owns: the skipping, the images and the directories that tests get. Does not own: building them.
Invariant: a test's machine is its own, and is gone with its disks when the test ends.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vm.image import SUITES, TRIXIE, Image, image_of
from tests.vm.installation import machine_directory

ASKED_FOR = "TIMELAPSE_VM"
SKIPPED = "needs the virtual machine: run scripts/test-vm"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip those that need the machine where nobody asked for it."""
    if item.get_closest_marker("vm") is not None and ASKED_FOR not in os.environ:
        pytest.skip(SKIPPED)


@pytest.fixture(params=SUITES, ids=lambda suite: str(suite.name))
def image(request: pytest.FixtureRequest) -> Image:
    """Debian as it was installed: the test is passed on each release (`-k trixie` for one)."""
    return image_of(request.param)


@pytest.fixture
def newest_image() -> Image:
    """The newest Debian alone."""
    return image_of(TRIXIE)


@pytest.fixture
def directory() -> Iterator[Path]:
    """Where the test's machine is put."""
    with machine_directory() as place:
        yield place
