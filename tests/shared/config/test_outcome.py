"""What came of reading a configuration, as bytes and back."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from shared.config.model import CameraConfig, Configuration, Location
from shared.config.outcome import MOST_MISTAKES, pack, unpack
from shared.config.read import read
from shared.errors import ConfigError, WireError


def test_configuration_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "timelapse.yml"
    path.write_text("output_dir: /srv\ncameras:\n  main: {source: test, resolution: 320x240, window: 06:00-20:00}\n")
    configuration = read(str(path))
    assert unpack(pack(configuration)) == configuration


def test_every_field_comes_back() -> None:
    camera = CameraConfig("ä", source="http://host/x", resolution=(1, 2), interval_ms=1, quality=1, tls_verify=False)
    configuration = Configuration("p", "o", {"ä": camera}, require_mount=True, location=Location(1.5, -2.5))
    assert unpack(pack(configuration)) == configuration


def test_mistakes_come_back_as_an_error_with_the_same_words() -> None:
    error = unpack(pack(ConfigError("a.yml:1:1: x: no\na.yml:2:1: y: no")))
    assert isinstance(error, ConfigError)
    assert str(error) == "a.yml:1:1: x: no\na.yml:2:1: y: no"


def test_very_many_mistakes_are_cut_off_with_their_number() -> None:
    """Something else was saved under the file's name. No status, event or answer may grow beyond a message's size."""
    lines = [f"a.yml:{number}:1: {'x' * 10_000}: no" for number in range(13_000)]
    data = pack(ConfigError("\n".join(lines)))
    assert len(data) < 300_000
    *told, more = str(unpack(data)).splitlines()
    assert [line.partition(": ")[0] for line in told] == [f"a.yml:{number}:1" for number in range(MOST_MISTAKES)]
    assert more.startswith(f"... and {13_000 - MOST_MISTAKES} more")


@pytest.mark.parametrize("data", [b"", b"\x93", b"\x80\x80", msgspec.msgpack.encode({"configuration": {"path": 1}})])
def test_anything_else_is_a_wire_error(data: bytes) -> None:
    with pytest.raises(WireError):
        unpack(data)
