"""A supervisor without workers: real sockets, real numbering and replay, and answers as the test wants them.

Owns: the process that binds the sockets and takes orders on standard input, and the test's end of it.
Does not own: the bus and the desk, which are the supervisor's own.
Invariant: an order is carried out when `tell` returns. What is published as `lost` is kept for `replay` and reaches no
subscriber, as if the tap had dropped it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shared import wire
from shared.clock import SystemClock
from shared.errors import ConfigError, UsageError
from shared.transport import Hub, Poller
from supervisor.accounted import Accounted
from supervisor.bus import Bus
from supervisor.desk import Desk
from supervisor.last_accounts import LastAccounts

ROOT = Path(__file__).resolve().parents[2]
_TICK_NS = 200_000_000
_MOST = 500


class _DeafHub:
    """What the bus publishes on: the real hub, unless the event is to be lost."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.lose = False

    def publish(self, topic: str, packed: bytes) -> None:
        if not self.lose:
            self._hub.publish(topic, packed)


class Script:
    """The process's side: the orders of the desk, answered as the test has said."""

    def __init__(self, runtime_dir: Path) -> None:
        self.hub = Hub(runtime_dir)
        self._deaf = _DeafHub(self.hub)
        self._bus = Bus(self._deaf, SystemClock())  # type: ignore[arg-type]  # it publishes, and no more is asked
        self._desk = Desk(self)
        self._last = LastAccounts(runtime_dir / "last-accounts")
        self._status: dict[str, Any] = {}
        self._outcome: dict[str, Any] = {}
        self._reload: dict[str, Any] = {"applied": [], "needs_restart": []}

    def ping(self) -> dict[str, Any]:
        """See `supervisor.desk.Orders`, as for the four below."""
        return {"pid": os.getpid(), "boot": self._bus.boot, "version": "scripted"}

    def whole_status(self) -> dict[str, Any]:
        """What the test has said last."""
        return self._status

    def order(self, verb: str, worker: str) -> str:
        """Done at once, if the test has said how it ends, else never."""
        if worker not in self._status["workers"]:
            raise UsageError(f"no worker is called {worker!r} (did you mean capture.main?)")
        # Finished before it is even answered, and perhaps lost on the way: the worst that can happen.
        if self._outcome:
            data = {"operation": f"{verb}-1", "worker": worker, "ok": True, "detail": "", **self._outcome}
            self._publish("operation.finished", data, lost=data.pop("lost", False))
        return f"{verb}-1"

    def reload(self) -> int:
        """Read at once; `_serve` tells what the test has said came of it."""
        return 1

    def replay(self, boot: str, after_seq: int, limit: int) -> dict[str, Any]:
        """The bus's own, or what is left of an earlier script."""
        if boot in {"", self._bus.boot}:
            return self._bus.replay(after_seq, limit)
        events = self._last.replay(boot, after_seq)
        return {"boot": boot, "first_seq": after_seq, "last_seq": after_seq, "events": events}

    def run(self) -> None:
        """Serve until standard input ends."""
        # Unbuffered, so that no order waits in a buffer that the poller knows nothing of.
        orders = open(sys.stdin.fileno(), "rb", buffering=0)  # noqa: SIM115, PTH123 - open as long as the process
        poller = Poller()
        for readable in (self.hub.control, self.hub.events, sys.stdin.fileno()):
            poller.add(readable)
        tick_due_ns = 0
        while True:
            ready = poller.wait(max(0, tick_due_ns - time.monotonic_ns()))
            self._serve()
            self.hub.drain_subscriptions(_MOST)
            if sys.stdin.fileno() in ready:
                order = orders.readline()
                if not order:
                    return
                self._obey(json.loads(order))
            if time.monotonic_ns() >= tick_due_ns:
                tick_due_ns = time.monotonic_ns() + _TICK_NS
                self._bus.tick()

    def _serve(self) -> None:
        for route, request in self.hub.requests(_MOST):
            if (answer := self._desk.answer(request, route)) is not None:
                self.hub.answer(route, answer)
        mistakes = self._reload.get("mistakes")
        for route, answer in self._desk.conclude(1, ConfigError(mistakes) if mistakes else self._reload):
            self.hub.answer(route, answer)

    def _obey(self, order: dict[str, Any]) -> None:
        for name in ("status", "outcome", "reload"):
            setattr(self, f"_{name}", order.get(name, getattr(self, f"_{name}")))
        for _ in range(order.get("times", 1) if "publish" in order else 0):
            self._publish(order["publish"], order["data"], lost=order.get("lost", False))
        print(self._bus.seq, flush=True)

    def _publish(self, topic: str, data: dict[str, Any], *, lost: bool) -> None:
        self._deaf.lose = lost
        clock = SystemClock()
        data = wire.check_event_data(topic, data)
        packed = self._bus.number(topic, "script", data, clock.wall_ns(), clock.mono_ns())
        self._last.note("main", Accounted(self._bus.seq), packed)
        self._bus.send(topic, packed)
        self._deaf.lose = False


class ScriptedSupervisor:
    """The test's side: starts the process, orders it about, ends it. Use it as a context."""

    def __init__(self, runtime_dir: Path, status: dict[str, Any]) -> None:
        self.runtime_dir = runtime_dir
        self._first_status = status
        self.process = self._start()

    def tell(self, **order: Any) -> int:
        """Have an order carried out; the number of the last event then."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def publish(self, topic: str, data: dict[str, Any], *, times: int = 1, lost: bool = False) -> int:
        """Publish an event; its number."""
        return self.tell(publish=topic, data=data, times=times, lost=lost)

    def start_anew(self, status: dict[str, Any] | None = None) -> None:
        """SIGKILL, and another one in its place, with events of its own."""
        self.end()
        self._first_status = status or self._first_status
        self.process = self._start()

    def end(self) -> None:
        """SIGKILL. May be called twice."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def pause(self) -> None:
        """SIGSTOP: it is there and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def _start(self) -> subprocess.Popen[bytes]:
        self.runtime_dir.mkdir(exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.rig.scripted_supervisor", str(self.runtime_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.process = process
        self.tell(status=self._first_status)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


if __name__ == "__main__":
    Script(Path(sys.argv[1])).run()
