"""A supervisor's end of the sockets, for tests that run one real worker as a real process.

Owns: binding the sockets, answering `Hello` with the configuration, keeping what the worker says, and saying events to
it. Does not own: judging leases or restarting anything; a test that wants that runs the supervisor itself.
Invariant: one thread. Nothing happens but inside `pump`, so a test sees each message in the order it came.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from shared import wire
from shared.causes import MissCause
from shared.config.model import Configuration
from shared.events import BusTick
from shared.messages import (
    Answer,
    Cancel,
    Cancelled,
    Configure,
    Event,
    Hello,
    Lease,
    Prune,
    Pruned,
    Published,
    Ready,
    Request,
    Snapped,
)
from shared.transport import Hub, Poller

ROOT = Path(__file__).resolve().parents[2]
_MOST = 1000
_TURN_NS = 5_000_000
"""How long a condition that no message announces (a file on the disk) may have been true before it is seen."""


class HubHarness:
    """The supervisor's sockets in `runtime_dir`. Use it as a context: leaving it kills what was started."""

    def __init__(self, runtime_dir: Path, configuration: Configuration) -> None:
        runtime_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        self.runtime_dir = runtime_dir
        self.configuration = configuration
        self.accounted_until_ns: int | None = None
        self.since: MissCause = "down"
        self.hellos: list[Hello] = []
        self.readies: list[Ready] = []
        self.published: list[Published] = []
        self.snapped: list[Snapped] = []
        self.prunings: list[Pruned] = []
        self.cancellings: list[Cancelled] = []
        self.leases: list[Lease] = []
        self.subscriptions: set[str] = set()
        self.processes: list[subprocess.Popen[bytes]] = []
        self._hub = Hub(runtime_dir)
        self._poller = Poller()
        for socket in self._hub.sockets:
            self._poller.add(socket)
        self._routes: dict[str, bytes] = {}
        self._incarnations: dict[str, int] = {}
        self._seq = 0
        self._tseq: dict[str, int] = {}
        self._kept: list[Event] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self._hub.close()

    def start(
        self, package: str, worker: str, *, env: Mapping[str, str] | None = None, evidence_fd: int = -1
    ) -> subprocess.Popen[bytes]:
        """Start `python -m PACKAGE` as the supervisor would. Its log goes to `log_of(worker)`.

        The worker dies with the calling thread: start it from the test's own.
        """
        incarnation = self._incarnations[worker] = self._incarnations.get(worker, 0) + 1
        arguments = [
            f"--worker={worker}",
            f"--incarnation={incarnation}",
            f"--parent-pid={os.getpid()}",
            f"--runtime-dir={self.runtime_dir}",
            f"--evidence-fd={evidence_fd}",
        ]
        with self._log_path(worker).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", package, *arguments],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=() if evidence_fd < 0 else (evidence_fd,),
            )
        self.processes.append(process)
        return process

    def start_ready(
        self, package: str, worker: str, *, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it is ready and hears events."""
        before = len(self.readies)
        process = self.start(package, worker, env=env)
        self.pump(lambda: len(self.readies) > before or process.poll() is not None, what=f"{worker} to be ready")
        assert process.poll() is None, self.log_of(worker)
        self.pump(lambda: bool(self.subscriptions), what=f"{worker} to subscribe")
        return process

    def stop(self, process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end, with the sockets served meanwhile; the exit status."""
        process.send_signal(number)
        return self.ended(process)

    def ended(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for the end of a process; its exit status."""
        pidfd = os.pidfd_open(process.pid) if process.poll() is None else None
        if pidfd is not None:
            self._poller.add(pidfd)
        self.pump(lambda: process.poll() is not None, what="the worker to end")
        if pidfd is not None:
            self._poller.remove(pidfd)
            os.close(pidfd)
        self.drain()
        assert process.returncode is not None
        return process.returncode

    def log_of(self, worker: str) -> str:
        """What all incarnations of a worker have written to standard error."""
        return self._log_path(worker).read_text("utf-8", "replace")

    def publish(self, topic: str, data: object, source: str = "test", *, lost: bool = False) -> None:
        """Say an event on the tap, numbered as the bus does; or have it lost, so that a replay alone has it."""
        self._seq += 1
        self._tseq[topic] = self._tseq.get(topic, 0) + 1
        event = Event(
            v=1,
            topic=topic,
            source=source,
            boot="harness",
            seq=self._seq,
            tseq=self._tseq[topic],
            wall_ns=time.time_ns(),
            mono_ns=time.monotonic_ns(),
            data=wire.check_event_data(topic, data),
        )
        self._kept.append(event)
        if not lost:
            self._hub.publish(topic, wire.pack(event))

    def tick(self) -> None:
        """Tell how far the numbers have come."""
        data = wire.check_event_data("bus.tick", BusTick(seq=self._seq, tseq=self._tseq))
        now = (time.time_ns(), time.monotonic_ns())
        event = Event(
            v=1,
            topic="bus.tick",
            source="test",
            boot="harness",
            seq=self._seq,
            tseq=0,
            wall_ns=now[0],
            mono_ns=now[1],
            data=data,
        )
        self._hub.publish("bus.tick", wire.pack(event))

    def reload(self, worker: str, configuration: Configuration) -> None:
        """Send a worker that said `Hello` another configuration, as after SIGHUP."""
        self.configuration = configuration
        self._hub.send_to_worker(self._routes[worker], Configure(configuration=configuration))

    def order_prune(self, worker: str, operation: str) -> None:
        """Order a worker that said `Hello` to delete now what it may."""
        self._hub.send_to_worker(self._routes[worker], Prune(operation=operation))

    def order_cancel(self, worker: str, operation: str) -> None:
        """Order a worker that said `Hello` to give up what it is at."""
        self._hub.send_to_worker(self._routes[worker], Cancel(operation=operation))

    def events(self, topic: str, kind: type[msgspec.Struct] | None = None) -> list[Any]:
        """What workers have published under `topic` so far: plain maps, or `kind` where it is given."""
        found = [message.data for message in self.published if message.topic == topic]
        return found if kind is None else [wire.check(data, kind) for data in found]

    def pump(self, until: Callable[[], bool], timeout_s: float = 10.0, what: str = "it") -> None:
        """Serve the sockets until `until()` is true. Fails the test after `timeout_s`."""
        deadline_ns = time.monotonic_ns() + int(timeout_s * 1e9)
        while not until():
            left_ns = deadline_ns - time.monotonic_ns()
            if left_ns <= 0:
                raise AssertionError(f"waited {timeout_s} s for {what}\n{self._logs()}")
            self._serve(min(left_ns, _TURN_NS))

    def pump_for(self, duration_s: float) -> None:
        """Serve the sockets for a while: for tests that something does *not* happen."""
        deadline_ns = time.monotonic_ns() + int(duration_s * 1e9)
        while (left_ns := deadline_ns - time.monotonic_ns()) > 0:
            self._serve(left_ns)

    def drain(self) -> None:
        """Take in what has arrived, without waiting."""
        self._serve(0)

    def _serve(self, timeout_ns: int) -> None:
        ready = self._poller.wait(timeout_ns)
        for route, message in self._hub.worker_messages(_MOST):
            if isinstance(message, Hello):
                self._routes[message.worker] = route
                self.hellos.append(message)
                self._hub.send_to_worker(route, self._answer())
            elif isinstance(message, Ready):
                self.readies.append(message)
            elif isinstance(message, Snapped):
                self.snapped.append(message)
            elif isinstance(message, Pruned):
                self.prunings.append(message)
            elif isinstance(message, Cancelled):
                self.cancellings.append(message)
            else:
                self.published.append(message)
        self.leases.extend(self._hub.lease_messages(_MOST))
        for sender, request in self._hub.requests(_MOST):
            self._hub.answer(sender, self._replayed(request))
        if self._hub.events in ready:
            self._subscribed(self._hub.events.recv_multipart()[0])

    def _replayed(self, request: Request) -> Answer:
        """To `replay`, as the supervisor has it; to anything else, nothing."""
        events = [msgspec.to_builtins(event) for event in self._kept if event.seq > request.after_seq]
        if request.boot not in {"", "harness"}:
            events = []
        boot = request.boot or "harness"
        return Answer(
            id=request.id, ok=True, data={"boot": boot, "first_seq": 1, "last_seq": self._seq, "events": events[:500]}
        )

    def _answer(self) -> Configure:
        return Configure(configuration=self.configuration, accounted_until_ns=self.accounted_until_ns, since=self.since)

    def _subscribed(self, frame: bytes) -> None:
        topic = frame[1:].decode()
        if frame[:1] == b"\x01":
            self.subscriptions.add(topic)
        else:
            self.subscriptions.discard(topic)

    def _log_path(self, worker: str) -> Path:
        return self.runtime_dir / f"{worker}.log"

    def _logs(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text()}" for path in sorted(self.runtime_dir.glob("*.log")))
