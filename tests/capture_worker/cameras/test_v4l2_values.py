"""What may be written for a control, and what is said of what may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.cameras.v4l2_types import Control, MenuEntry
from capture_worker.cameras.v4l2_values import check_controls, number_for, range_of
from shared.errors import EX_CONFIG, ConfigError

BRIGHTNESS = Control(id=1, name="brightness", kind="integer", minimum=-64, maximum=64, step=4)
MODE = Control(
    id=2,
    name="auto_exposure",
    kind="menu",
    maximum=3,
    entries=(MenuEntry(1, "Manual Mode"), MenuEntry(3, "Aperture Priority Mode")),
)
TIME = Control(id=3, name="exposure_time_absolute", kind="integer", minimum=1, maximum=10000, is_inactive=True)
SWITCH = Control(id=4, name="white_balance_automatic", kind="boolean", maximum=1)
BITS = Control(id=5, name="bits", kind="bitmask", maximum=0x0102)
BUTTON = Control(id=6, name="pan_reset", kind="button")
FIXED = Control(id=7, name="privacy", kind="boolean", maximum=1, is_settable=False)
ALL = (BRIGHTNESS, MODE, TIME, SWITCH, BITS, BUTTON, FIXED)


@pytest.mark.parametrize(
    ("control", "text", "number"),
    [
        (BRIGHTNESS, "-64", -64),
        (BRIGHTNESS, " 0x10 ", 16),
        (MODE, "1", 1),
        (MODE, "aperture priority mode", 3),
        (MODE, "aperture-priority_mode", 3),
        (SWITCH, "Off", 0),
        (SWITCH, "true", 1),
        (BITS, "0x100", 256),
    ],
)
def test_value_becomes_the_cameras_number(control: Control, text: str, number: int) -> None:
    assert number_for(control, text) == number


@pytest.mark.parametrize(
    ("control", "text", "said"),
    [
        (BRIGHTNESS, "bright", "'bright' is not a whole number (-64 to 64 in steps of 4)"),
        (BRIGHTNESS, "68", "68 is out of its range (-64 to 64 in steps of 4)"),
        (BRIGHTNESS, "3", "3 is between two steps"),
        (MODE, "2", "is none of its entries (1: Manual Mode, 3: Aperture Priority Mode)"),
        (MODE, "manual", "(did you mean Manual Mode?)"),
        (SWITCH, "2", "'2' is neither on nor off"),
        (BITS, "0x200", "has bits that are not there (bits of 0x102)"),
    ],
)
def test_value_that_is_none_is_refused_with_what_there_is(control: Control, text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is looked at below
        number_for(control, text)
    assert said in str(caught.value)


def test_mistakes_are_told_together_and_nothing_is_set() -> None:
    with pytest.raises(ConfigError) as caught:
        check_controls({"brigthness": "0", "pan_reset": "1", "privacy": "1", "zoom": "1"}, ALL, "camera main")
    lines = str(caught.value).splitlines()
    assert caught.value.status == EX_CONFIG
    assert lines[0] == "camera main: controls.brigthness: this camera has no such control (did you mean brightness?)"
    assert "is a button" in lines[1]
    assert "can be read, but not set" in lines[2]
    assert "(it has brightness, auto_exposure," in lines[3]
    assert "'timelapse cameras --all'" in lines[4]


def test_control_that_waits_for_another_is_set_after_it() -> None:
    settings = check_controls({"exposure_time_absolute": "5", "auto_exposure": "1"}, ALL, "camera main")
    assert [(control.name, value) for control, value in settings] == [
        ("auto_exposure", 1),
        ("exposure_time_absolute", 5),
    ]


def test_name_may_be_spelled_as_another_program_spells_it() -> None:
    assert check_controls({"White Balance, Automatic": "on"}, ALL, "camera main") == [(SWITCH, 1)]


def test_range_of_a_long_menu_is_cut() -> None:
    menu = Control(id=9, name="m", kind="menu", maximum=40, entries=tuple(MenuEntry(n, f"E{n}") for n in range(40)))
    assert range_of(menu).endswith("11: E11, and 28 more")


@given(st.text(max_size=40), st.sampled_from(ALL))
def test_any_text_is_a_value_in_range_or_a_mistake(text: str, control: Control) -> None:
    try:
        number = number_for(control, text)
    except ValueError:
        return
    assert control.minimum <= number <= control.maximum
