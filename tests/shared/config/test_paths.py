"""What a path in the configuration is relative to."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.config.paths import absolute, base_of, parse_directory, parse_file


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("frames", "/etc/timelapse/frames"),
        ("../frames/", "/etc/frames"),
        ("/var//lib/./timelapse/", "/var/lib/timelapse"),
        ("//srv/x", "/srv/x"),
        ("a b", "/etc/timelapse/a b"),
        ("/größe", "/größe"),
    ],
)
def test_path_is_relative_to_the_configuration_file(written: str, path: str) -> None:
    assert absolute(written, "/etc/timelapse") == path


def test_path_below_home_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/pi")
    assert absolute("~/frames", "/etc") == "/home/pi/frames"


def test_base_of_a_relative_file_is_below_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert base_of("./config/timelapse.yml") == str(tmp_path / "config")


@pytest.mark.parametrize("written", ["", "  ", "a\nb", "a\x00b", "~nobody-of-this-name/x"])
def test_path_to_nowhere_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"missing|control character|no user"):
        absolute(written, "/etc")


def test_directory_that_is_an_address_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match=r"'ftp://u:\*\*\*@host/' is an address"):
        parse_directory("ftp://u:hunter2@host/", "/etc")


def test_file_that_is_an_address_is_refused_and_any_other_is_absolute() -> None:
    with pytest.raises(ValueError, match=r"'ftp://u:\*\*\*@host/' is an address, not a file"):
        parse_file("ftp://u:hunter2@host/", "/etc")
    assert parse_file("secrets", "/etc/timelapse") == "/etc/timelapse/secrets"
