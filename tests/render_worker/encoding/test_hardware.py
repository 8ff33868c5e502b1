"""Encoders that are listed, and what becomes of them when they are tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from render_worker.encoding import hardware
from render_worker.encoding.encoders import HARDWARE
from render_worker.encoding.hardware import TRIAL_PICTURES, trial, with_hardware
from render_worker.encoding.plan import Container
from render_worker.request import Encoding
from tests.rig.descriptors import open_descriptors
from tests.rig.tiny_video import numbered, plan

PICTURES = [numbered(number) for number in range(TRIAL_PICTURES)]


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_encoder_that_works_passes_and_never_has_a_file(tmp_path: Path, container: Container) -> None:
    directory = tmp_path / "gone"
    before = open_descriptors()
    assert trial(replace(plan(directory / "v"), container=container), "mpeg4", PICTURES) is None
    assert (open_descriptors(), directory.exists()) == (before, False)


@pytest.mark.parametrize("encoder", ["h264_v4l2m2m", "h264_vaapi"])
def test_listed_encoder_without_its_hardware_fails_the_trial(tmp_path: Path, encoder: str) -> None:
    if Path("/dev/dri").exists() or list(Path("/dev").glob("video1*")):
        pytest.skip("this machine may have such an encoder")
    assert trial(plan(tmp_path / "v.mp4"), encoder, PICTURES)
    assert list(tmp_path.iterdir()) == []


def test_encoder_with_wrong_colours_fails_the_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = hardware._decoded
    answers = iter([40.0, 0.0])
    monkeypatch.setattr(hardware, "_decoded", lambda path: (right(path)[0], right(path)[1] + next(answers)))
    assert "bright" in (trial(plan(tmp_path / "v.mp4"), "mpeg4", PICTURES) or "")


def test_software_remains_where_nothing_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HARDWARE, "h264", ("h264_no_such", "h264_omx"))
    of = plan(tmp_path / "v.mp4", encoding=Encoding(hardware="auto"))
    assert with_hardware(of, PICTURES) == of


def test_hardware_is_not_tried_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HARDWARE, "h264", ("mpeg4",))
    of = plan(tmp_path / "v.mp4")
    assert with_hardware(of, PICTURES).encoder == ""
    asked = plan(tmp_path / "v.mp4", encoding=Encoding(hardware="auto"))
    assert with_hardware(asked, PICTURES).encoder == "mpeg4"
