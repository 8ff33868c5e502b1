"""One mistake in a configuration file, and the error that carries all of them.

Owns: how a mistake is written: `file:line:column: key: what is wrong (did you mean ...)`.
Does not own: finding mistakes.
Invariant: a mistake holds no password and no control character; whoever makes one quotes by `redact.shown`.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from shared.errors import ConfigError


class Mistake(Struct, frozen=True):
    """Something that a person has to correct. `line` and `column` count from 1; 0 means the file as a whole.

    `key` is the dotted path (`cameras.main.interval`), empty where no key is concerned (a syntax error).
    """

    path: str
    line: int
    column: int
    key: str
    problem: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.key}: {self.problem}" if self.key else f"{place}: {self.problem}"


class MistakesError(ConfigError):
    """The configuration has these mistakes: in the file's order, each one line of the message."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(mistakes, key=lambda mistake: (mistake.line, mistake.column))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))
