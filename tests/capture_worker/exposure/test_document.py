"""`docs/exposure.md`: its example is read as it says, its picture is there, and its figures are the code's."""

from __future__ import annotations

import math
import re
import textwrap
from pathlib import Path

import pytest

from capture_worker.exposure.light import MOST_TREND_EV_S
from capture_worker.exposure.ramp import HURRY_FRAMES, MOST_STEP_EV, absence_s, correction_ev
from capture_worker.exposure.settling import BEFORE_HOLDING, MOST_FRAMES
from shared.config.model import RampConfig
from shared.config.read import parse

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "exposure.md").read_text()


def test_example_is_a_configuration_with_the_values_it_shows() -> None:
    example = re.search(r"\n(    cameras:\n(?:    .+\n)+)", TEXT)
    assert example is not None
    text = "output_dir: /var/lib/timelapse\n" + textwrap.dedent(example[1])
    camera = parse(text, "example.yml").cameras["main"]
    assert (camera.exposure, camera.ramp) == ("ramp", RampConfig())


def test_picture_is_there_and_small() -> None:
    (name,) = re.findall(r"\((images/[^)]+)\)", TEXT)
    assert 50_000 < (DOCS / name).stat().st_size < 300_000


@pytest.mark.parametrize(
    "figures",
    [
        f"{correction_ev(2.0, 0.5):.2f} at 1 s and less, {correction_ev(2.0, 10.0):.1f} at 10 s",
        f"{correction_ev(2.0, 60.0):.2f} at 60 s, {correction_ev(2.0, 160.0):.1f} from 160 s on",
        f"so {correction_ev(4.0, 10.0):.1f} stops a frame at 10 s",
        f"{MOST_STEP_EV:.0f} stops a frame, trend included",
        f"{MOST_TREND_EV_S * 60:.2f} stops a minute at most",
        f"at most {HURRY_FRAMES} frames",
        f"older than {absence_s(1.0) / 60:.0f} minutes, or {absence_s(1000.0) / 1000:.0f} intervals",
        f"over at least {BEFORE_HOLDING.least_s:.0f} s",
        f"after {MOST_FRAMES} frames in any case",
    ],
)
def test_figure_in_the_text_is_the_codes(figures: str) -> None:
    assert figures in " ".join(TEXT.split())


def test_far_part_is_whole_from_where_the_text_says() -> None:
    assert "all of it from 160 s on" in TEXT
    near = correction_ev(2.0, 160.0)
    assert correction_ev(6.0, 160.0) == pytest.approx(near + 4.0)
    assert correction_ev(6.0, 100.0) < 0.1 * math.sqrt(10) + 4.0
