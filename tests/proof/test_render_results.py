"""Every kind of result is what was promised: ffprobe on each, and each picture is the frame that it should be."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.rig.gray_frames import SIZE, grays, level_of, probed, record, seen
from tests.rig.scripted_supervisor import ROOT
from tests.rig.zone import utc_ns, zone
from timelapse.cli import main

CONFIG = "output_dir: {out}\ncameras: {{main: {{source: test, interval: 10s}}}}\n"
START_NS = utc_ns("2026-06-01T10:00:00")
MISSING = (5, 6, 7)
NUMBERS = [number for number in range(14) if number not in MISSING]
HELD = [min(number, 4) if number in MISSING else number for number in range(14)]
"""The frame that each picture shows where gaps are held."""
Render = Callable[..., dict[str, Any]]


class Case(NamedTuple):
    """What is asked for, and what has to come of it."""

    words: str
    codec: str = "h264"
    size: tuple[int, int] = SIZE
    fps: Fraction = Fraction(25)
    shows: list[int] = HELD
    suffix: str = ".mp4"
    pix_fmt: str = "yuv420p"


CASES = [
    Case(""),
    Case("--fps 10 --size 160x90", fps=Fraction(10), size=(160, 90)),
    Case("--fps 29.97 --rotate 90 --gaps skip", fps=Fraction(2997, 100), size=(180, 320), shows=NUMBERS),
    Case("--size x90 --rotate 180 --timestamp %H:%M:%S --day-bar", size=(160, 90)),
    Case("--size 200x -o a.mkv", size=(200, 112), suffix=".mkv"),
    Case("--crop 0.25,0,0.5,1 --rotate 270 -o a.mkv --text {camera}", size=(180, 160), suffix=".mkv"),
    Case("--codec h265 --crf 20 --small", codec="hevc"),
    Case("--codec h265 -o a.mkv --every 20s", codec="hevc", suffix=".mkv", shows=[0, 2, 4, 4, 8, 10, 12]),
    Case("--codec copy", codec="mjpeg", suffix=".mkv", pix_fmt="yuvj420p"),
    Case(
        "--codec copy -o a.mp4 --gaps skip --fps 50", codec="mjpeg", pix_fmt="yuvj420p", shows=NUMBERS, fps=Fraction(50)
    ),
    Case("--length 0.2s --small --crf 30", shows=[0, 3, 8, 10, 13]),
]


@pytest.fixture(autouse=True)
def _in_oslo() -> Iterator[None]:
    with zone("Europe/Oslo"):
        yield


@pytest.fixture
def render(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Render:
    """Renders the archive in `out` in its own directory; what `--json` says."""
    (tmp_path / "timelapse.yml").write_text(CONFIG.format(out=tmp_path / "out"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def rendered(*words: str) -> dict[str, Any]:
        status = main(["render", *words, "--json", "--config", str(tmp_path / "timelapse.yml")])
        told = capsys.readouterr()
        assert status == 0, told.err
        finished: dict[str, Any] = json.loads(told.out)
        return finished

    return rendered


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words or "as it is")
def test_video_is_as_promised_and_shows_each_frame_in_its_place(case: Case, tmp_path: Path, render: Render) -> None:
    record(tmp_path / "out", NUMBERS, start_ns=START_NS)
    deflicker = [] if "copy" in case.words else ["--no-deflicker"]
    finished = render(*deflicker, *case.words.split())
    path = Path(finished["output"])
    video = probed(path)
    assert path.suffix == case.suffix
    assert (video["codec_name"], video["pix_fmt"]) == (case.codec, case.pix_fmt)
    assert (video["width"], video["height"]) == case.size == (finished["width"], finished["height"])
    assert Fraction(video["r_frame_rate"]) == Fraction(video["avg_frame_rate"]) == case.fps
    assert video["frames"] == len(case.shows) == finished["pictures"]
    assert float(video["format"]["duration"]) == pytest.approx(len(case.shows) / case.fps, abs=0.0015)
    assert finished["duration_s"] == pytest.approx(len(case.shows) / case.fps)
    assert seen(path) == [level_of(number) for number in case.shows]
    tags = {name.lower(): text for name, text in video["format"]["tags"].items()}
    assert tags["title"] == "main, 2026-06-01 12:00 to 12:02"
    assert "frames of camera main, from 2026-06-01 12:00:00 to 2026-06-01 12:02:" in tags["comment"]
    assert (finished["bytes"], finished["damaged"]) == (path.stat().st_size, 0)
    assert sorted(path.parent.iterdir()) == [path]


def test_fade_goes_evenly_from_the_frame_before_a_gap_to_the_one_behind(tmp_path: Path, render: Render) -> None:
    record(tmp_path / "out", NUMBERS, start_ns=START_NS)
    finished = render("--no-deflicker", "--gaps", "fade", "--title", "A title: 100 %, 'quoted'")
    path = Path(finished["output"])
    shown = grays(path)
    before, behind = level_of(4), level_of(8)
    assert shown[4:9] == pytest.approx([before + (behind - before) * part / 4 for part in range(5)], abs=4)
    assert (finished["gaps"], finished["missing"], finished["frames"]) == (1, 3, 11)
    assert probed(path)["format"]["tags"]["title"] == "A title: 100 %, 'quoted'"


def test_blend_is_the_mean_of_so_many_frames(tmp_path: Path, render: Render) -> None:
    record(tmp_path / "out", range(12), start_ns=START_NS)
    finished = render("--no-deflicker", "--blend", "3")
    shown = grays(Path(finished["output"]))
    assert len(shown) == finished["pictures"] == 12
    means = [sum(level_of(number - back) for back in range(3)) / 3 for number in range(2, 12)]
    assert shown[2:] == pytest.approx(means, abs=4)


def test_flicker_goes_and_frames_do_not_move(tmp_path: Path, render: Render) -> None:
    flickering = (100, 110)
    record(tmp_path / "out", range(30), start_ns=START_NS, levels=flickering)
    finished = render()
    shown = grays(Path(finished["output"]))
    assert len(shown) == 30
    assert max(shown) - min(shown) < 4


@pytest.mark.parametrize("name", ["keogram.jpg", "contact-sheet.png", "average.png", "brightest.jpg"])
def test_still_is_one_picture_of_all_frames(tmp_path: Path, render: Render, name: str) -> None:
    record(tmp_path / "out", NUMBERS, start_ns=START_NS)
    kind, _, suffix = name.partition(".")
    finished = render("--still", kind, "-o", name)
    path = Path(finished["output"])
    still = probed(path)
    assert still["codec_name"] == {"jpg": "mjpeg", "png": "png"}[suffix]
    assert (still["width"], still["height"]) == (finished["width"], finished["height"])
    assert (finished["pictures"], finished["found"], finished["duration_s"]) == (1, len(NUMBERS), 0.0)
    assert sorted(path.parent.iterdir()) == [path]
    levels = [level_of(number) for number in NUMBERS]
    expected = {"average": _of_their_light(levels), "brightest": max(levels)}
    if kind in expected:
        assert grays(path) == pytest.approx([expected[kind]], abs=2)


def _of_their_light(levels: Iterable[int]) -> float:
    """The gray of the mean light, as sRGB has it."""
    light = statistics.fmean(((level / 255 + 0.055) / 1.055) ** 2.4 for level in levels)
    return float(255 * (1.055 * light ** (1 / 2.4) - 0.055))
