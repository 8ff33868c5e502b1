"""For how long nobody has recorded when a supervisor starts.

Owns: working that out from the last account. Does not own: keeping it (`supervisor.memory`), nor telling the slots:
that does the capture worker, from the tree (`capture_worker.past`, `capture_worker.recovery`).
Invariant: pure. The frames are never looked at: their disk may hang. So after the machine was started anew, when the
notes are gone with the runtime directory, nothing is known here, and null says so; the worker's own account, with the
cause `down`, tells it then.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.clock import NS_PER_MS, NS_PER_S
from shared.config.model import CameraConfig
from shared.events import RecordingGap
from supervisor.accounted import Accounted
from supervisor.memory import Memory


def gaps_of(cameras: Mapping[str, CameraConfig], memory: Memory, wall_ns: int, mono_ns: int) -> dict[str, RecordingGap]:
    """That of each camera."""
    return {
        name: gap_of(memory.accounted(name), camera.interval_ms * NS_PER_MS, wall_ns, mono_ns)
        for name, camera in cameras.items()
    }


def gap_of(accounted: Accounted | None, interval_ns: int, wall_ns: int, mono_ns: int) -> RecordingGap:
    """That of one, at the moment (wall_ns, mono_ns)."""
    if accounted is None:
        return RecordingGap()
    now_ns = _now_of_slots(accounted, wall_ns, mono_ns)
    if now_ns is None:
        return RecordingGap(accounted_until_ns=accounted.until_ns)
    # A stream's frame may be told a little before its slot.
    now_ns = max(now_ns, accounted.until_ns)
    return RecordingGap(
        accounted_until_ns=accounted.until_ns,
        gap_s=round((now_ns - accounted.until_ns) / NS_PER_S, 3),
        slots=now_ns // interval_ns - accounted.until_ns // interval_ns,
    )


def _now_of_slots(accounted: Accounted, wall_ns: int, mono_ns: int) -> int | None:
    """What time it is now on the clock by which the last slot was told; None where nobody knows.

    As `capture_worker.past` has it: only time that has really passed counts, however the clock was set meanwhile.
    """
    if 0 < accounted.mono_ns <= mono_ns:
        return accounted.wall_ns + mono_ns - accounted.mono_ns
    if accounted.mono_ns == 0 and accounted.until_ns <= wall_ns:
        return wall_ns
    return None
