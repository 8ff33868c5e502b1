"""Values of any message or event, made from its type alone.

Owns: annotation to hypothesis strategy. Does not own: the types.
Invariant: what comes out is valid; a type that this does not know is an error, not a guess.
"""

from __future__ import annotations

import types
import typing
from typing import Any, Literal, Union

from hypothesis import strategies as st
from msgspec import Struct

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_INTS = st.integers(-(1 << 63), (1 << 63) - 1)
_FLOATS = st.floats(allow_nan=False)
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _INTS | _FLOATS | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
"""Anything that msgpack can hold and that comes back the same."""
_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    int: _INTS,
    float: _FLOATS,
    str: _TEXT,
    bool: st.booleans(),
    type(None): st.none(),
    Any: PLAIN,
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Valid values of a struct or of any annotation in one."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if isinstance(kind, type) and issubclass(kind, Struct):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{name: values_of(hints[name]) for name in kind.__struct_fields__})
    return _values_of_generic(kind)


def _values_of_generic(kind: Any) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in {Union, types.UnionType}:
        return st.one_of([values_of(argument) for argument in arguments])
    if origin is list:
        return st.lists(values_of(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(values_of(arguments[0]), values_of(arguments[1]), max_size=3)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(values_of(argument) for argument in arguments))
    raise TypeError(f"no values are known for {kind!r}")
