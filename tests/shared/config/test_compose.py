"""YAML's own mistakes, in words, and the limits on what is read."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.config.compose import compose
from shared.config.mistakes import MistakesError
from shared.config.tree import Alias, Mapping, Scalar, Sequence, end_of, key_text, resolved


@pytest.mark.parametrize(
    ("text", "line", "column", "told"),
    [
        ("a:\n\tb: 1\n", 2, 1, "a tab: YAML is indented by spaces only"),
        ("a:1\nb: 2\n", 1, 2, "a space is missing after this colon"),
        ("a: 1\nb:2\n", 2, 2, "a space is missing after this colon"),
        ("a:\n  b:1\n  c: 2\n", 2, 4, "a space is missing after this colon"),
        ("a: 1\nb\nc: 2\n", 2, 1, "this line has no colon: write KEY: VALUE"),
        ("a: b: c\n", 1, 5, "a second key on one line"),
        ("a: 1\n  b: 2\n", 2, 3, "this key is indented deeper than its section"),
        ("a:\n    b: 1\n  c: 2\n", 3, 3, "the indentation fits no line above"),
        ("a: {b: 1\nc: 2", 2, 2, "expected ',' or '}': the '{' of line 1, column 4 is still open"),
        ("a: [1\n", 2, 1, "expected ',' or ']': the '[' of line 1, column 4 is still open"),
        ("a: 'b\nc: 1\n", 1, 4, "the quote that opens here is not closed"),
        ("a: 'b' c\n", 1, 8, "the value ended before this"),
        ("a: %b\n", 1, 4, "a value can't begin with this character"),
        ("a: @b\n", 1, 4, "a value can't begin with this character"),
        ("a: *b\n", 1, 4, "this alias names no anchor above it"),
        ("a: &b {c: *b}\n", 1, 11, "this alias names no anchor above it"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"),
        ("a: é\x07\n", 1, 5, "a control character"),
        ("a: 1\nb: \x1b\n", 2, 4, "a control character"),
        ('a: 1\nb: "\\Uffffffff"\n', 2, 1, "no YAML from here on"),
        ("%YAML 3.0\n---\na: 1\n", 1, 1, "no YAML: found incompatible YAML document"),
    ],
)
def test_text_that_is_no_yaml_is_told_in_words_at_its_place(text: str, line: int, column: int, told: str) -> None:
    with pytest.raises(MistakesError) as caught:
        compose(text, "x.yml")
    (mistake,) = caught.value.mistakes
    assert (mistake.line, mistake.column) == (line, column)
    assert told in mistake.problem


@pytest.mark.parametrize("text", ["[" * 60_000, "a: [\n" * 12_000, "{a: " * 10_000, "- " * 30_000])
def test_text_nested_without_end_is_refused_at_once(text: str) -> None:
    started = time.monotonic()
    with pytest.raises(MistakesError, match="nested more than 20 deep"):
        compose(text, "x.yml")
    assert time.monotonic() - started < 5  # the library alone takes minutes


def test_aliases_of_aliases_do_not_multiply() -> None:
    text = "a0: &a0 {k: v}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 60)
    )
    root = compose(text, "x.yml")
    assert isinstance(root, Mapping)
    assert len(root.entries) == 60


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "\ufeff"])
def test_text_without_a_document_is_none(text: str) -> None:
    assert compose(text, "x.yml") is None


def test_nodes_know_where_they_stand() -> None:
    text = "\ufeffa: &x !!str # why\n  '1é'\nb:\n  - {c: , d: *x}\n  - |\n    e\n\n# end\nf:\n"
    root = compose(text, "x.yml")
    assert isinstance(root, Mapping)
    a, b, f = root.entries
    assert [key_text(entry) for entry in root.entries] == ["a", "b", "f"]
    assert isinstance(a.value, Scalar)
    assert text[a.value.span.start : a.value.span.end] == "'1é'"
    assert (a.value.span.line, a.value.span.column, a.value.text, a.value.style) == (2, 3, "1é", "'")
    assert isinstance(b.value, Sequence)
    flow, block = b.value.items
    assert isinstance(flow, Mapping)
    assert text[flow.span.start : flow.span.end] == "{c: , d: *x}"
    empty, alias = (entry.value for entry in flow.entries)
    assert isinstance(empty, Scalar)
    assert empty.is_null
    assert text[: empty.span.start].endswith("{c:")
    assert isinstance(alias, Alias)
    assert text[alias.span.start : alias.span.end] == "*x"
    assert resolved(alias) is a.value
    assert text[block.span.start : block.span.end] == "|\n    e"
    assert end_of(b.value) == block.span.end
    assert text[: f.value.span.start].endswith("f:")


def test_yaml_library_is_loaded_by_the_reader_only() -> None:
    program = (
        "import sys, shared.config.model, shared.config.units, shared.config.locate, shared.config.window,"
        " shared.config.source, shared.config.redact, shared.config.changes\n"
        "assert not [name for name in sys.modules if name.startswith('ruamel')]\n"
        "import shared.config.read\n"
        "assert 'ruamel.yaml' in sys.modules"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_yaml_library_is_imported_in_one_module() -> None:
    root = Path(__file__).parents[3]
    modules = [path.name for path in root.glob("shared/config/*.py") if "import YAML" in path.read_text()]
    assert modules == ["compose.py"]
