"""Another time zone for a while.

Owns: TZ of this process and the C library's idea of it. Does not own: what a test does in that zone.
Invariant: the zone is as it was when the block ends, however it ends.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import time
from collections.abc import Iterator

from shared.clock import NS_PER_MS


@contextlib.contextmanager
def zone(name: str) -> Iterator[None]:
    """Be in the zone `name` ("Europe/Oslo"), for `time` and `datetime` alike."""
    before = os.environ.get("TZ")
    _enter(name)
    try:
        yield
    finally:
        _enter(before)


def utc_ns(text: str) -> int:
    """Wall nanoseconds of an ISO time without an offset, taken as UTC."""
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    return round(moment.timestamp() * 1000) * NS_PER_MS


def _enter(name: str | None) -> None:
    if name is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = name
    time.tzset()
