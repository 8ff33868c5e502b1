"""From text to a tree of nodes. The only module that knows the YAML library.

Owns: YAML's own mistakes (syntax, anchors, a second document), and the limits on what is read at all.
Does not own: which keys there may be.
Invariant: nothing but `MistakesError` comes out, whatever the text; time and depth are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from shared.config.mistakes import Mistake, MistakesError
from shared.config.syntax import Complaint, Place, explain
from shared.config.tree import Alias, Entry, Mapping, Node, Scalar, Sequence, Span

DEEPEST = 20  # the schema needs four; the library's time grows with the square of the depth
LONGEST = 65_536  # characters; a second's work on a Pi Zero

_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\n]*\n\s*)*)?)*")
_COLON = re.compile(r"\s*:")


def compose(text: str, path: str) -> Node | None:
    """The root node of `text`, None where it holds none. MistakesError, with one mistake, where it is no YAML."""
    if len(text) > LONGEST:
        _fail(path, Place(0, 0), f"is longer than {LONGEST} characters: that is no configuration")
    builder = _Builder(text, path)
    try:
        return builder.root()
    except MistakesError:
        raise
    except MarkedYAMLError as error:
        place, problem = explain(text, _complaint(error))
        _fail(path, place, problem)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        _fail(path, Place(line, column), "a control character, which no text may hold")
    except Exception as error:  # noqa: BLE001 - the library lets ValueError and more out, as for "\UFFFFFFFF" in quotes
        _fail(path, builder.reached, f"no YAML from here on ({type(error).__name__})")


def _complaint(error: MarkedYAMLError) -> Complaint:
    at = error.problem_mark or error.context_mark
    return Complaint(
        problem=error.problem or "",
        context=error.context or "",
        at=_place(at) if at else Place(1, 1),
        began=_place(error.context_mark) if error.context_mark else None,
    )


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _fail(path: str, place: Place, problem: str) -> NoReturn:
    raise MistakesError([Mistake(path, place.line, place.column, "", problem)]) from None


class _Builder:
    """Takes the parser's events one by one. Each node is built once; an alias points at the node it names."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        self._anchors: dict[str, Node] = {}
        self._events: Iterator[Event] = iter(YAML(typ="safe", pure=True).parse(text))
        self.reached = Place(1, 1)

    def root(self) -> Node | None:
        """The node of the only document."""
        self._next()
        if isinstance(self._next(), StreamEndEvent):
            return None
        node = self._node(self._next(), 0)
        self._next()
        after = self._next()
        if isinstance(after, DocumentStartEvent):
            _fail(self._path, self.reached, "a second document begins here: a configuration is one")
        return node

    def _next(self) -> Event:
        event = next(self._events)
        if not isinstance(event, StreamStartEvent):
            self.reached = _place(event.start_mark)
        return event

    def _node(self, event: Any, depth: int) -> Node:
        if depth > DEEPEST:
            _fail(self._path, _place(event.start_mark), f"nested more than {DEEPEST} deep")
        if isinstance(event, AliasEvent):
            return self._alias(event)
        node = self._new(event, depth)
        # Invariant: an anchor is known once its node is complete, so that no node can hold itself.
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _new(self, event: Any, depth: int) -> Node:
        tag = str(event.tag) if event.tag else ""
        if isinstance(event, ScalarEvent):
            return Scalar(self._span(event), event.value, event.style or "", tag)
        if isinstance(event, SequenceStartEvent):
            items, end = self._items(depth)
            return Sequence(self._span(event, end), items, bool(event.flow_style), tag)
        entries, end = self._entries(depth)
        return Mapping(self._span(event, end), entries, bool(event.flow_style), tag)

    def _alias(self, event: AliasEvent) -> Alias:
        if event.anchor not in self._anchors:
            _fail(self._path, _place(event.start_mark), "this alias names no anchor above it")
        return Alias(self._span(event), str(event.anchor), self._anchors[event.anchor])

    def _items(self, depth: int) -> tuple[tuple[Node, ...], Event]:
        items = []
        event = self._next()
        while not isinstance(event, SequenceEndEvent):
            items.append(self._node(event, depth + 1))
            event = self._next()
        return tuple(items), event

    def _entries(self, depth: int) -> tuple[tuple[Entry, ...], Event]:
        entries = []
        event = self._next()
        while not isinstance(event, MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(self._next(), depth + 1)
            entries.append(Entry(key, self._placed(key, value)))
            event = self._next()
        return tuple(entries), event

    def _placed(self, key: Node, value: Node) -> Node:
        """A value that is not written at all stands right after its key's colon; the library says: at the next key."""
        if not isinstance(value, Scalar) or value.style or value.text:
            return value
        colon = _COLON.match(self._text, key.span.end)
        at = colon.end() if colon else key.span.end
        return Scalar(Span(at, at, key.span.line, key.span.column), "", "", value.tag)

    def _span(self, event: Any, closing: Any = None) -> Span:
        """The event's place, without its anchor and tag; `closing` ends a collection."""
        start = event.start_mark.index
        end = (closing or event).end_mark.index
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        properties = _PROPERTIES.match(self._text, start, event.end_mark.index)
        if properties and properties.end() > start:
            line += self._text.count("\n", start, properties.end())
            start = properties.end()
            column = start - self._text.rfind("\n", 0, start)
        if isinstance(event, ScalarEvent) and event.style in {"|", ">"}:
            end = start + len(self._text[start:end].rstrip())
        return Span(start, end, line, column)
