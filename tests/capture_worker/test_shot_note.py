"""The line that says how a frame was taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.cameras.base import Exposure, Frame
from capture_worker.shot_note import Told, exposure_in, note_of, says_unsynchronised, told_in
from shared.events import FrameWritten

FULL = Frame(
    0,
    0,
    exposure_us=4990,
    analogue_gain=2.515723,
    digital_gain=1.0,
    colour_gains=(1.873211, 1.412998),
    colour_temperature_k=5200,
    lux=1234567.8,
    lens_position=0.5,
)


def test_note_has_all_that_the_camera_tells_under_the_names_of_the_event() -> None:
    note = note_of(FULL)
    assert note == (
        "timelapse exposure_us=4990 analogue_gain=2.515723 digital_gain=1 red_gain=1.873211 blue_gain=1.412998 "
        "colour_temperature_k=5200 lux=1234568 lens_position=0.5"
    )
    assert {word.partition("=")[0] for word in note.split()[1:]} <= set(FrameWritten.__struct_fields__)


def test_note_of_a_frame_of_which_nothing_is_told_is_empty() -> None:
    assert note_of(Frame(0, 0, lux=float("nan"))) == ""


@given(
    st.integers(1, 2**32),
    st.floats(0.125, 1e4, width=32),
    st.none() | st.tuples(st.floats(0.125, 32, width=32), st.floats(0.125, 32, width=32)),
)
def test_exposure_written_and_read_back_is_the_same(
    exposure_us: int, gain: float, colours: tuple[float, float] | None
) -> None:
    frame = Frame(0, 0, exposure_us=exposure_us, analogue_gain=gain, colour_gains=colours)
    found = exposure_in(note_of(frame))
    assert found is not None
    assert found.exposure_us == exposure_us
    assert found.analogue_gain == pytest.approx(gain, rel=1e-6)
    assert found.colour_gains == (None if colours is None else pytest.approx(colours, rel=1e-6))


@pytest.mark.parametrize(
    ("note", "exposure"),
    [
        ("timelapse exposure_us=5 analogue_gain=2 later=x", Exposure(5, 2)),
        ("timelapse exposure_us=5 analogue_gain=2 red_gain=1", Exposure(5, 2)),
        ("timelapse exposure_us=5 analogue_gain=2 red_gain=1 blue_gain=-1", Exposure(5, 2)),
        ("timelapse exposure_us=5", Exposure(5, 1)),
        ("timelapse exposure_us=0 analogue_gain=2", None),
        ("timelapse exposure_us=inf analogue_gain=2", None),
        ("timelapse exposure_us=5 analogue_gain=nan", None),
        ("timelapse exposure_us=5 analogue_gain=two", None),
        ("motion exposure_us=5 analogue_gain=2", None),
        ("", None),
    ],
)
def test_exposure_in_a_line_is_whole_or_none(note: str, exposure: Exposure | None) -> None:
    assert exposure_in(note) == exposure


@pytest.mark.parametrize("frame", [FULL, Frame(0, 0)])
@pytest.mark.parametrize("synchronised", [True, False, None])
def test_clock_that_is_not_synchronised_is_said_whatever_else_is_known(frame: Frame, synchronised: bool | None) -> None:
    note = note_of(frame, "locked", synchronised=synchronised)
    assert says_unsynchronised(note) == (synchronised is False)
    assert exposure_in(note) == exposure_in(note_of(frame)), "nothing else of it is changed by that"
    if frame is not FULL:
        assert note == ("timelapse synchronised=false" if synchronised is False else "")


@pytest.mark.parametrize("note", ["", "synchronised=false", "motion synchronised=false", "timelapse synchronised=true"])
def test_clock_is_not_called_wrong_by_a_line_that_does_not_say_so(note: str) -> None:
    assert not says_unsynchronised(note)


def test_mode_and_digital_gain_are_read_back() -> None:
    frame = Frame(0, 0, exposure_us=5, analogue_gain=2.0, digital_gain=1.25)
    assert told_in(note_of(frame)) == Told(Exposure(5, 2), 1.25)
    assert told_in(note_of(frame, "locked")) == Told(Exposure(5, 2), 1.25, "locked")
    assert note_of(Frame(0, 0), "locked") == ""


@given(
    st.text(max_size=100)
    | st.text("timelapse exposure_us=analogue_gain 0159e-_.\x00", max_size=100).map("timelapse ".__add__)
)
def test_line_of_any_kind_raises_nothing(note: str) -> None:
    exposure_in(note)
    says_unsynchronised(note)
