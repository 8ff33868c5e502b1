"""Reading the configuration: from a file or a text to a `Configuration`, or to every mistake at once.

Owns: the order of the steps: bytes, YAML, single values, rules between keys.
Does not own: any of those steps. Imports the YAML library, so that workers, who get the result, must not import this.
Invariant: nothing but `ConfigError` comes out, whatever the file holds, and what is returned breaks no rule.
"""

from __future__ import annotations

import os
import stat
from typing import NoReturn

from shared.config.check import Checker
from shared.config.compose import LONGEST, compose
from shared.config.cross import check_between
from shared.config.cross_camera import check_cameras
from shared.config.mistakes import Mistake, MistakesError
from shared.config.model import Configuration
from shared.config.paths import base_of
from shared.config.settings import build

MOST_BYTES_A_CHARACTER = 4


def read(path: str) -> Configuration:
    """The configuration in the file `path`. Blocks for the read. Raises `MistakesError`, a ConfigError."""
    return parse(read_text(path), path)


def read_text(path: str) -> str:
    """The file's text with its own line ends and byte order mark. Raises `MistakesError` where it is no UTF-8 text."""
    try:
        # Without blocking: to open a pipe would wait for its writer, for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - a descriptor
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                _fail(path, 0, 0, "is no regular file: name the configuration file itself")
            data = file.read(LONGEST * MOST_BYTES_A_CHARACTER + 1)
    except (OSError, ValueError) as error:
        words = (error.strerror if isinstance(error, OSError) else None) or str(error)
        _fail(path, 0, 0, f"can't be read: {words}")
    if len(data) > LONGEST * MOST_BYTES_A_CHARACTER:
        _fail(path, 0, 0, f"is longer than {LONGEST} characters: that is no configuration")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[line_start : error.start].decode("utf-8")) + 1
        line = data.count(b"\n", 0, error.start) + 1
        _fail(path, line, column, f"byte 0x{data[error.start]:02x} is no UTF-8: save the file as UTF-8")


def parse(text: str, path: str) -> Configuration:
    """The configuration in `text`, which was or will be at `path`: relative paths in it start from there.

    Raises `MistakesError`, a ConfigError, with every mistake. Looks at no file.
    """
    root = compose(text, path)
    checker = Checker(path, base_of(path))
    checker.walk(root)
    check_between(checker)
    check_cameras(checker)
    if checker.mistakes:
        raise MistakesError(checker.mistakes)
    return build(path, {key: found.value for key, found in checker.found.items()}, checker.cameras)


def _fail(path: str, line: int, column: int, problem: str) -> NoReturn:
    raise MistakesError([Mistake(path, line, column, "", problem)]) from None
