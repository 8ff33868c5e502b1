"""libcamera's description of controls, of new versions and of old ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from capture_worker.cameras.pi_advertised import advertised
from capture_worker.cameras.pi_controls import ANY_NUMBER, Advertised


def _control(name: str, kind: str, **more: Any) -> SimpleNamespace:
    return SimpleNamespace(name=name, type=SimpleNamespace(name=kind), **more)


def _info(least: Any, most: Any, default: Any = None) -> SimpleNamespace:
    return SimpleNamespace(min=least, max=most, default=default)


def _rectangle(x: int, y: int, width: int, height: int) -> SimpleNamespace:
    return SimpleNamespace(x=x, y=y, width=width, height=height)


class _Old(SimpleNamespace):
    """`libcamera.controls`, where enumerations are classes of their own."""


OLD = _Old(
    AwbModeEnum=SimpleNamespace(__members__={"Auto": 0, "Daylight": 5}),
    draft=SimpleNamespace(NoiseReductionModeEnum=SimpleNamespace(__members__={"Off": 0})),
)


@pytest.mark.parametrize(
    ("control", "info", "expected"),
    [
        (_control("Sharpness", "Float"), _info(0.0, 16.0, 1.0), Advertised("float", 0.0, 16.0, 1.0)),
        (_control("AeEnable", "Bool"), _info(False, True, True), Advertised("bool", False, True, True)),
        (_control("AwbMode", "Integer32"), _info(0, 7), Advertised("int", 0, 7, names={0: "Auto", 5: "Daylight"})),
        (_control("NoiseReductionMode", "Integer32"), _info(0, 4), Advertised("int", 0, 4, names={0: "Off"})),
        (_control("ColourGains", "Float"), _info(0.0, 32.0), Advertised("float", 0.0, 32.0, count=2)),
        (
            _control("ScalerCrop", "Rectangle"),
            _info(_rectangle(0, 0, 64, 64), _rectangle(0, 0, 3280, 2464)),
            Advertised("rectangle", (0, 0, 64, 64), (0, 0, 3280, 2464)),
        ),
        (
            _control("AfWindows", "Rectangle"),
            _info(_rectangle(0, 0, 0, 0), _rectangle(9, 9, 9, 9), [_rectangle(1, 2, 3, 4)]),
            Advertised("rectangle", (0, 0, 0, 0), (9, 9, 9, 9), ((1, 2, 3, 4),), count=ANY_NUMBER),
        ),
        (_control("Odd", "Matrix"), _info(None, None), Advertised("text")),
    ],
)
def test_control_of_an_old_libcamera(control: Any, info: Any, expected: Advertised) -> None:
    assert advertised(control, info, OLD) == expected


@pytest.mark.parametrize("told", [{0: "AwbAuto"}, lambda: {0: "AwbAuto"}])
def test_control_of_a_new_libcamera_tells_its_names(told: Any) -> None:
    control = _control("AwbMode", "Integer32", isArray=False, size=0, enumerators=told)
    assert advertised(control, _info(0, 7, 0), OLD).names == {0: "AwbAuto"}


@pytest.mark.parametrize(("is_array", "size", "count"), [(False, 0, 0), (True, 9, 9), (True, 2**64 - 1, ANY_NUMBER)])
def test_control_of_a_new_libcamera_tells_its_length(is_array: bool, size: int, count: int) -> None:
    control = _control("ColourCorrectionMatrix", "Float", isArray=is_array, size=size, enumerators={})
    assert advertised(control, _info(0.0, 8.0), OLD).count == count
