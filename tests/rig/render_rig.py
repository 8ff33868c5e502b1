"""A render worker in its surroundings: the sockets, a small tree, and the test's word to its renders.

Owns: putting these together, and what can be seen of renders from outside. Does not own: the worker, and the scripted
renders (`scripted_render`).
Invariant: after `end` nothing that it started is alive.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from render_worker.local_day import begin_s, days_before
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration, RenderConfig
from tests.rig.hub_harness import HubHarness
from tests.rig.planted_frames import plant
from tests.rig.scripted_render import PLACE

PACKAGE = "tests.rig.scripted_render"
YESTERDAY = days_before(time.time(), 1)[0]
DAILY = RenderConfig(daily_minute=0)


class RenderRig:
    """Use its `hub` as a context, and call `end` within it."""

    def __init__(self, tmp_path: Path, render: RenderConfig = DAILY) -> None:
        self.place = tmp_path
        self.output_dir = tmp_path / "out"
        self.videos = self.output_dir / "main" / "videos"
        self.output_dir.mkdir()
        cameras = {"main": CameraConfig("main")}
        self.hub = HubHarness(tmp_path / "run", Configuration("t.yml", str(self.output_dir), cameras, render=render))
        self.do("hold")

    def do(self, word: str) -> None:
        """What the renders do from now on."""
        self._say("do", word)

    def heat(self, degrees: float) -> None:
        """How hot the machine is from now on."""
        self._say("heat", str(degrees))

    def plant(self, day: str = YESTERDAY, camera: str = "main") -> None:
        """A frame at noon."""
        plant(self.output_dir, camera, (begin_s(day) + 12 * 3600) * NS_PER_S)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the worker, and wait until it is ready."""
        return self.hub.start_ready(PACKAGE, "render", env={PLACE: str(self.place)})

    def wait(self, topic: str, count: int = 1) -> None:
        """Wait until so many events of a topic were told."""
        self.hub.pump(lambda: len(self.hub.events(topic)) >= count, what=f"{topic} no. {count}")

    def wait_for_unfinished(self) -> None:
        """Wait until a render has begun its file."""
        self.hub.pump(lambda: self.unfinished() != [], what="the render to begin its file")

    def unfinished(self) -> list[str]:
        """The names of the hidden files beside the results."""
        return sorted(path.name for path in self.videos.glob(".*"))

    def results(self) -> list[str]:
        """The names of the main camera's results."""
        return sorted(path.name for path in self.videos.glob("[!.]*"))

    def processes(self) -> list[int]:
        """The renders that are alive."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if not entry.name.isdigit() or b"render_worker.job" not in (entry / "cmdline").read_bytes():
                    continue
                if f"{PLACE}={self.place}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def end(self) -> None:
        """Kill whatever is left."""
        for process in self.hub.processes:
            process.kill()
            process.wait()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def _say(self, name: str, word: str) -> None:
        (self.place / f"{name}.new").write_text(word)
        (self.place / f"{name}.new").rename(self.place / name)
