"""Did you mean ...: the nearest of the words that would have been right.

Owns: what counts as near enough.
Does not own: which words are right, nor how a mistake is reported.
Invariant: what is suggested is one of the words given, never the user's own text.
"""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_WORD = 64  # comparing takes the square of the length, and nobody mistypes a word that is longer
NEAR_ENOUGH = 0.6
VERY_NEAR = 0.8  # where many words are compared, and a guess that is wrong would mislead


def closest(word: str, known: Iterable[str], near_enough: float = NEAR_ENOUGH) -> str | None:
    """The one of `known` that `word` was probably meant to be, or None. Case and `-` for `_` count as nothing.

    `near_enough` is a ratio of `difflib`, from 0 for anything to 1 for the very same.
    """
    if len(word) > LONGEST_WORD:
        return None
    import difflib  # noqa: PLC0415 - the supervisor and its workers hold this module, and never suggest anything

    by_plain = {_plain(right): right for right in known}
    near = difflib.get_close_matches(_plain(word), by_plain, n=1, cutoff=near_enough)
    return by_plain[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean x?)` with its leading blank, or nothing: ready to be put behind a message."""
    near = closest(word, known)
    return f" (did you mean {near}?)" if near else ""


def _plain(word: str) -> str:
    return word.casefold().replace("-", "_")
