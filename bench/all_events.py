"""Everything that a recorder said, to its end.

Owns: knowing that nothing more will come. Does not own: the recorder (`tests/rig/recorder.py`).
Invariant: what the workers told at their end is there: misses that went on are told only then.
"""

from __future__ import annotations

from shared.messages import Event
from tests.rig.recorder import Recorder


def all_events(recorder: Recorder) -> list[Event]:
    """Stop the recorder, and wait until its last worker's end has been heard of. Blocks."""
    mark = recorder.log.mark()
    recorder.stop()
    recorder.log.wait_for(
        lambda event: event.topic == "worker.exited" and event.data["worker"] == "storage", after=mark
    )
    return list(recorder.log.events)
