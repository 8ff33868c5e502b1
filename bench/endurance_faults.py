"""What an endurance run may do to its recorder: kill a worker or reload the configuration, each N minutes at random.

Owns: when, and which. Does not own: what follows.
Invariant: the interval is never changed: the grid of a run is one.
"""

from __future__ import annotations

import math
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Literal, get_args

from tests.rig.recorder import Recorder

Fault = Literal["kill capture.main", "kill storage", "reload"]
FAULTS: tuple[Fault, ...] = get_args(Fault)


class Faults:
    """One fault at a random moment of each `every_s`; none where that is None. `config` is for a JPEG quality."""

    def __init__(self, recorder: Recorder, config: Callable[[int], str], every_s: float | None, seed: int) -> None:
        self.done: Counter[Fault] = Counter()
        self._recorder = recorder
        self._config = config
        self._every_s = every_s
        self._chance = random.Random(seed)
        self._begun_s = math.inf
        self._next_s = math.inf

    def begin(self) -> None:
        """The first of those minutes begins now."""
        self._begun_s = time.monotonic()
        self._next_s = self._moment()

    def until(self, deadline_s: float) -> None:
        """Wait until that moment of CLOCK_MONOTONIC, and do on the way what is due. Blocks."""
        while self._next_s < deadline_s:
            _wait_until(self._next_s)
            self._do(self._chance.choice(FAULTS))
            assert self._every_s is not None
            self._begun_s += self._every_s
            self._next_s = self._moment()
        _wait_until(deadline_s)

    def _moment(self) -> float:
        if self._every_s is None:
            return math.inf
        return self._begun_s + self._chance.uniform(0, self._every_s)

    def _do(self, fault: Fault) -> None:
        if fault == "reload":
            assert self._recorder.process is not None
            self._recorder.configure(self._config(self._chance.randint(60, 95)))
            self._recorder.process.send_signal(signal.SIGHUP)
        else:
            os.kill(self._recorder.pid_of(fault.removeprefix("kill ")), signal.SIGKILL)
        self.done[fault] += 1


def _wait_until(moment_s: float) -> None:
    time.sleep(max(0.0, moment_s - time.monotonic()))
