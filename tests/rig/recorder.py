"""A whole recorder under test: the real supervisor with its real workers, watched through the real tap.

Owns: starting and killing it, collecting its events, asking it, and counting its slots from events and disk together.
Does not own: what a test does to it.
Invariant: when the `with` block ends, nothing that it started is alive.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from shared.errors import WireError
from shared.frame_name import parse
from shared.messages import Answer, Event, Request, Verb
from shared.transport import Control, Tap

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0
"""How long to wait for what has to come; a loaded machine is slow, a broken promise never comes."""


class EventLog:
    """Every event that the tap gave, in order, collected by a thread of its own.

    Of each supervisor, the ones before the first that the tap gave are asked for: it publishes from its start, and
    connecting takes the tap some time.
    """

    def __init__(self, runtime_dir: Path) -> None:
        self.events: list[Event] = []
        self._known: set[tuple[str, int]] = set()
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._collect, args=(runtime_dir,), daemon=True)
        self._listening = threading.Event()
        self._thread.start()
        self._listening.wait()

    def wait_for(self, what: Callable[[Event], bool], *, after: int = 0, patience_s: float = PATIENCE_S) -> Event:
        """Block until an event fits that is not among the first `after`."""
        deadline = time.monotonic() + patience_s
        with self._changed:
            while True:
                for event in self.events[after:]:
                    if what(event):
                        return event
                after = len(self.events)
                left = deadline - time.monotonic()
                assert left > 0, f"not within {patience_s} s; the last events: {self._tail()}"
                self._changed.wait(left)

    def add(self, events: list[Event]) -> None:
        """Add those that are new: one that `replay` gave may yet come over the tap, and the other way round."""
        with self._changed:
            for event in events:
                if event.topic == "bus.tick":
                    self.events.append(event)
                elif (event.boot, event.seq) not in self._known:
                    self._known.add((event.boot, event.seq))
                    self.events.append(event)
            self._changed.notify_all()

    def mark(self) -> int:
        """How many events there are: what `after` takes."""
        return len(self.events)

    def of(self, topic: str, *, after: int = 0) -> list[dict[str, Any]]:
        """The data of the events of a topic."""
        return [event.data for event in self.events[after:] if event.topic == topic]

    def close(self) -> None:
        """Stop listening."""
        self._ended.set()
        self._thread.join()

    def _collect(self, runtime_dir: Path) -> None:
        tap = Tap(runtime_dir)
        known: set[str] = set()
        self._listening.set()
        while not self._ended.is_set():
            if tap.wait(0.1):
                events = list(tap.arrived())
                if any(event.boot not in known for event in events):
                    known |= {event.boot for event in events}
                    # An answer that does not come is of one that was killed or stopped so soon.
                    with contextlib.suppress(AssertionError, WireError, KeyError):
                        self.add(_replay(runtime_dir, "", 0, timeout_s=5.0)[0])
                self.add(events)
        tap.close()

    def _tail(self) -> str:
        return "\n".join(f"{event.topic} {event.data}" for event in self.events[-12:] if event.topic != "bus.tick")


class Recorder:
    """One recorder in `directory`; `config` is the YAML without `output_dir`.

    `within` is a command that runs another one, such as `ip netns exec NAME`.
    """

    def __init__(
        self,
        directory: Path,
        config: str,
        *,
        output_dir: Path | None = None,
        within: Sequence[str] = (),
        ahead: Sequence[Path] = (),
    ) -> None:
        self.directory = directory
        self.runtime_dir = directory / "run"
        self.output_dir = output_dir or directory / "out"
        self._within = within
        inherited = filter(None, [os.environ.get("PYTHONPATH")])
        self._import_from = os.pathsep.join(str(each) for each in (*ahead, REPOSITORY, *inherited))
        self.faults_dir = directory / "faults"
        self.config_path = directory / "timelapse.yml"
        self.log_path = directory / "log"
        self.faults_dir.mkdir(exist_ok=True)
        self.runtime_dir.mkdir(exist_ok=True)
        self.configure(config)
        self.process: subprocess.Popen[bytes] | None = None
        self.log = EventLog(self.runtime_dir)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.log.close()
        if error is not None:
            error.add_note(f"the end of the log:\n{self.log_path.read_text()[-4000:]}")

    def configure(self, config: str) -> None:
        """Write the configuration file; a running recorder sees it at its next reload."""
        self.config_path.write_text(f"output_dir: {self.output_dir}\n{config.lstrip()}")

    def start(self) -> None:
        """Start the supervisor. Returns at once."""
        environment = os.environ | {"TIMELAPSE_TEST_FAULTS": str(self.faults_dir), "PYTHONPATH": self._import_from}
        command = ["-m", "timelapse", "--config", str(self.config_path), "--runtime-dir", str(self.runtime_dir)]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._within, sys.executable, *command], env=environment, stdout=log, stderr=log, cwd=self.directory
            )

    def catch_up(self) -> None:
        """Take in what the tap could not give, from the replay, with what earlier supervisors said last of slots."""
        for boot in dict.fromkeys(event.boot for event in self.log.events):
            self._take_replay(boot, 0)
        after_seq = 0
        while True:
            last_seq, answer_last_seq = self._take_replay("", after_seq)
            if last_seq >= answer_last_seq:
                return
            after_seq = last_seq

    def _take_replay(self, boot: str, after_seq: int) -> tuple[int, int]:
        """Take in one answer's events. The number of its last one, and the last one that there is."""
        events, last_seq = _replay(self.runtime_dir, boot, after_seq)
        self.log.add(events)
        return (events[-1].seq if events else last_seq), last_seq

    def stop(self) -> float:
        """An orderly stop; how many seconds it took."""
        assert self.process is not None
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE_S)
        took_s = time.monotonic() - begun
        self.process.kill()
        self.process.wait()
        return took_s

    def kill(self) -> None:
        """SIGKILL to the supervisor alone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def fault(self, name: str, content: str = "") -> None:
        """Have the built-in camera suffer a fault from now on."""
        (self.faults_dir / name).write_text(content)

    def heal(self, name: str) -> None:
        """End a fault."""
        (self.faults_dir / name).unlink(missing_ok=True)

    def ask(self, request: Request, timeout_s: float = PATIENCE_S) -> Answer:
        """One answer from the control socket."""
        return _ask(self.runtime_dir, request, timeout_s)

    def status(self) -> dict[str, Any]:
        """The whole picture, as the supervisor has it now."""
        return self.ask(Request(id=os.urandom(8).hex(), verb="status")).data

    def order(self, verb: Verb, worker: str) -> None:
        """An operator's order, carried out to its end."""
        mark = self.log.mark()
        answer = self.ask(Request(id=os.urandom(8).hex(), verb=verb, worker=worker))
        assert answer.ok, answer.error
        finished = self.log.wait_for(
            lambda event: event.topic == "operation.finished" and event.data["operation"] == answer.operation,
            after=mark,
        )
        assert finished.data["ok"], finished.data

    def wait_for_frame(self, camera: str = "main", *, after: int | None = None) -> Event:
        """Block until a new frame of a camera is durable."""
        return self.log.wait_for(
            lambda event: event.topic == "frame.written" and event.data["camera"] == camera,
            after=len(self.log.events) if after is None else after,
        )

    def pid_of(self, worker: str) -> int:
        """The process of a worker, once it runs."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            status = self.ask(Request(id=os.urandom(8).hex(), verb="status")).data["workers"][worker]
            if status["pid"] is not None:
                return int(status["pid"])
        raise AssertionError(f"{worker} has no process")

    def frames(self) -> list[Path]:
        """Every file under a final name."""
        return [path for path in self.output_dir.rglob("*.jpg") if ".tmp" not in path.parts]

    def slots_told(self, camera: str = "main", *, after: int = 0) -> Counter[int]:
        """How often the events told of each slot, as a frame or as a miss."""
        told: Counter[int] = Counter()
        for event in self.log.events[after:]:
            if event.topic == "frame.written" and event.data["camera"] == camera:
                told[event.data["slot_ns"]] += 1
            elif event.topic == "frame.missed" and event.data["camera"] == camera:
                told.update(slots_of(event.data))
        return told


def _ask(runtime_dir: Path, request: Request, timeout_s: float) -> Answer:
    control = Control(runtime_dir)
    try:
        answer = control.ask(request, timeout_s)
    finally:
        control.close()
    assert answer is not None, f"no answer to {request.verb} within {timeout_s} s"
    return answer


def _replay(runtime_dir: Path, boot: str, after_seq: int, timeout_s: float = PATIENCE_S) -> tuple[list[Event], int]:
    """One answer's events, and the number of the last event that there is."""
    request = Request(id=os.urandom(8).hex(), verb="replay", after_seq=after_seq, boot=boot)
    answer = _ask(runtime_dir, request, timeout_s).data
    return [msgspec.convert(event, Event) for event in answer["events"]], answer["last_seq"]


def slots_of(miss: dict[str, Any]) -> Iterator[int]:
    """The slots of a `frame.missed`."""
    yield from range(miss["first_slot_ns"], miss["last_slot_ns"] + 1, miss["interval_ns"])


def slot_of(path: Path) -> int:
    """The slot that a frame's name means."""
    name = parse(path.name)
    assert name is not None, f"{path} is not a frame's name"
    return name.slot_ns


def workers_alive(runtime_dir: Path) -> list[int]:
    """Every process that was started for a runtime directory and has not ended."""
    mark = f"--runtime-dir={runtime_dir}".encode()
    alive = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "cmdline").read_bytes().split(b"\0"):
                    alive.append(int(entry.name))
    return alive
