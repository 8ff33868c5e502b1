"""`${NAME}` in a network camera's address: a secret that is kept elsewhere.

Owns: how a reference is written, what is wrong with one, and putting a value in its place.
Does not own: where the value is looked up: the capture worker does that, and nobody else. Pure.
Invariant: the configuration holds references alone; a value is put in only by the process that opens the camera. A `$`
that no brace follows is a `$`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

OPENING = "${"
LITERALLY = "%24{"
"""What stands for an opening itself in an address."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_REFERENCE = re.compile(rf"\$\{{({NAME.pattern})\}}")
_AUTHORITY = re.compile(r"[^/?#]*")


def is_reference(text: str) -> bool:
    """Whether `text` is one reference and nothing else."""
    return _REFERENCE.fullmatch(text) is not None


def names_in(text: str) -> list[str]:
    """The names that `text` refers to, each once, in order."""
    return list(dict.fromkeys(_REFERENCE.findall(text)))


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """`text` with the value of each reference, percent-encoded throughout: it can't end the part that it stands in.

    Raises KeyError where a name has no value.
    """
    return _REFERENCE.sub(lambda found: quote(values[found[1]], safe=""), text)


def mistake_in(text: str) -> str | None:
    """What is wrong with the references in `text`, wherever they stand; None if nothing. Quotes none of it."""
    _, opening, rest = _REFERENCE.sub(".", text).partition(OPENING)
    if not opening:
        return None
    if "}" not in rest:
        return (
            f"a {OPENING} is not closed (write {OPENING}NAME}} for a secret, {LITERALLY} for the characters themselves)"
        )
    return f"the name in {OPENING}..}} is not made of A-Z, a-z, 0-9 and _, or begins with a digit"


def misplaced_in(address: str) -> str | None:
    """The part of `scheme://...` that holds a reference though it must not, in words; None where none does."""
    scheme, _, rest = address.partition("://")
    authority = _AUTHORITY.match(rest)
    host = (authority.group() if authority else "").rpartition("@")[2]
    parts = {"the scheme": scheme, "host or port": host, "what follows a #": rest.partition("#")[2]}
    return next((name for name, part in parts.items() if OPENING in part), None)
