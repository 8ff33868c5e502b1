"""Setting a control of a camera, whose name is the user's, and a key two sections down."""

from __future__ import annotations

import pytest

from shared.config.edit import set_value
from shared.config.read import parse
from shared.config.show import get_value
from shared.errors import UsageError

PATH = "/etc/timelapse/timelapse.yml"
BASE = "output_dir: /x\ncameras: {main: {source: test}}\n"


@pytest.mark.parametrize(
    ("text", "key", "value", "edited"),
    [
        (
            "output_dir: /x\ncameras:\n  main:\n    source: auto # c\n",
            "cameras.main.controls.Sharpness",
            "1.5",
            "output_dir: /x\ncameras:\n  main:\n    source: auto # c\n    controls:\n      Sharpness: 1.5\n",
        ),
        (
            "output_dir: /x\ncameras:\n  main:\n    controls: # mine\n      # less\n      Sharpness: 2 # more\n",
            "cameras.main.controls.Sharpness",
            "1.5",
            "output_dir: /x\ncameras:\n  main:\n    controls: # mine\n      # less\n      Sharpness: 1.5 # more\n",
        ),
        (
            "output_dir: /x\ncameras:\n  main:\n    controls:\n      A: 2 #c\n    hdr: off\n",
            "cameras.main.controls.ColourGains",
            "1.5,2",
            "output_dir: /x\ncameras:\n  main:\n    controls:\n      A: 2 #c\n      ColourGains: 1.5,2\n    hdr: off\n",
        ),
        (
            "output_dir: /x\ncameras: {main: {controls: {A: 1}}}\n",
            "cameras.main.controls.B",
            "1,2",
            "output_dir: /x\ncameras: {main: {controls: {A: 1, B: '1,2'}}}\n",
        ),
        (
            "output_dir: /x\ncameras:\n  main:\n    raw: true\n",
            "cameras.main.ramp.longest_exposure",
            "2s",
            "output_dir: /x\ncameras:\n  main:\n    raw: true\n    ramp:\n      longest_exposure: 2s\n",
        ),
    ],
)
def test_control_set_arrives_and_nothing_else_moves(text: str, key: str, value: str, edited: str) -> None:
    assert set_value(text, key, value, PATH) == edited
    assert set_value(edited, key, value, PATH) == edited
    assert get_value(parse(edited, PATH), key) == value


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        (BASE, "cameras.main.controls", "cameras.main.controls is a section: name one of its keys"),
        (BASE, "cameras.main.controls.A: 1\n", "cameras.main.controls.'A: 1\\n': a control's name is made of"),
        (BASE, "cameras.main.controls.", "cameras.main.controls.'': a control's name is made of"),
        (BASE, "cameras.main.controls.Gain, Auto", "(did you mean gain_auto?)"),
    ],
)
def test_name_that_is_no_control_s_is_refused(text: str, key: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        set_value(text, key, "70", PATH)
    assert told in str(caught.value)
