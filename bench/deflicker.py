"""What is left of a flicker, and of the light: the render worker's deflicker beside ffmpeg's filter and none.

    .venv/bin/python bench/deflicker.py [--frames 600] [--cost-frames 300]

Sequences of known light (`deflicker_scenes.py`) at 320x180, encoded by x264 and decoded again, all in one run. A step
is from one picture to the next, beside the step that the light itself makes there, in percent of the brightness and in
EV of light. Off is how far the whole course is from that of the light, apart from a constant. Kept is what is left of
the real change, from before to after. Then processor time, at 1920x1080, without an encoder. Does not judge anything.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from bench.deflicker_scenes import HEIGHT, WIDTH, Scene, Values, pictures, scenes, wanted
from bench.machine import describe, parser, work_directory
from capture_worker.cameras.scene import render
from capture_worker.encode import encode_jpeg
from render_worker.deflicker.commands import FILTER, commands
from render_worker.deflicker.curve import gains
from render_worker.deflicker.measure import measure

FPS = 25
_VIDEO_RANGE = "scale=out_range=tv,format=yuv420p"
_STEP_MS = 10_000
_EV = 2.2
_NOON_NS = 1_795_435_200 * 10**9
_HEAD = (
    "| sequence | deflicker | step p50, % | p99, % | p99, EV | off, EV rms | real change kept, % |\n"
    "|---|---|---|---|---|---|---|"
)

Filters = Callable[[Scene, Sequence[bytes], Path], str]


class Figures(NamedTuple):
    """See this file's description; `kept` is None where there is no real change."""

    step_p50: float
    step_p99: float
    step_p99_ev: float
    off_ev: float
    kept: float | None


def main() -> None:
    """Measure and print."""
    command = parser(__doc__)
    command.add_argument("--frames", type=int, default=600, help="of each sequence; a multiple of 20, at least 200")
    command.add_argument("--cost-frames", type=int, default=300, help="of the measure of the cost; 0 for none")
    given = command.parse_args()
    print(describe(given.directory))
    with work_directory(given.directory) as where:
        print(f"\n{_HEAD}")
        for scene in scenes(given.frames):
            jpegs, aim = list(pictures(scene)), wanted(scene)
            for name, filters in CONTENDERS.items():
                found = brightness(jpegs, filters(scene, jpegs, Path(where)), Path(where))
                print(f"| {scene.name} | {name} | {_row(figures(found, aim, scene))} |", flush=True)
        if given.cost_frames:
            cost(given.cost_frames, Path(where))


def _ours(scene: Scene, jpegs: Sequence[bytes], where: Path, *, told: bool) -> str:
    # As finely as the ledger keeps it.
    measured = [round(measure(jpeg), 4) for jpeg in jpegs]
    slots = [number * _STEP_MS for number in range(len(jpegs))]
    found = gains(slots, measured, scene.exposure_us if told else [None] * len(jpegs))
    return _steered(found, where)


def _steered(found: Sequence[float], where: Path) -> str:
    chain = [_VIDEO_RANGE]
    for number, text in enumerate(commands(found, FPS)):
        file = where / f"gains-{number}"
        file.write_text(text)
        chain.append(f"sendcmd=f={file}")
    return ",".join([*chain, FILTER])


# With its own mode, pm, and a size of 25 the filter makes a black video.
CONTENDERS: dict[str, Filters] = {
    "none": lambda *_: _VIDEO_RANGE,
    **{
        f"ffmpeg's, {mode}, {size}": lambda *_, given=f"mode={mode}:size={size}": f"deflicker={given},{_VIDEO_RANGE}"
        for mode, size in (("pm", 5), ("am", 5), ("pm", 10), ("am", 25), ("am", 75))
    },
    "ours, exposure told": lambda scene, jpegs, where: _ours(scene, jpegs, where, told=True),
    "ours, not told": lambda scene, jpegs, where: _ours(scene, jpegs, where, told=False),
}


def brightness(jpegs: Sequence[bytes], filters: str, where: Path) -> Values:
    """Of each picture of the video, 0 to 1."""
    video = where / "video.mkv"
    encoding = ["-vf", filters, "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-y", str(video)]
    subprocess.run([*_reading(), *encoding], input=b"".join(jpegs), check=True)
    decoding = ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:"]
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", str(video), *decoding], capture_output=True, check=True)
    planes = np.frombuffer(done.stdout, np.uint8).reshape(-1, WIDTH * HEIGHT * 3 // 2)
    assert len(planes) == len(jpegs), f"{len(planes)} pictures of {len(jpegs)} frames"
    luma: Values = (planes[:, : WIDTH * HEIGHT].mean(axis=1) - 16) / 219
    return luma


def figures(found: Values, aim: Values, scene: Scene) -> Figures:
    """Of one video, beside what it should be."""
    got, should = (_EV * np.log2(np.maximum(values, 1e-3)) for values in (found, aim))
    step = np.abs(np.diff(got - should))
    kept = None
    if scene.real is not None:
        before, after = scene.real
        kept = float((got[after].mean() - got[before].mean()) / (should[after].mean() - should[before].mean())) * 100
    p50, p99 = np.percentile(step, (50, 99)).tolist()
    return Figures(_percent(p50), _percent(p99), p99, float(np.std(got - should)), kept)


def _percent(ev: float) -> float:
    return float(2 ** (ev / _EV) - 1) * 100


def _row(of: Figures) -> str:
    kept = "" if of.kept is None else f"{of.kept:.0f}"
    return f"{of.step_p50:.2f} | {of.step_p99:.2f} | {of.step_p99_ev:.3f} | {of.off_ev:.3f} | {kept}"


def cost(count: int, where: Path) -> None:
    """Processor time at 1920x1080: decoding and converting alone, and with each filter; the curve; the commands."""
    jpeg = encode_jpeg(render(_NOON_NS, 1920, 1080), 90)
    flicker = (1 + 0.2 * np.sin(np.arange(count))).tolist()
    chains = {
        "none": _VIDEO_RANGE,
        "ffmpeg's, pm, 5": f"deflicker,{_VIDEO_RANGE}",
        "ffmpeg's, am, 25": f"deflicker=mode=am:size=25,{_VIDEO_RANGE}",
        "ours": _steered(flicker, where),
    }
    print("\n| at 1920x1080 | processor time a picture, ms | more than none, ms |\n|---|---|---|")
    # The first run is of a machine that may have been asleep.
    first = [_processor_ms([jpeg] * count, chains["none"]) for _ in range(2)][-1]
    for name, chain in chains.items():
        took = first if name == "none" else _processor_ms([jpeg] * count, chain)
        print(f"| {name} | {took:.2f} | {took - first:+.2f} |", flush=True)
    begun_s = time.thread_time()
    for _ in range(20):
        measure(jpeg)
    print(f"| measuring a frame that nobody has | {(time.thread_time() - begun_s) * 50:.2f} | |")
    print("\n| frames | the curve, ms | until ffmpeg has read its commands, ms |\n|---|---|---|")
    for frames in (1000, 10_000, 100_000):
        _cost_of(frames, where)


def _cost_of(frames: int, where: Path) -> None:
    random = np.random.default_rng(3)
    ev = random.normal(0, 0.2, frames)
    exposures: list[int | None] = (10_000 * 2**ev).astype(int).tolist()
    begun_s = time.thread_time()
    found = gains([number * _STEP_MS for number in range(frames)], (0.4 * 2 ** (ev / _EV)).tolist(), exposures)
    curve_s = time.thread_time() - begun_s
    tiny = encode_jpeg(np.full((16, 16, 3), 99, np.uint8), 90)
    reading_ms = _processor_ms([tiny], _steered(found, where)) - _processor_ms([tiny], _VIDEO_RANGE)
    print(f"| {frames:,} | {curve_s * 1000:.0f} | {reading_ms:.0f} |", flush=True)


def _reading() -> list[str]:
    return ["ffmpeg", "-v", "error", "-f", "image2pipe", "-c:v", "mjpeg", "-framerate", str(FPS), "-i", "pipe:"]


def _processor_ms(jpegs: Sequence[bytes], filters: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*_reading(), "-vf", filters, "-f", "null", "-"], input=b"".join(jpegs), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / len(jpegs) * 1000


if __name__ == "__main__":
    main()
