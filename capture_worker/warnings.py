"""Bad pictures that last: when a warning begins, when it ends, and what it says.

Owns: how long each kind must last, and the words. Does not own: finding that a picture is bad (`inspection`).
Invariant: pure. Warnings of a kind begin and end in turn. What could not be judged neither begins nor ends one, and one
picture alone does neither.

A warning begins where enough of the last pictures were bad, and the first of them long enough ago; it ends where enough
in a row were good, for long enough. Before it has begun, as many good ones in a row as make it impossible for the last
ones begin the wait anew. Times are those of the slots; a clock that is put back begins a wait anew too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from msgspec import Struct

from shared.causes import PictureFault
from shared.clock import NS_PER_S


class Rule(Struct, frozen=True):
    """It begins with `bad` of the last `of` pictures, after `bad_s`, and ends with `good` in a row, after `good_s`."""

    bad: int
    of: int
    bad_s: float
    good: int
    good_s: float


RULES: dict[PictureFault, Rule] = {
    # A hand before the lens and a headlight into it are over within a minute.
    "black": Rule(bad=3, of=4, bad_s=60, good=3, good_s=30),
    "white": Rule(bad=3, of=4, bad_s=60, good=3, good_s=30),
    # An encoder that sends no more than what moves repeats a still night until its next key frame: a minute and more.
    "frozen": Rule(bad=5, of=5, bad_s=300, good=3, good_s=0),
    # It comes and goes, with the load on the bus.
    "torn": Rule(bad=3, of=10, bad_s=60, good=20, good_s=60),
    # Looked for each 10 minutes. A shower or a patch of fog is no reason to go and wipe the lens.
    "blurred": Rule(bad=3, of=4, bad_s=1800, good=3, good_s=600),
}

_TO_DO: dict[PictureFault, str] = {
    "black": "look for a cover before the lens or a failed sensor; if it is only night, give the camera a window",
    "white": "look for light that falls into the lens, and for an exposure that is set too long",
    "frozen": "the camera, or a recorder between, repeats one picture: switch it off and on",
    "torn": "data is lost on the way: try another cable or port without a hub, a smaller resolution, a better supply",
    "blurred": "look for dew, dirt or ice on the lens, and at the focus; if it is fog outside, it will pass",
}


class Changed(Struct, frozen=True):
    """A warning that begins (`active`) or ends; `since_slot_ns` is the slot of its first picture."""

    warning: PictureFault
    active: bool
    since_slot_ns: int
    detail: str


class Warnings:
    """The warnings of one camera."""

    def __init__(self, rules: Mapping[PictureFault, Rule] = RULES) -> None:
        self._kinds = {kind: _Kind(rule) for kind, rule in rules.items()}

    def take(self, slot_ns: int, found: Mapping[PictureFault, str]) -> list[Changed]:
        """What was found of the picture of a slot (see `Inspected`); the warnings that begin or end with it."""
        changes = []
        for kind, words in found.items():
            state = self._kinds[kind]
            since_ns = state.since_ns
            if state.take(slot_ns, bad=bool(words)):
                began = state.active
                detail = f"{words}; {_TO_DO[kind]}" if began else "the pictures are good again"
                changes.append(Changed(kind, began, (state.since_ns if began else since_ns) or 0, detail))
        return changes


class _Kind:
    """One kind. `since_ns` is the slot of the first bad picture that counts, None where there is none."""

    def __init__(self, rule: Rule) -> None:
        self.active = False
        self.since_ns: int | None = None
        self._rule = rule
        self._last: deque[bool] = deque(maxlen=rule.of)
        self._good = 0
        self._good_ns = 0

    def take(self, slot_ns: int, *, bad: bool) -> bool:
        """A picture that was judged; whether the warning begins or ends with it."""
        self._last.append(bad)
        return self._take_bad(slot_ns) if bad else self._take_good(slot_ns)

    def _take_bad(self, slot_ns: int) -> bool:
        self._good = 0
        if self.since_ns is None or (slot_ns < self.since_ns and not self.active):
            self.since_ns = slot_ns
        lasts = slot_ns - self.since_ns >= self._rule.bad_s * NS_PER_S
        if self.active or sum(self._last) < self._rule.bad or not lasts:
            return False
        self.active = True
        return True

    def _take_good(self, slot_ns: int) -> bool:
        if self._good == 0 or slot_ns < self._good_ns:
            self._good_ns = slot_ns
        self._good += 1
        if not self._is_over(slot_ns):
            return False
        was_active, self.active, self.since_ns = self.active, False, None
        self._last.clear()
        return was_active

    def _is_over(self, slot_ns: int) -> bool:
        if not self.active:
            return self._good > self._rule.of - self._rule.bad
        return self._good >= self._rule.good and slot_ns - self._good_ns >= self._rule.good_s * NS_PER_S
