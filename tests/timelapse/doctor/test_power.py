"""A Raspberry Pi's word on its power, and thermometers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rig.doctor_values import levels, only, planted
from timelapse.doctor import power

_MODEL = {"/proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0"}
_PI_4 = "/sys/devices/platform/soc/soc:firmware/get_throttled"
_PI_5 = "/sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"


@pytest.mark.parametrize("path", [_PI_4, _PI_5])
def test_firmware_and_thermometer_are_read_where_the_kernel_has_them(tmp_path: Path, path: str) -> None:
    zone = {"/sys/class/thermal/thermal_zone0/temp": "61234\n", "/sys/class/thermal/thermal_zone1/temp": "-274000\n"}
    seen = power.look(planted(tmp_path, {**_MODEL, path: "50005\n", **zone}))
    assert (seen.throttled, seen.temperature_c) == (0x50005, 61.234)


def test_other_machine_has_no_firmware_to_ask(tmp_path: Path) -> None:
    places = planted(tmp_path, {"/proc/device-tree/model": "Banana Pi\0", _PI_4: "1"})
    assert power.look(places) == power.Seen()
    assert power.judge(power.Seen()) == []


@pytest.mark.parametrize(("text", "bits"), [("50005\n", 0x50005), ("throttled=0x1", 1), ("0x0", 0), ("", None)])
def test_bits_are_read_in_each_form(text: str, bits: int | None) -> None:
    assert power.parse(text) == bits


@pytest.mark.parametrize(
    ("bits", "voltage", "throttling"),
    [
        (0x0, "ok", "ok"),
        (0x1, "fault", "ok"),
        (0x10000, "warning", "ok"),
        (0x50005, "fault", "warning"),
        (0x20000, "ok", "warning"),
        (0x80008, "ok", "warning"),
        (0x2, "ok", "warning"),
    ],
)
def test_each_bit_is_what_the_firmware_means(bits: int, voltage: str, throttling: str) -> None:
    found = levels(power.judge(power.Seen(board="Raspberry Pi 4", throttled=bits)))
    assert found == {"power.voltage": voltage, "power.throttling": throttling}


def test_words_name_every_bit_that_is_set() -> None:
    found = power.judge(power.Seen(board="Raspberry Pi 5", throttled=0xE))
    saw = only(found, "power.throttling").saw
    assert "capped" in saw
    assert "throttled" in saw
    assert "soft limit" in saw


@pytest.mark.parametrize(
    ("board", "temperature_c", "level"),
    [
        ("Raspberry Pi 4", 79.0, "ok"),
        ("Raspberry Pi 4", 81.0, "warning"),
        ("Raspberry Pi 4", 85.0, "fault"),
        ("", 81.0, "ok"),
        ("", 96.0, "warning"),
    ],
)
def test_heat_is_judged_by_the_machine(board: str, temperature_c: float, level: str) -> None:
    assert levels(power.judge(power.Seen(board=board, temperature_c=temperature_c))) == {"power.temperature": level}
