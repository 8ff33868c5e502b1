"""Who makes a video of frames, and how each is started.

Owns: their commands. Does not own: measuring them (`bench/render.py`).
Invariant: all of them get the same files, rate and size; where one takes a preset and a quality, they are timelapse's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from bench.machine import ROOT
from bench.render_frames import CAMERA, FIRST_S, INTERVAL_S
from render_worker.encoding.command import Pipes, arguments
from render_worker.encoding.encoders import DEFAULT_CRF
from render_worker.encoding.plan import Plan
from render_worker.request import Encoding, Look, Picking, RenderRequest

OURS = "timelapse"
FPS = 25.0
_PROGRAMS = ROOT / "bench" / "render_programs.py"


class Job(NamedTuple):
    """What is to be made: the frames in order, where to work, the size of the frames, the profile."""

    directory: Path
    frames: list[Path]
    size: tuple[int, int]
    small: bool

    @property
    def encoding(self) -> Encoding:
        """For all who take one."""
        return Encoding(profile="small" if self.small else "normal")


class RenderContender(NamedTuple):
    """`start` starts it; `missing` is a sentence where it can't run here, else None."""

    name: str
    start: Callable[[Job, Path, IO[bytes]], subprocess.Popen[bytes]]
    missing: Callable[[], str | None]


def _run(command: list[str], log: IO[bytes], told: bytes | None = None) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if told is None else subprocess.PIPE,
        stdout=log,
        stderr=log,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    if told is not None:
        assert process.stdin is not None
        # It stays open: its end would be an order to stop.
        process.stdin.write(told)
        process.stdin.flush()
    return process


def _whole_job(job: Job, output: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    first_ms, step_ms = FIRST_S * 1000, INTERVAL_S * 1000
    request = RenderRequest(
        output_dir=str(job.directory / "archive"),
        camera=CAMERA,
        output=str(output),
        picking=Picking(first_ms, first_ms + step_ms * len(job.frames)),
        fps=FPS,
        look=Look(deflicker=False),
        encoding=job.encoding,
        stop_above_percent=99.0,
    )
    return _run([sys.executable, "-m", "render_worker.job"], log, msgspec.json.encode(request) + b"\n")


def _feeding(job: Job, output: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return _program("feed", job, output, log)


def _bare_ffmpeg(job: Job, output: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """With the words that timelapse gives it, but for the input and the progress."""
    plan = Plan(FPS, job.size, Look(), job.encoding, output, pictures=len(job.frames))
    words = arguments(plan, Pipes(0, (), 1), "ffmpeg", small=job.small)
    before, after = words[: words.index("-progress")], words[words.index("pipe:0") + 1 :]
    return _run([*before, "-y", *_listed(job), *after], log)


def _plain_ffmpeg(job: Job, output: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    quality = ["-preset", "veryfast", "-crf", str(DEFAULT_CRF["h264"])]
    settings = ["-c:v", "libx264", *quality, "-pix_fmt", "yuv420p", "-r", f"{FPS:g}", "-movflags", "+faststart"]
    return _run(["ffmpeg", "-nostdin", "-v", "error", "-y", *_listed(job), *settings, str(output)], log)


def _opencv(job: Job, output: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return _program("opencv", job, output, log)


def _pyav(job: Job, output: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return _program("pyav", job, output, log)


def _program(name: str, job: Job, output: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    names = job.directory / "frames"
    names.write_text("".join(f"{path}\n" for path in job.frames))
    size = f"{job.size[0]}x{job.size[1]}"
    profile = job.encoding.profile
    return _run([sys.executable, str(_PROGRAMS), name, str(names), str(output), size, profile], log)


def _listed(job: Job) -> list[str]:
    """The input for ffmpeg's own reading of many files."""
    path = job.directory / "list.txt"
    path.write_text("".join(f"file '{frame}'\nduration {1 / FPS}\n" for frame in job.frames))
    return ["-f", "concat", "-safe", "0", "-i", str(path)]


def _nothing() -> str | None:
    return None


def _ffmpeg() -> str | None:
    return None if shutil.which("ffmpeg") else "ffmpeg is not installed"


def _av() -> str | None:
    try:
        import av  # noqa: F401, PLC0415 - for the bench alone
    except ImportError:
        return "PyAV is not installed (pip install av)"
    return None


CONTENDERS = (
    RenderContender(OURS, _whole_job, _ffmpeg),
    RenderContender("encoder alone", _feeding, _ffmpeg),
    RenderContender("ffmpeg, same filters", _bare_ffmpeg, _ffmpeg),
    RenderContender("ffmpeg, as usual", _plain_ffmpeg, _ffmpeg),
    RenderContender("PyAV", _pyav, _av),
    RenderContender("OpenCV (mp4v)", _opencv, _nothing),
)
