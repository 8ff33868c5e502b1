"""What the tests of the session's turns begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rig.still_worker import SessionBench


@pytest.fixture
def bench(tmp_path: Path) -> SessionBench:
    """A camera that is open, before its first slot."""
    bench = SessionBench(tmp_path)
    bench.open()
    return bench
