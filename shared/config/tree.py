"""A configuration file as a tree of nodes that know where they stand in the text.

Owns: the shape. Does not own: making it from text (`shared.config.compose`), nor what the keys mean.
Invariant: spans are offsets into the very text that was composed; a tree holds no cycles, so that every walk ends.
"""

from __future__ import annotations

from msgspec import Struct


class Span(Struct, frozen=True):
    """`text[start:end]`, without an anchor or tag before it. `line` and `column` of its start count from 1."""

    start: int
    end: int
    line: int
    column: int


class Scalar(Struct, frozen=True):
    """A single value. `style` is its opening character (`'`, `"`, `|`, `>`), empty for a plain one."""

    span: Span
    text: str
    style: str = ""
    tag: str = ""

    @property
    def is_null(self) -> bool:
        """Whether YAML takes it for no value at all."""
        return not self.style and self.text in {"", "~", "null", "Null", "NULL"}


class Sequence(Struct, frozen=True):
    """A list."""

    span: Span
    items: tuple[Node, ...]
    flow: bool = False
    tag: str = ""


class Mapping(Struct, frozen=True):
    """Keys and values in the file's order, a key that stands twice twice. `flow` is the form in braces."""

    span: Span
    entries: tuple[Entry, ...]
    flow: bool = False
    tag: str = ""


class Alias(Struct, frozen=True):
    """`*name`, and the node that `&name` marks: earlier in the text, and complete before the alias."""

    span: Span
    name: str
    target: Node
    tag: str = ""


class Entry(Struct, frozen=True):
    """A key with its value."""

    key: Node
    value: Node


Node = Scalar | Sequence | Mapping | Alias


def resolved(node: Node) -> Scalar | Sequence | Mapping:
    """The node itself, or what an alias stands for."""
    while isinstance(node, Alias):
        node = node.target
    return node


def key_text(entry: Entry) -> str | None:
    """The key as a word, or None where it is a list or a mapping."""
    key = resolved(entry.key)
    return key.text if isinstance(key, Scalar) else None


def end_of(node: Node) -> int:
    """Where the node's last character ends. A block mapping ends with its last value, not with the blanks after it."""
    if isinstance(node, Mapping) and not node.flow and node.entries:
        return end_of(node.entries[-1].value)
    if isinstance(node, Sequence) and not node.flow and node.items:
        return end_of(node.items[-1])
    return node.span.end
