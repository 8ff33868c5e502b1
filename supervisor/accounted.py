"""How far a camera is accounted for, and on which clock.

Owns: what follows from one more account. Does not own: keeping it (`supervisor.memory`, `supervisor.last_accounts`).
Invariant: pure. Where the clock was put back, slots come a second time; which were told the first time stays known, so
that a frame of then is not taken for one of now.
"""

from __future__ import annotations

import struct

import msgspec
from msgspec import Struct

from shared.clock import NS_PER_S, STEP_NS

_AHEAD_NS = NS_PER_S
"""A stream's slot may be told a little before its time. Longer before, it is of a clock that was put back since."""
_PACKED = struct.Struct("<6q")


class Accounted(Struct, frozen=True, array_like=True):
    """`until_ns` is the last slot told, `wall_ns` and `mono_ns` the moment of telling; both 0 where not known.

    Without a step of the clock in between, slots were told from `since_ns` on. Those from `earlier_first_ns` to
    `earlier_last_ns` had been told before the clock was put back; an empty span where it never was.
    """

    until_ns: int
    wall_ns: int = 0
    mono_ns: int = 0
    since_ns: int = 0
    earlier_first_ns: int = 0
    earlier_last_ns: int = -1


class _Moment(Struct, frozen=True):
    wall_ns: int
    mono_ns: int


def moment_of(event: bytes) -> tuple[int, int]:
    """When a packed event was said, (wall_ns, mono_ns); zeros where it does not tell."""
    try:
        moment = msgspec.msgpack.decode(event, type=_Moment)
    except msgspec.MsgspecError:
        return 0, 0
    return moment.wall_ns, moment.mono_ns


def after_account(before: Accounted | None, first_ns: int, last_ns: int, moment: tuple[int, int]) -> Accounted:
    """What holds once the slots from `first_ns` to `last_ns` were told too."""
    if before is None:
        return Accounted(last_ns, *moment, first_ns)
    wall_ns, mono_ns = _on_the_clock_of(before, first_ns, last_ns, moment)
    stepped = abs((wall_ns - mono_ns) - (before.wall_ns - before.mono_ns)) > STEP_NS
    earlier = before.earlier_first_ns, before.earlier_last_ns
    if first_ns <= before.until_ns:
        return Accounted(last_ns, wall_ns, mono_ns, first_ns, *_joined(earlier, (before.since_ns, before.until_ns)))
    # Slots that a clock which was put forward leaves out are told, but nobody was there to take a frame.
    return Accounted(last_ns, wall_ns, mono_ns, last_ns if stepped else before.since_ns, *earlier)


def _on_the_clock_of(before: Accounted, first_ns: int, last_ns: int, moment: tuple[int, int]) -> tuple[int, int]:
    """The moment of telling on the clock that the slots are of.

    What was under way when the clock was put back is told when it is done, and said by the new clock. Taken for that
    one's, it would owe nothing for as long as the clock was put back by: fifty years, on a machine without one.
    """
    wall_ns, mono_ns = moment
    earlier_ns = before.wall_ns + mono_ns - before.mono_ns
    goes_on = before.until_ns < first_ns and last_ns <= earlier_ns + _AHEAD_NS
    return (earlier_ns, mono_ns) if goes_on and last_ns > wall_ns + _AHEAD_NS else moment


def _joined(earlier: tuple[int, int], later: tuple[int, int]) -> tuple[int, int]:
    """One span of both where they meet, else the later one."""
    if max(earlier[0], later[0]) <= min(earlier[1], later[1]):
        return min(earlier[0], later[0]), max(earlier[1], later[1])
    return later


def pack(accounted: Accounted) -> bytes:
    """Always of the same length. Raises `struct.error` where a number fits no eight bytes."""
    return _PACKED.pack(*msgspec.structs.astuple(accounted))


def unpack(packed: bytes) -> Accounted | None:
    """What `pack` gave; None for anything of another length."""
    return Accounted(*_PACKED.unpack(packed)) if len(packed) == _PACKED.size else None
