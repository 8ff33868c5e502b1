"""The machine's thermometers, from a tree of files as the kernel shows them."""

from __future__ import annotations

from pathlib import Path

from render_worker.heat import Thermometer
from render_worker.pausing import Heat


def _zone(sys: Path, number: int, kind: str, temperature: str) -> Path:
    zone = sys / "class" / "thermal" / f"thermal_zone{number}"
    zone.mkdir(parents=True)
    (zone / "type").write_text(f"{kind}\n")
    (zone / "temp").write_text(f"{temperature}\n")
    return zone


def test_machine_without_sensors_says_nothing(tmp_path: Path) -> None:
    assert Thermometer(tmp_path).read() == Heat(None, False)


def test_processors_sensors_alone_have_a_say_where_there_are_some(tmp_path: Path) -> None:
    _zone(tmp_path, 0, "cpu-thermal", "61850")
    _zone(tmp_path, 1, "nvme", "84000")
    assert Thermometer(tmp_path).read() == Heat(61.85, False)


def test_hottest_counts_and_nonsense_does_not(tmp_path: Path) -> None:
    for number, value in enumerate(("45000", "-274000", "0", "200000", "fine", "52000")):
        _zone(tmp_path, number, "acpitz", value)
    thermometer = Thermometer(tmp_path)
    assert thermometer.read().temperature_c == 52.0
    for zone in (tmp_path / "class" / "thermal").iterdir():
        (zone / "temp").unlink()
    assert thermometer.read().temperature_c is None


def test_firmware_says_whether_it_is_slowed_down_now(tmp_path: Path) -> None:
    firmware = tmp_path / "devices" / "platform" / "soc" / "soc:firmware"
    firmware.mkdir(parents=True)
    (firmware / "get_throttled").write_text("50000\n")
    thermometer = Thermometer(tmp_path)
    assert not thermometer.read().throttled, "it was, since the boot"
    (firmware / "get_throttled").write_text("50005\n")
    assert thermometer.read().throttled
    (firmware / "get_throttled").write_text("1\n")
    assert not thermometer.read().throttled, "under-voltage alone slows nothing down"


def test_real_machine_can_be_read() -> None:
    heat = Thermometer().read()
    assert heat.temperature_c is None or 0 < heat.temperature_c < 150
