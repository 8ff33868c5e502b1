"""docs/state-graph.md draws what `supervisor.policy` does: every edge, with its guard and its action, and no other."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from shared.clock import NS_PER_S
from supervisor.policy import Moment, Timing, step
from supervisor.states import PROCESS_STATES, Happening, Record, State

DRAWING = Path(__file__).parents[2] / "docs" / "state-graph.md"
_EDGE = re.compile(r"^ +(\w+|\[\*\]) --> (\w+)(?:: (.+))?$")
_LABEL = re.compile(r"(?P<happenings>[a-z, ]+?)(?: \[(?P<guard>[a-z, ]+)\])?(?: / (?P<actions>[a-z, ]+))?")
_NEEDS_PROCESS = {Happening.EXITED, Happening.REFUSED, Happening.HUNG, Happening.READY, Happening.WORKED}
_NOW_NS = 1_000 * NS_PER_S


class Edge(NamedTuple):
    """One arrow: what happens in a state, on what condition, where it leads and what is to be done."""

    state: str
    happening: str
    guard: str
    after: str
    actions: str


LITERALS: dict[str, Callable[[Record], bool]] = {
    "up": lambda record: record.desired == "up",
    "down": lambda record: record.desired == "down",
    "slain": lambda record: record.slain,
    "not slain": lambda record: not record.slain,
    "asked": lambda record: record.forgiven or record.reloaded,
    "not asked": lambda record: not (record.forgiven or record.reloaded),
}
"""The words of the guards, as the page explains them."""


def _normal(record: Record) -> Record:
    """Without the times and the count, on which no edge depends."""
    due_ns = None if record.due_ns is None else _NOW_NS
    return replace(record, failures=0, spawned_ns=0, due_ns=due_ns)


def _can_happen(record: Record, happening: Happening) -> bool:
    if happening is Happening.DUE:
        return record.due_ns is not None
    return record.state in PROCESS_STATES or happening not in _NEEDS_PROCESS


def _reachable() -> set[Record]:
    """Every record that any order of happenings leads to from the first one."""
    moment = Moment(_NOW_NS, Timing(), 0.5)
    found: set[Record] = set()
    new = {Record()}
    while new:
        found |= new
        pairs = itertools.product(new, Happening)
        new = {_normal(step(record, what, moment)[0]) for record, what in pairs if _can_happen(record, what)} - found
    return found


def _guard(chosen: set[Record], all_of_state: set[Record]) -> str:
    """The fewest words that pick exactly these out of the records in which it can happen."""
    for count in range(len(LITERALS)):
        for words in itertools.combinations(LITERALS, count):
            if {record for record in all_of_state if all(LITERALS[word](record) for word in words)} == chosen:
                return ", ".join(words)
    raise AssertionError(f"no guard in these words picks {chosen}")


def _edges_of_policy() -> set[Edge]:
    """All that leads to another state or has something done; what only changes the record is not drawn."""
    moment = Moment(_NOW_NS, Timing(), 0.5)
    by_state = defaultdict(set)
    for record in _reachable():
        by_state[record.state].add(record)
    edges = set()
    for (state, records), happening in itertools.product(by_state.items(), Happening):
        able = {record for record in records if _can_happen(record, happening)}
        outcomes = defaultdict(set)
        for record in able:
            after, actions = step(record, happening, moment)
            outcomes[after.state, ", ".join(actions)].add(record)
        for (after_state, done), chosen in outcomes.items():
            if after_state is not state or done:
                edges.add(Edge(state, happening, _guard(chosen, able), after_state, done))
    return edges


def _edges_of_drawing() -> set[Edge]:
    page = DRAWING.read_text()
    drawn = page.partition("```mermaid\n")[2].partition("```")[0]
    edges = set()
    for line in drawn.splitlines()[1:]:
        match = _EDGE.match(line)
        assert match, f"not an edge: {line!r}"
        if match[1] == "[*]":
            assert match[2] == Record().state
            continue
        label = _LABEL.fullmatch(match[3])
        assert label, f"not a label: {match[3]!r}"
        for happening in label["happenings"].split(", "):
            edge = Edge(match[1], happening, label["guard"] or "", match[2], label["actions"] or "")
            assert edge not in edges, f"drawn twice: {edge}"
            edges.add(edge)
    return edges


def test_drawing_shows_exactly_the_edges_of_the_policy() -> None:
    drawn, true = _edges_of_drawing(), _edges_of_policy()
    assert sorted(true - drawn) == [], "missing in docs/state-graph.md"
    assert sorted(drawn - true) == [], "drawn in docs/state-graph.md, but the policy has no such edge"


def test_page_explains_every_state_happening_and_guard() -> None:
    prose = DRAWING.read_text().rpartition("```")[2]
    for word in (*State, *Happening, "up", "down", "slain", "asked"):
        assert f"`{word}`" in prose, f"docs/state-graph.md does not explain {word}"


def test_every_state_can_be_left_and_reached() -> None:
    edges = {edge for edge in _edges_of_policy() if edge.after != edge.state}
    assert {edge.state for edge in edges} == {edge.after for edge in edges} == set(State)
