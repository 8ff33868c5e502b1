"""A crew of real small workers under the policy, with the clock moved by hand.

Owns: the crew and what surrounds it, until it is left. Does not own: what is tried on it.
Invariant: no process of it is left when it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration, RenderConfig
from shared.events import OperationFinished, WorkerChanged
from shared.messages import Hello, Lease
from supervisor.crew import Crew
from supervisor.memory import Memory
from supervisor.supervised import Supervised
from tests.rig.manual_clock import ManualClock
from tests.rig.small_workers import OBEDIENT, SmallWorkers, wait_for_end


class Ship:
    """A crew and what surrounds it."""

    def __init__(self, directory: Path, workers: SmallWorkers) -> None:
        self.clock = ManualClock()
        self.workers = workers
        self.told: list[tuple[str, WorkerChanged | OperationFinished]] = []
        self.memory = Memory(directory)
        self.crew = Crew(directory, self.memory, self.clock, tell=lambda topic, data: self.told.append((topic, data)))
        for package in ("storage_worker", "capture_worker", "render_worker"):
            workers.make(package, OBEDIENT)

    def sail(self, *cameras: str, daily_minute: int | None = None) -> None:
        """Take over a configuration, and wait until all its new workers are up. `daily_minute`: of renders."""
        before = {name for name, worker in self.crew.workers.items() if worker.alive}
        self.crew.configure(configuration_of(*cameras, daily_minute=daily_minute))
        for _ in {name for name, worker in self.crew.workers.items() if worker.alive} - before:
            self.workers.hear()

    def one(self, name: str) -> Supervised:
        """The worker of that name."""
        return self.crew.workers[name]

    def pid(self, name: str) -> int:
        """Of its process, which is there."""
        process = self.one(name).process
        assert process is not None
        return process.pid

    def bury(self, name: str) -> None:
        """Wait for the end of a worker's process, and let the crew take note of it."""
        process = self.one(name).process
        if process is not None:  # else it was reaped along with another one
            wait_for_end(process.fd)
            self.crew.reap()

    def pass_time(self, seconds: float) -> None:
        """Move the clock, and let what is due happen."""
        self.clock.advance(seconds)
        self.crew.run_timers(self.clock.mono_ns())

    def say(self, name: str, **changed: Any) -> Hello:
        """A hello as this worker would say it, but for what is `changed`."""
        said = {"worker": name, "incarnation": self.one(name).incarnation, "pid": self.pid(name)}
        return Hello(**{**said, **changed})

    def declare(self, name: str, for_s: float, **changed: Any) -> None:
        """Let it take a lease for so long."""
        now_ns = self.clock.mono_ns()
        who = {"worker": name, "incarnation": self.one(name).incarnation, "pid": self.pid(name)}
        times = {"declared_mono_ns": now_ns, "deadline_mono_ns": now_ns + round(for_s * NS_PER_S)}
        self.crew.observe(Lease(**{**who, **times, "operation": "grab", **changed}))

    def topics(self, name: str) -> list[str]:
        """What was told of it, in order."""
        return [topic for topic, data in self.told if data.worker == name]

    def finished(self) -> dict[str, bool]:
        """The operations that have ended, and whether well."""
        return {data.operation: data.ok for _, data in self.told if isinstance(data, OperationFinished)}


@contextmanager
def ship_in(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ship]:
    """One that has not sailed yet."""
    workers = SmallWorkers(directory, monkeypatch)
    ship = Ship(directory, workers)
    yield ship
    ship.crew.slay_all()
    for name, worker in list(ship.crew.workers.items()):
        if worker.alive:
            ship.bury(name)
    workers.close()


def configuration_of(*cameras: str, daily_minute: int | None = None) -> Configuration:
    chosen = {name: CameraConfig(name) for name in cameras}
    return Configuration("x.yml", "/frames", chosen, render=RenderConfig(daily_minute))
