"""What every test may use: how often to repeat a proof and how long to hold a fault, an undoing, and the camera rig.

Owns: the options `--times` and `--held`. Does not own: the recorder under test and the rest of the rig (`tests/rig/`),
nor the camera rig (`tests/camera_rig/`).
Invariant: whatever was mounted is unmounted when the test ends, however it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

from tests.camera_rig.fixture import camera_rig as camera_rig  # noqa: PLC0414 - a fixture is found by its name here
from tests.camera_rig.fixture import mark_camera_rig_tests, skip_without_rig

# A machine that is busy, or that builds hypothesis's tables for the first time, is no reason to fail.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples each time, so that a change is judged by what it changes; `scripts/prove` explores others.
settings.register_profile("the same", settings.get_profile("explore"), derandomize=True)
settings.load_profile("the same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--times` and `--held`."""
    parser.addoption("--times", type=int, default=1, help="how often each proof breaks what it breaks (default: once)")
    parser.addoption("--held", type=float, default=2.0, help="seconds for which a fault lasts once it is known (2)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need the camera rig."""
    mark_camera_rig_tests(items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip those where the rig is not there."""
    skip_without_rig(item)


@pytest.fixture
def times(request: pytest.FixtureRequest) -> int:
    """How often to repeat."""
    return int(request.config.getoption("--times"))


@pytest.fixture
def held_s(request: pytest.FixtureRequest) -> float:
    """How long a fault that somebody has to end lasts once it is known."""
    return float(request.config.getoption("--held"))


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    """What is entered here is left when the test ends."""
    with ExitStack() as stack:
        yield stack
