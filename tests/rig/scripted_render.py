"""A render that does what the test says, and a render worker that has such ones: both as processes.

Owns: the two programs, and the test's word to them: the file `do` in the directory of `TIMELAPSE_TEST_RENDER` (`hold`,
`finish`, `fail`, `mute`, `stubborn`), and `heat` beside it, in degrees. Does not own: the worker's loop, which is the
real one.
Invariant: it speaks, hears and ends as a real render does; its unfinished file lies where that of a real one does.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from pathlib import Path

import msgspec

from render_worker.child import Child
from render_worker.conditions import Conditions
from render_worker.pausing import Heat
from render_worker.request import RenderRequest
from render_worker.telling import Failed, Finished, Order, Progress, Told, line_of
from render_worker.worker import TOPICS, RenderWorker
from shared.parent import die_with_parent
from shared.worker import Worker, run
from tests.rig.plain_rights import plain_rights

PLACE = "TIMELAPSE_TEST_RENDER"
_PICTURES = 100


def word(name: str) -> str:
    """What the test has said last."""
    try:
        return (Path(os.environ[PLACE]) / name).read_text()
    except OSError:
        return ""


def say(told: Told) -> None:
    sys.stdout.buffer.write(line_of(told))
    sys.stdout.buffer.flush()


class Script:
    """The render."""

    def __init__(self) -> None:
        self._rest = b""
        while b"\n" not in self._rest:
            self._rest += os.read(0, 65_536)
        line, _, self._rest = self._rest.partition(b"\n")
        request = msgspec.json.decode(line, type=RenderRequest)
        self.output = Path(request.output)
        self.unfinished = self.output.with_name(f".{self.output.name}.part")
        self.unfinished.write_bytes(b"half")
        (Path(os.environ[PLACE]) / "request").write_bytes(line)
        self.paused = ""

    def run(self) -> int:
        """Speak each 20 ms, and end as the test says; the exit status."""
        done = 0
        while True:
            done += not self.paused
            does = word("do")
            if does != "mute":
                say(Progress("rendering", min(done, _PICTURES - 1), _PICTURES, self.paused))
            if does == "finish" and not self.paused:
                self.unfinished.rename(self.output)
                say(Finished(str(self.output), _PICTURES, 90, 1, 2, 0.5, 4, 320, 180, 4.0, "as the test says"))
                return 0
            if does == "fail":
                self.unfinished.unlink()
                say(Failed("as the test says", 70))
                return 70
            if not self._heard():
                self.unfinished.unlink(missing_ok=True)
                say(Failed("cancelled", 130))
                return 130

    def _heard(self) -> bool:
        """Wait a moment for orders; whether it is to go on."""
        if select.select([0], [], [], 0.02)[0]:
            data = os.read(0, 65_536)
            if not data:
                return False
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self.paused = msgspec.json.decode(line, type=Order).pause
        return not _told_to_end


_told_to_end: list[int] = []


def _end(number: int, _frame: object) -> None:
    if word("do") != "stubborn":
        _told_to_end.append(number)


def start(request: RenderRequest) -> Child:
    """As `Child` does, with this module for the render; the words are those of a real one, and more."""
    words = [sys.executable, "-m", "tests.rig.scripted_render", "render_worker.job", "--parent", str(os.getpid())]
    return Child(request, words)


def work(worker: Worker) -> int:
    """The real worker, but for the renders, the heat, and a clock that is always synchronised."""

    def heat() -> Heat:
        degrees = word("heat")
        return Heat(float(degrees) if degrees else None)

    conditions = Conditions(worker.clock, heat, lambda: True, 50_000_000)
    with plain_rights():
        return RenderWorker(worker, worker.configuration().configuration, conditions, start).run()


if __name__ == "__main__":
    if "--parent" in sys.argv:
        signal.signal(signal.SIGTERM, _end)
        die_with_parent(int(sys.argv[sys.argv.index("--parent") + 1]), by=signal.SIGTERM)
        sys.exit(Script().run())
    run(work, TOPICS)
