"""Where the secrets of a camera's address are: the secrets file, systemd's credentials, the environment; in this order.

Owns: looking names up, and saying what to do where one is nowhere.
Does not own: the form of the file (`secret_lines`), nor what becomes of a value (`cameras.sign_in`).
Invariant: no value is ever part of a message, and none is kept: each call reads everything anew, so that a worker that
is started again after the file was mended finds what is in it now.
"""

from __future__ import annotations

import logging
import os
import stat
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from capture_worker.secret_lines import parse_secrets
from shared.errors import ConfigError

log = logging.getLogger(__name__)

_MOST_BYTES = 1 << 20
_OTHERS = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP
"""Who but the owner may not do what; a group that reads is a common way to let a service in."""
_NOT_IN_A_VALUE = {"Cc", "Cs"}
"""Control characters, such as a line break that was copied too, and what stands for bytes that are no UTF-8."""


def look_up(
    names: Sequence[str], file: str | None, worker: str, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The value of each name. `file` is the secrets file, `worker` the one to restart. Blocks for files.

    Raises `ConfigError` with what to do where a name is found nowhere, or something that counts can't be read.
    """
    in_file = _values_in(file, worker) if names and file is not None else {}
    directory = environment.get("CREDENTIALS_DIRECTORY")
    values, missing = {}, []
    for name in names:
        value = in_file.get(name)
        if value is None and directory is not None:
            value = _credential(Path(directory) / name)
        if value is None:
            value = environment.get(name)
        if value is None:
            missing.append(name)
        else:
            _check(name, value)
            values[name] = value
    if missing:
        raise ConfigError(_nowhere(missing, file, directory, worker))
    return values


def _values_in(file: str, worker: str) -> dict[str, str]:
    try:
        return parse_secrets(_text_of(file, warns=True))
    except ValueError as error:
        raise ConfigError(f"{file}: {error}; mend that, then: timelapse restart {worker}") from None


def _credential(path: Path) -> str | None:
    """What systemd gives under this name (`LoadCredential=`), if anything."""
    try:
        return _text_of(str(path), warns=False).rstrip("\r\n")
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def _text_of(path: str, *, warns: bool) -> str:
    """Raises ValueError with what is wrong; of a credential's file that is not there, FileNotFoundError."""
    try:
        # Without blocking: to open a pipe would wait for its writer, for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:  # noqa: PTH123 - a descriptor
            mode = os.fstat(opened.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise ValueError("is no regular file")
            if warns and mode & _OTHERS:
                log.warning(
                    "%s: others may read or change the passwords in it; chmod 600 it (640 where its group is for them)",
                    path,
                )
            data = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not warns:
            raise
        who = f" (as user {os.geteuid()})" if isinstance(error, PermissionError) else ""
        raise ValueError(f"the secrets can't be read: {error.strerror}{who}") from None
    if len(data) > _MOST_BYTES:
        raise ValueError(f"is longer than {_MOST_BYTES >> 20} MB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Not chained: it would carry the bytes.
        raise ValueError("is no UTF-8 text") from None


def _check(name: str, value: str) -> None:
    if not value:
        raise ConfigError(f"the secret {name} is empty: give it a value, or take ${{{name}}} out of the source")
    if any(unicodedata.category(character) in _NOT_IN_A_VALUE for character in value):
        raise ConfigError(f"the secret {name} holds a control character, or is no UTF-8 text: write it anew")


def _nowhere(missing: list[str], file: str | None, directory: str | None, worker: str) -> str:
    looked = [place for place in (file, directory) if place is not None] + ["the environment"]
    one = missing[0]
    if file is None:
        remedy = f"name a file by the key secrets in the configuration, with a line {one}=... in it"
        after = "timelapse reload"
    else:
        remedy, after = f"add a line {one}=... to {file}", f"timelapse restart {worker}"
    secrets = ", ".join(f"${{{name}}}" for name in missing)
    return f"the source's {secrets} is found nowhere (looked in {', '.join(looked)}): {remedy}, then: {after}"
