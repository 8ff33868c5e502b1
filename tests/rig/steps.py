"""Running work that comes as steps to its end at once.

Owns: that loop. Does not own: the work. Invariant: the result is the steps' own.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def finish(steps: Generator[None, None, T]) -> T:
    """Take every step; what the last one ends with."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
