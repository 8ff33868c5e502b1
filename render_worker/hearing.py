"""What captures say of themselves, as the rule of late captures takes it.

Owns: which of their events matter to it. Does not own: the rule (`pausing`), nor how events arrive.
Invariant: pure. Any other event is passed over.
"""

from __future__ import annotations

from render_worker.pausing import LateRule
from shared.events import FrameMissed, FrameWritten
from shared.messages import Event
from shared.wire import check

CAPTURE_TOPICS = ("frame.written", "frame.missed")


def hear_capture(late: LateRule, event: Event, now_ns: int) -> None:
    """Tell the rule of an event. Raises `WireError` where it is malformed."""
    if event.topic == "frame.written":
        frame: FrameWritten = check(event.data, FrameWritten)
        if frame.lateness_us is not None:
            late.frame(frame.camera, frame.lateness_us, now_ns)
    elif event.topic == "frame.missed":
        miss: FrameMissed = check(event.data, FrameMissed)
        late.missed(miss.camera, miss.cause, now_ns)
