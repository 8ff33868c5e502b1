"""What the tests of the sockets begin with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import transport
from shared.transport import Hub
from tests.rig.far_ends import Desk


@pytest.fixture
def closing() -> Iterator[contextlib.ExitStack]:
    """Closes what is entered in it, the last first: a hub waits for everybody else in this process."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(autouse=True)
def _no_lease_socket_outlives_its_test() -> Iterator[None]:
    """In a worker they last as long as the process; here they would connect anew, for ever, to a hub that has gone."""
    yield
    sockets = transport._LEASE_SOCKETS
    while sockets:
        sockets.pop().close(linger=0)


@pytest.fixture
def runtime_dir(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def hub(runtime_dir: Path, closing: contextlib.ExitStack) -> Hub:
    hub = Hub(runtime_dir)
    closing.callback(hub.close)
    return hub


@pytest.fixture
def desk(runtime_dir: Path, closing: contextlib.ExitStack) -> Desk:
    return Desk(runtime_dir, closing)
