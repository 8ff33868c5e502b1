"""What every test may use: how often to repeat a proof, and a place for what has to be undone.

Owns: the option `--times`. Does not own: the recorder under test and the rest of the rig (`tests/rig/`).
Invariant: whatever was mounted is unmounted when the test ends, however it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy, or that builds hypothesis's tables for the first time, is no reason to fail.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--times`."""
    parser.addoption("--times", type=int, default=1, help="how often each proof breaks what it breaks (default: once)")


@pytest.fixture
def times(request: pytest.FixtureRequest) -> int:
    """How often to repeat."""
    return int(request.config.getoption("--times"))


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    """What is entered here is left when the test ends."""
    with ExitStack() as stack:
        yield stack
