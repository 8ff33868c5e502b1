"""Merge keys: what a section has once they are followed."""

from __future__ import annotations

from shared.config.compose import compose
from shared.config.merge import MOST_MERGED, merged_entries
from shared.config.tree import Mapping, Scalar, key_text, resolved


def _last_merged(text: str) -> tuple[dict[str | None, str], int]:
    """The keys and values of the last section, and how many merge keys are misused."""
    root = compose(text, "x.yml")
    assert isinstance(root, Mapping)
    last = root.entries[-1].value
    assert isinstance(last, Mapping)
    entries, misused = merged_entries(last)
    values = {key_text(entry): resolved(entry.value) for entry in entries}
    return {key: value.text for key, value in values.items() if isinstance(value, Scalar)}, len(misused)


def test_own_key_wins_wherever_it_stands() -> None:
    assert _last_merged("a: &a {x: 1, y: 1}\nb: {x: 2, <<: *a, z: 3}") == ({"x": "2", "y": "1", "z": "3"}, 0)


def test_earlier_of_a_list_wins() -> None:
    assert _last_merged("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b, {z: 3}]}")[0] == {
        "x": "1",
        "y": "2",
        "z": "3",
    }


def test_merged_section_that_merges_itself_is_followed() -> None:
    assert _last_merged("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}")[0] == {"y": "2", "x": "1"}


def test_merge_of_no_mapping_is_misused() -> None:
    assert _last_merged("a: &a 1\nb: {<<: *a, x: 1}") == ({"x": "1"}, 1)
    assert _last_merged("b: {<<: [{y: 2}, 3], x: 1}") == ({"x": "1", "y": "2"}, 1)


def test_quoted_merge_key_is_a_key() -> None:
    assert _last_merged("b: {'<<': 1}") == ({"<<": "1"}, 0)


def test_merges_that_multiply_end() -> None:
    levels = "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 30))
    assert len(levels) > MOST_MERGED
    assert _last_merged("a0: &a0 {x: 1}\n" + levels)[1] == 0
