"""A camera whose clock is set and whose workers die: the real session, real accounts and a real directory of frames.

Owns: time, the frames' bytes, and what was told by all workers together, each in the life of the clock it was told of.
Does not own: any decision; those are the session's, and the supervisor's about what is accounted for.
Invariant: a life of the clock is a time in which it was not put back, and ends with the machine. Within one, slots are
told in order and once; whoever breaks that, or writes over a frame, fails here at once.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from capture_worker.results import Result, Stored
from shared import fence
from shared.causes import MissCause
from shared.clock import NS_PER_MS, NS_PER_S
from shared.events import FrameMissed, FrameWritten
from shared.frame_name import parse
from supervisor.accounted import Accounted, after_account
from tests.rig.manual_clock import ManualClock
from tests.rig.planted_frames import frames_in
from tests.rig.still_worker import SessionBench

InFlight = Literal["nothing", "asked", "taken", "written"]
"""How far the next slot's frame has come when something happens to it."""
_BOOTED_NS = 20 * NS_PER_S


@contextmanager
def in_memory() -> Iterator[Path]:
    """A directory in memory where there is one: each frame is synced, and a busy disk takes its time for that."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory, prefix="timelapse-test-") as name:
        yield Path(name)


class Told(Struct, frozen=True):
    """Slots that were told: of a frame its path, of misses their cause."""

    slots: range
    what: str
    path: str = ""


class Life:
    """A time in which the clock was not put back: from when till when by it (wall, None where that is not known)."""

    def __init__(self, begins_ns: int | None) -> None:
        self.begins_ns = begins_ns
        self.ends_ns: int | None = None
        self.told: list[Told] = []

    def tell(self, told: Told) -> None:
        """In order, and each slot once."""
        before = self.told[-1] if self.told else None
        assert before is None or told.slots[0] > before.slots[-1], f"{told} comes after {before}"
        self.told.append(told)

    def check_whole(self, interval_ns: int, frames: set[int]) -> None:
        """No slot is left out from its beginning to its end, but up to one of `frames`, told in an earlier life."""
        due_ns = None if self.begins_ns is None else self.begins_ns // interval_ns * interval_ns + interval_ns
        for told in self.told:
            first_ns = told.slots[0]
            assert due_ns in {None, first_ns} or first_ns - interval_ns in frames, f"before {told} slots are left out"
            due_ns = told.slots[-1] + interval_ns
        if self.ends_ns is not None and due_ns is not None:
            last_ns = self.ends_ns // interval_ns * interval_ns
            is_whole = due_ns > last_ns or not frames.isdisjoint((due_ns - interval_ns, last_ns))
            assert is_whole, "the last slots of a life are left out"


class _Bench(SessionBench):
    """A session whose frames reach the disk; each has bytes of its own."""

    frames = 0

    def stored(self) -> Stored:
        taken = self.session._writer._queue.get_nowait()
        _Bench.frames += 1
        name = self.session._store.write(taken.slot_ns, f"frame {_Bench.frames}".encode())
        path = f"main/{name.path()}"
        return Stored(
            FrameWritten(camera="main", slot_ns=taken.slot_ns, take=name.take, path=path, bytes=1, width=1, height=1)
        )


class Lives:
    """The history of one camera, `main`, in `directory`. `lives` is what was told in each life of its clock."""

    def __init__(self, directory: Path, wall_ns: int, **camera: Any) -> None:
        self.lives = [Life(wall_ns)]
        self.clock = ManualClock(wall_ns, _BOOTED_NS)
        self.output_dir = directory / "out"
        self.interval_ns = camera.get("interval_ms", 10_000) * NS_PER_MS
        self.longest_wait_ns = 0
        self._directory = directory
        self._camera = camera
        self._accounted: Accounted | None = None
        self._stretches: list[tuple[int, int]] = []
        self._bytes: dict[str, bytes] = {}
        self._late: list[Result] = []
        self._under_way: dict[int, int] = {}
        self._forgotten: set[str] = set()
        self._just_set = False
        self._bench: _Bench | None = None
        self._fences = len(fence._HELD)
        self._begin_stretch()

    def start(self, since: MissCause = "down", *, opens: bool = True) -> None:
        """A worker starts, and is told what the supervisor remembers."""
        known = self._accounted
        if known is None:
            self._forget()
        self._bench = _Bench(
            self._directory,
            accounted_until_ns=known.until_ns if known else None,
            accounted_at=(known.wall_ns, known.mono_ns) if known else (0, 0),
            earlier=(known.earlier_first_ns, known.earlier_last_ns) if known else (0, -1),
            since=since,
            clock=self.clock,
            **self._camera,
        )
        self._hear()
        if opens:
            self._bench.open()
        self._hear()

    def run(self, seconds: float) -> None:
        """The worker works, and its camera and disk at once; without one, time passes."""
        until_ns = self.clock.mono + round(seconds * NS_PER_S)
        self._just_set = False
        while self._bench is not None:
            self._work(self._bench)
            wait_ns = max(1, self._wait_ns(self._bench))
            if self.clock.mono + wait_ns > until_ns:
                break
            self.clock.advance(wait_ns / NS_PER_S)
        self.clock.advance(max(0, until_ns - self.clock.mono) / NS_PER_S)
        if self._bench is not None:
            self._work(self._bench)

    def bring(self, in_flight: InFlight) -> None:
        """Go to the next slot, and let its frame come so far. It goes on with the next `run`, if it does."""
        bench = self._bench
        if bench is None or in_flight == "nothing":
            return
        self._work(bench)
        self._just_set = False
        next_ns = bench.session._next_slot_ns
        assert next_ns is not None
        bench.go_to(next_ns)
        bench.turn()
        self._under_way[next_ns] = len(self.lives) - 1
        if in_flight != "asked" and bench.asked() is not None:
            bench.give(bench.take())
            bench.turn()
            if in_flight == "written":
                self._late.append(bench.stored())
        self._hear()

    def set_clock(self, wall_ns: int) -> None:
        """Somebody sets the clock; a worker that runs sees it at once, as its alarm ends each wait."""
        if self._just_set and self._bench is not None:
            # Whose slot it is that was due for a moment between two steps, nobody could tell afterwards.
            self._work(self._bench)
        if wall_ns < self.clock.wall:
            self._begin_life(wall_ns)
        self._just_set = True
        self.clock.set_wall(wall_ns)
        self._begin_stretch()
        if self._bench is not None:
            self._bench.turn()
            self._hear()

    def kill(self) -> None:
        """The worker ends without a word; of what was in flight there is on the disk what there is."""
        self._late.clear()
        if self._bench is None:
            return
        self._bench = None
        known = self._accounted
        if known is not None and abs(known.wall_ns - known.mono_ns - self.clock.wall + self.clock.mono) > NS_PER_MS:
            # Nothing has been told by this clock yet, so that the time until the next start is told by the one before.
            self._forget()
            self.lives[-1].begins_ns = None
            for life in self.lives[:-1]:
                life.ends_ns = None
        while len(fence._HELD) > self._fences:
            with contextlib.suppress(OSError):
                os.close(fence._HELD.pop())

    def reboot(self, wall_ns: int) -> None:
        """The power goes, and the machine starts with its clock there; nobody remembers anything."""
        self.kill()
        self._accounted = None
        self._begin_life(None)
        self.clock.mono, self.clock.wall = _BOOTED_NS, wall_ns
        self._stretches.clear()
        self._begin_stretch()

    def told(self) -> list[Told]:
        """All of it."""
        return [told for life in self.lives for told in life.told]

    def end(self) -> None:
        """Stop, and look once more: each frame was told, once, and is as it was written; no slot was left out."""
        if self._bench is not None:
            self.lives[-1].ends_ns = self.clock.wall
            self._bench.session._teller.flush()
            self._hear()
        self.kill()
        self._look_at_frames()
        paths = [told.path for told in self.told() if told.path]
        assert len(paths) == len(set(paths)), "a frame was told twice"
        assert set(paths) >= frames_in(self.output_dir) - self._forgotten, "a frame was not told"
        frames = {parsed.slot_ns for path in frames_in(self.output_dir) if (parsed := parse(path.rpartition("/")[2]))}
        for life in self.lives:
            life.check_whole(self.interval_ns, frames)

    def _work(self, bench: _Bench) -> None:
        while True:
            bench.give(*self._late)
            self._late.clear()
            bench.turn()
            self._hear()
            request = bench.asked()
            if request is not None and request.slot_mono_ns <= self.clock.mono:
                bench.give(bench.take())
            elif not bench.session._writer._queue.empty():
                bench.give(bench.stored())
            else:
                return

    def _wait_ns(self, bench: _Bench) -> int:
        wait_ns = bench.session._wait_ns()
        self.longest_wait_ns = max(self.longest_wait_ns, wait_ns)
        return wait_ns

    def _hear(self) -> None:
        assert self._bench is not None
        worker = self._bench.worker
        moments = iter(worker.moments)
        for _, data in worker.published:
            if isinstance(data, FrameWritten):
                told = Told(range(data.slot_ns, data.slot_ns + 1), "frame", data.path)
            elif isinstance(data, FrameMissed):
                told = Told(range(data.first_slot_ns, data.last_slot_ns + 1, data.interval_ns), data.cause)
                assert len(told.slots) == data.count
            else:
                continue
            self._take(told, next(moments))
        worker.published.clear()
        worker.moments.clear()

    def _take(self, told: Told, moment: tuple[int, int]) -> None:
        self._accounted = after_account(self._accounted, told.slots[0], told.slots[-1], moment)
        life = self._life_of(moment, told.slots[-1])
        if (number := self._under_way.pop(told.slots[0], None)) is not None:
            life = self.lives[number]
        life.tell(told)

    def _life_of(self, moment: tuple[int, int], slot_ns: int) -> Life:
        """The life of the clock by which something was told; the one before, of what waited to be told in order."""
        offset_ns = moment[0] - moment[1]
        lives = [life for offset, life in self._stretches if abs(offset - offset_ns) < NS_PER_MS]
        assert lives, "told by a clock that never was"
        ahead = slot_ns > moment[0] + NS_PER_S
        return self.lives[lives[-1] - 1 if ahead else lives[-1]]

    def _forget(self) -> None:
        """Nobody remembers an account: what was on its way is lost, and the newest frame counts as told."""
        for number in self._under_way.values():
            self.lives[number].ends_ns = None
        self._under_way.clear()
        self._forgotten |= frames_in(self.output_dir).difference(told.path for told in self.told())

    def _begin_life(self, wall_ns: int | None) -> None:
        """Nobody who was not there can tell when a life ended and another began."""
        seen = self._bench is not None
        if seen:
            self.lives[-1].ends_ns = self.clock.wall
        self.lives.append(Life(wall_ns if seen else None))
        self._look_at_frames()

    def _begin_stretch(self) -> None:
        self._stretches.append((self.clock.wall - self.clock.mono, len(self.lives) - 1))

    def _look_at_frames(self) -> None:
        for path in frames_in(self.output_dir):
            data = (self.output_dir / path).read_bytes()
            assert self._bytes.setdefault(path, data) == data, f"{path} was written over"
