"""Which slots there are: the grid within the window.

Owns: the next slot, and the slots between two times. Does not own: when it is now.
Invariant: pure; a time outside the window has no slots, so that nothing there is ever missed.
"""

from __future__ import annotations

from msgspec import Struct

from capture_worker.grid import Grid, SlotRange
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Location
from shared.config.window import ALWAYS, Window, parse_window
from shared.window import open_intervals

_DAY_NS = 86_400 * NS_PER_S
LOOK_AHEAD_NS = 370 * _DAY_NS
"""A window that is not open once in a year never is."""
_IN_DETAIL_NS = 800 * _DAY_NS


class Plan(Struct, frozen=True):
    """The slots of one camera."""

    grid: Grid
    window: Window
    location: Location | None

    def next_slot(self, after_ns: int) -> int | None:
        """The first slot after `after_ns` (wall nanoseconds); None where none comes within a year."""
        first_ns = self.grid.after(after_ns)
        for interval in open_intervals(self.window, self.location, first_ns, first_ns + LOOK_AHEAD_NS):
            slot_ns = self.grid.after(interval.start_ns - 1)
            if slot_ns < interval.end_ns:
                return slot_ns
        return None

    def slots_between(self, after_ns: int, before_ns: int) -> list[SlotRange]:
        """The slots strictly between two times, one range for each time that the window was open.

        What lies further back than two years of such a span is taken as if the window had always been open: it is
        a clock that was wrong, and ten thousand sunrises would take longer than they are worth.
        """
        detail_ns = max(after_ns, before_ns - _IN_DETAIL_NS)
        ranges = [] if self.window == ALWAYS else [self.grid.between(after_ns, detail_ns + 1)]
        start_ns = after_ns if self.window == ALWAYS else detail_ns
        open_times = open_intervals(self.window, self.location, start_ns + 1, before_ns)
        ranges += [self.grid.between(interval.start_ns - 1, interval.end_ns) for interval in open_times]
        return [slots for slots in ranges if slots is not None]


def plan_for(camera: CameraConfig, location: Location | None) -> Plan:
    """The plan that a camera's configuration means."""
    return Plan(Grid(camera.interval_ms), parse_window(camera.window), location)
