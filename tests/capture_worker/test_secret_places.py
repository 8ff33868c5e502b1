"""Where secrets are looked up, and what is said where one is not to be had."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from capture_worker.secret_places import look_up
from shared.errors import ConfigError

WORKER = "capture.main"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return kept(tmp_path / "secrets", "A=from the file\n")


def kept(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def refusal(names: list[str], file: Path | None, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        look_up(names, None if file is None else str(file), WORKER, environment or {})
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_places_are_asked_in_their_order(tmp_path: Path, file: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    for name in "AB":
        kept(credentials / name, "from the credentials\n")
    environment = dict.fromkeys("ABC", "from the environment") | {"CREDENTIALS_DIRECTORY": str(credentials)}
    assert look_up(["A", "B", "C"], str(file), WORKER, environment) == {
        "A": "from the file",
        "B": "from the credentials",
        "C": "from the environment",
    }


def test_without_names_no_file_is_looked_at(tmp_path: Path) -> None:
    assert look_up([], str(tmp_path / "none"), WORKER, {}) == {}


def test_file_is_read_anew_each_time(file: Path) -> None:
    assert look_up(["A"], str(file), WORKER, {}) == {"A": "from the file"}
    kept(file, "A=mended\n")
    assert look_up(["A"], str(file), WORKER, {}) == {"A": "mended"}


def test_name_found_nowhere_is_told_with_the_places_and_what_to_do(tmp_path: Path, file: Path) -> None:
    told = refusal(["A", "B", "C"], file, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert told == (
        f"the source's ${{B}}, ${{C}} is found nowhere (looked in {file}, {tmp_path}, the environment): "
        f"add a line B=... to {file}, then: timelapse restart capture.main"
    )
    assert refusal(["B"], None) == (
        "the source's ${B} is found nowhere (looked in the environment): name a file by the key secrets in the "
        "configuration, with a line B=... in it, then: timelapse reload"
    )


def test_file_that_is_not_there_is_an_error_though_the_environment_has_the_name(tmp_path: Path) -> None:
    told = refusal(["A"], tmp_path / "none", {"A": "x"})
    assert told == (
        f"{tmp_path / 'none'}: the secrets can't be read: No such file or directory; mend that, then: timelapse "
        "restart capture.main"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read_is_told_with_the_user(file: Path) -> None:
    file.chmod(0o000)
    assert f"Permission denied (as user {os.geteuid()})" in refusal(["A"], file)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"A=x\nhunter2\n", "line 2 is not NAME=value"),
        (b"A=hunter2\xff\n", "is no UTF-8 text"),
        (b"A=\n", "the secret A is empty"),
        (b"A=hunter\x072\n", "the secret A holds a control character"),
        (b"A=hunter2\n" * 200_000, "is longer than 1 MB"),
    ],
)
def test_file_or_value_that_is_no_good_is_told_without_it(file: Path, data: bytes, told: str) -> None:
    file.write_bytes(data)
    message = refusal(["A"], file)
    assert told in message
    assert "hunter" not in message


def test_file_that_is_none_is_told_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is no regular file" in refusal(["A"], tmp_path / "pipe")
    assert "can't be read" in refusal(["A"], tmp_path / "none" / "secrets")


def test_credential_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "A").write_bytes(b"\xff")
    assert refusal(["A"], None, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == f"{tmp_path / 'A'}: is no UTF-8 text"


def test_environment_that_is_no_utf8_is_told() -> None:
    assert "the secret A holds" in refusal(["A"], None, {"A": os.fsdecode(b"\xff")})


@pytest.mark.parametrize(("mode", "warns"), [(0o600, 0), (0o640, 0), (0o400, 0), (0o644, 1), (0o660, 1), (0o602, 1)])
def test_file_that_others_may_read_or_change_is_warned_of_once(
    file: Path, caplog: pytest.LogCaptureFixture, mode: int, warns: int
) -> None:
    file.chmod(mode)
    with caplog.at_level(logging.WARNING):
        look_up(["A"], str(file), WORKER, {})
    assert len(caplog.messages) == warns
    assert all(f"{file}: " in line and "chmod 600" in line and "from the file" not in line for line in caplog.messages)
