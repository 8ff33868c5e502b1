"""The form of a secrets file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.secret_lines import parse_secrets


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("A=b", {"A": "b"}),
        ("# A=b\n; A=b\n\n  \n_a1=b\n", {"_a1": "b"}),
        ("A=p@ss/w:rd#%\n", {"A": "p@ss/w:rd#%"}),
        ("A=b=c # d\n", {"A": "b=c # d"}),
        (" A = b \r\n", {"A": "b"}),
        ("A=' b '\nB=\"it's\"\n", {"A": " b ", "B": "it's"}),
        ("A='b\nB='\nC=b'\n", {"A": "'b", "B": "'", "C": "b'"}),
        ("A=\\n$HOME${B}\n", {"A": "\\n$HOME${B}"}),
        ("A=\n", {"A": ""}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("\ufeffA=b", {"A": "b"}),
        ("A=b\u2028c\x0bd", {"A": "b\u2028c\x0bd"}),
    ],
)
def test_lines_of_each_form_are_read(text: str, values: dict[str, str]) -> None:
    assert parse_secrets(text) == values


@pytest.mark.parametrize("line", ["hunter2", "=hunter2", "1A=hunter2", "hunter-2=x", "export A=hunter2", "ä=hunter2"])
def test_line_that_is_none_is_told_by_its_number_alone(line: str) -> None:
    with pytest.raises(ValueError, match=r"^line 3 is not NAME=value") as caught:
        parse_secrets(f"A=b\n\n{line}\n")
    assert "hunter" not in str(caught.value)


@given(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])))
def test_value_in_quotes_is_read_as_it_is(value: str) -> None:
    assert parse_secrets(f"A='{value}'") == {"A": value}


@given(st.text())
def test_any_text_raises_nothing_but_value_error(text: str) -> None:
    try:
        values = parse_secrets(text)
    except ValueError:
        return
    assert len(values) <= text.count("=")
