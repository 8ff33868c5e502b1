"""The text of a secrets file: NAME=value, a line each, as in systemd's EnvironmentFile.

Owns: what a line means. Does not own: reading the file, and looking a name up (`secret_places`). Pure.
Invariant: no message holds any part of the text. A value is what is written: a backslash, a `$` or a `#` in it is
itself, so that a password can be copied here as it is.
"""

from __future__ import annotations

from shared.config.reference import NAME

_COMMENTS = ("#", ";")
_QUOTES = ("'", '"')


def parse_secrets(text: str) -> dict[str, str]:
    """The values by name; of a name that is given twice the last one. ValueError, with the line, for one that is none.

    Empty lines and those that begin with `#` or `;` are skipped, as are spaces around a value, and quotes that match.
    """
    values = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        written = line.strip()
        if not written or written.startswith(_COMMENTS):
            continue
        name, equals, value = written.partition("=")
        if not equals or not NAME.fullmatch(name.strip()):
            raise ValueError(f"line {number} is not NAME=value (a name is made of A-Z, a-z, 0-9 and _)")
        values[name.strip()] = _unquoted(value.strip())
    return values


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] in _QUOTES and value[0] == value[-1]
    return value[1:-1] if is_quoted else value
