"""Writing a value so that YAML reads the very same text again.

Owns: the choice between plain, single and double quotes.
Does not own: where the value is put. Asks the parser itself instead of knowing YAML's rules a second time.
Invariant: what is returned is one line and is read back as the value.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.config.compose import compose
from shared.config.mistakes import MistakesError
from shared.config.tree import Mapping, Scalar


def written(value: str, *, flow: bool = False, style: str = "") -> str:
    """`value` as YAML: in the quotes `style` if they do, else plain if that does, else in quotes that do.

    `flow` is whether it goes into braces, where a comma needs quotes.
    """
    ways: dict[str, Callable[[str], str]] = {"": str, "'": _single, '"': _double}
    preferred = ways.get(style, str)
    for way in (preferred, *ways.values()):
        if _reads_back(way(value), value, flow):
            return way(value)
    return _double(value)


def _reads_back(candidate: str, value: str, flow: bool) -> bool:
    try:
        root = compose(f"{{key: {candidate}}}" if flow else f"key: {candidate}", "")
    except MistakesError:
        return False
    if not isinstance(root, Mapping) or len(root.entries) != 1 or "\n" in candidate:
        return False
    node = root.entries[0].value
    return isinstance(node, Scalar) and not node.is_null and not node.tag and node.text == value


def _single(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _double(value: str) -> str:
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
