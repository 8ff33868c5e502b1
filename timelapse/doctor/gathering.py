"""Looks that are under way, and what comes of them.

Owns: beginning each in a process of its own, and gathering what is judged of it. Does not own: what is looked at.
Invariant: when the `with` block ends, every process that could be ended is gone, whatever was raised.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from timelapse.doctor.aside import Aside, GivenUp
from timelapse.doctor.finding import Finding, NotSeen

T = TypeVar("T")


class Gathering:
    """All that is found, and all that could not be seen, in the order in which it was asked for."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.not_seen: list[NotSeen] = []
        self._begun: list[Aside[object]] = []

    def begin(self, look: Callable[[], T], kind: type[T], limit_s: float) -> Aside[T]:
        """Have somebody look, for `limit_s` at most. Never blocks."""
        begun = Aside(look, kind, limit_s)
        self._begun.append(begun)  # type: ignore[arg-type]  # to be ended, whatever it tells
        return begun

    def get(self, begun: Aside[T], theme: str, *, stuck: Callable[[], Finding] | None = None) -> T | None:
        """What was seen. Where it came to nothing that is noted: as the fault `stuck`, if it took too long."""
        seen = begun.result()
        if not isinstance(seen, GivenUp):
            return seen
        if seen.is_stuck and stuck is not None:
            self.findings.append(stuck())
        else:
            self.not_seen.append(NotSeen(theme=theme, why=seen.why))
        return None

    def judge(self, begun: Aside[T], theme: str, judged: Callable[[T], list[Finding]]) -> None:
        """The same, and what is made of it is kept."""
        if (seen := self.get(begun, theme)) is not None:
            self.findings += judged(seen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for begun in self._begun:
            begun.end()
