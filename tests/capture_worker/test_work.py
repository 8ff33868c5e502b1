"""From the first order to a session."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace

from capture_worker.work import work
from shared.errors import ConfigError
from shared.messages import Configure
from shared.worker import Worker
from tests.rig.manual_clock import ManualClock
from tests.rig.still_worker import SessionBench, StillWorker


class Ordered(StillWorker):
    """A worker whose first order is known."""

    order: Configure

    def configuration(self) -> Configure:
        """See `Worker.configuration`."""
        return self.order


def test_camera_that_was_removed_while_its_worker_started_is_said_plainly(tmp_path: Path) -> None:
    worker = Ordered(tmp_path, ManualClock())
    worker.order = Configure(configuration=replace(SessionBench(tmp_path).configuration, cameras={}))
    with pytest.raises(ConfigError, match="no camera 'main' any more"):
        work(cast(Worker, worker))
