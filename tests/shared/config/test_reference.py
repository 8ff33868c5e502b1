"""`${NAME}` in an address."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.reference import OPENING, filled_in, is_reference, misplaced_in, mistake_in, names_in


def test_names_are_each_there_once_in_order() -> None:
    assert names_in("http://${B}:${_a1}@h/${B}?x=$C&y=${A}") == ["B", "_a1", "A"]


@pytest.mark.parametrize("text", ["", "http://u:p$@h/$A/{B}", "$", "$ {A}", "$${A}", "${A}{B}", "${A}${B}"])
def test_text_with_nothing_but_dollars_and_good_references_has_no_mistake(text: str) -> None:
    assert mistake_in(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rtsp://u:${hunter2@h/", "not closed"),
        ("rtsp://u:${A}${hunter2@h/", "not closed"),
        ("rtsp://u:${}@h/", "the name in ${..}"),
        ("rtsp://u:${1hunter2}@h/", "the name in ${..}"),
        ("rtsp://u:${hunter2-a}@h/", "the name in ${..}"),
        ("rtsp://u:${ hunter2 }@h/", "the name in ${..}"),
        ("rtsp://u:${hunter2ä}@h/", "the name in ${..}"),
        ("rtsp://u:${A${B}}@h/", "the name in ${..}"),
    ],
)
def test_mistake_is_told_without_the_text(text: str, told: str) -> None:
    mistake = mistake_in(text)
    assert mistake is not None
    assert told in mistake
    assert "hunter2" not in mistake


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("http://${A}:${B}@h:80/${C}?d=${D}", None),
        ("http://${A}@h/", None),
        ("${A}://h/", "the scheme"),
        ("http://${A}/", "host or port"),
        ("http://u:p@${A}/", "host or port"),
        ("http://u:p@h:${A}/", "host or port"),
        ("http://${A}?x", "host or port"),
        ("http://h/#${A}", "what follows a #"),
    ],
)
def test_reference_where_none_may_be_is_told_by_the_part(address: str, part: str | None) -> None:
    assert misplaced_in(address) == part


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_value_is_put_in_so_that_it_comes_out_as_it_is(value: str) -> None:
    url = urlsplit(filled_in("http://a${V}:${V}@cam/x${V}?pwd=${V}", {"V": value}))
    assert (url.hostname, url.fragment) == ("cam", "")
    assert unquote(url.username or "") == f"a{value}"
    assert [unquote(part) for part in (url.password or "", url.path, url.query)] == [
        value,
        f"/x{value}",
        f"pwd={value}",
    ]


def test_value_that_looks_like_a_reference_is_not_looked_into() -> None:
    assert OPENING not in filled_in("${A}", {"A": "${B}", "B": "x"})


@pytest.mark.parametrize(("text", "is_one"), [("${A}", True), ("x${A}", False), ("${A}${B}", False), ("${A", False)])
def test_is_reference_only_of_a_whole_one(text: str, is_one: bool) -> None:
    assert is_reference(text) is is_one
