"""Files that are forbidden to root as well, as they are to the account that the service runs under.

Owns: giving up, for a while, what makes the kernel ignore the permissions of files. Does not own: any file.
Invariant: it concerns the calling thread alone; without root there is nothing to give up.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

_VERSION_3 = 0x20080522
_DAC = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""

_Words = ctypes.c_uint32 * 6
"""Effective, permitted and inheritable, of the lower 32 capabilities and of the upper ones."""


@contextlib.contextmanager
def plain_rights() -> Iterator[None]:
    """Within it a directory without any permission can't be read by its owner either."""
    before = _taken()
    given_up = _Words(*before)
    given_up[0] &= ~_DAC
    _call("capset", given_up)
    try:
        yield
    finally:
        _call("capset", before)


def _taken() -> ctypes.Array[ctypes.c_uint32]:
    words = _Words()
    _call("capget", words)
    return words


def _call(name: str, words: ctypes.Array[ctypes.c_uint32]) -> None:
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    if ctypes.CDLL(None, use_errno=True)[name](header, words):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
