"""Which sensors are among a media device's entities."""

from __future__ import annotations

from capture_worker.discovery.media import _ENTITY, _GET_INFO, _GET_TOPOLOGY, sensors_in


def test_numbers_of_calls_are_the_kernels() -> None:
    assert (hex(_GET_INFO), hex(_GET_TOPOLOGY)) == ("0xc1007c00", "0xc0487c04")


def test_sensor_is_told_by_its_function_and_named_by_its_model() -> None:
    entities = [
        (1, b"imx219 10-0010", 0x0002_0001),
        (2, b"unicam-image", 0x0001_0001),
        (3, b"imx708_wide", 0x0002_0001),
    ]
    raw = b"".join(_ENTITY.pack(id_, name, function, 0) for id_, name, function in entities)
    assert sensors_in(raw) == ["imx219", "imx708_wide"]
    assert sensors_in(b"") == []
