"""Merge keys: `<<: *main` gives a section all keys of another that it does not have itself.

Owns: which entries a mapping has once its merge keys are followed.
Does not own: aliases, which the tree already points with.
Invariant: a mapping's own key wins over a merged one, an earlier merged mapping over a later; a name is merged once.
"""

from __future__ import annotations

from shared.config.tree import Entry, Mapping, Node, Scalar, Sequence, Span, key_text, resolved

MERGE_KEY = "<<"
MOST_MERGED = 200  # mappings; aliases of aliases of aliases multiply


def is_merge(entry: Entry) -> bool:
    """Whether this is a merge key: quoted it would be a key like any other."""
    return isinstance(entry.key, Scalar) and not entry.key.style and entry.key.text == MERGE_KEY


def merged_entries(mapping: Mapping) -> tuple[list[Entry], list[Span]]:
    """The mapping's own entries, doubled ones too, then the merged ones; and the places of misused merge keys."""
    own = [entry for entry in mapping.entries if not is_merge(entry)]
    names = {key_text(entry) for entry in own}
    merged: list[Entry] = []
    misused: list[Span] = []
    for source in _sources(mapping, misused):
        for entry in source.entries:
            if not is_merge(entry) and key_text(entry) not in names:
                names.add(key_text(entry))
                merged.append(entry)
    return own + merged, misused


def _sources(mapping: Mapping, misused: list[Span]) -> list[Mapping]:
    """Every mapping that is merged into `mapping`, also by way of others, nearest first."""
    sources: list[Mapping] = []
    waiting = _named_by(mapping, misused)
    while waiting and len(sources) < MOST_MERGED:
        source = waiting.pop(0)
        sources.append(source)
        waiting = _named_by(source, misused) + waiting
    return sources


def _named_by(mapping: Mapping, misused: list[Span]) -> list[Mapping]:
    named: list[Mapping] = []
    for entry in mapping.entries:
        if is_merge(entry):
            for node in _listed(entry.value):
                target = resolved(node)
                if isinstance(target, Mapping):
                    named.append(target)
                else:
                    misused.append(node.span)
    return named


def _listed(node: Node) -> tuple[Node, ...]:
    target = resolved(node)
    return target.items if isinstance(target, Sequence) else (node,)
