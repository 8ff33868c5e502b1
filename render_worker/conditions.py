"""Whether this is a moment for rendering: clock, heat, captures, room.

Owns: keeping the rules of `pausing` and `schedule` informed. Does not own: the rules.
Invariant: the machine's sensors are read at most every five seconds, and only while somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable

from render_worker.hearing import hear_capture
from render_worker.heat import Thermometer
from render_worker.pausing import Heat, HeatRule, LateRule, RoomRule
from render_worker.schedule import LARGE_STEP_S, ClockView, why_no_clock
from shared.clock import NS_PER_S, Clock, StepWatch, is_synchronised
from shared.errors import WireError
from shared.events import DiskPressure
from shared.messages import Event
from shared.transport import Tally
from shared.wire import check


class Conditions:
    """Never blocks. What follows the clock is for tests."""

    def __init__(
        self,
        clock: Clock,
        heat: Callable[[], Heat] | None = None,
        synchronised: Callable[[], bool | None] = is_synchronised,
        read_each_ns: int = 5 * NS_PER_S,
    ) -> None:
        self._clock = clock
        self._read_heat = heat or Thermometer().read
        self._synchronised = synchronised
        self._read_each_ns = read_each_ns
        self._steps = StepWatch(clock)
        self._stepped_ns: int | None = None
        self._heat_rule, self._late, self._room = HeatRule(), LateRule(), RoomRule()
        self._heat = Heat()
        self._read_from_ns = 0

    def hear(self, event: Event, tally: Tally) -> None:
        """An event of the others."""
        now_ns = self._clock.mono_ns()
        try:
            if event.topic == "disk.pressure":
                self._room.pressure(check(event.data, DiskPressure).level, now_ns)
            else:
                hear_capture(self._late, event, now_ns)
        except WireError as error:
            tally.count("events", str(error))

    def works(self) -> None:
        """A render goes on at this moment."""
        self._late.worked(self._clock.mono_ns())

    def clock_was_set(self) -> bool:
        """Whether the wall clock was set by much since the last call."""
        step_ns = self._steps.step_ns()
        if abs(step_ns) < LARGE_STEP_S * NS_PER_S:
            return False
        self._stepped_ns = self._clock.mono_ns()
        return True

    def why_no_clock(self) -> str:
        """Why no day can be called finished; empty where it can."""
        return why_no_clock(self._view())

    def may_delete(self) -> bool:
        """Whether the clock can be trusted so far that results are deleted by their age."""
        view = self._view()
        return view.synchronised is not False and not why_no_clock(view)

    def why_not(self, pause_above_c: float | None, *, cleans: bool = True) -> str:
        """Why nothing should be rendered now; empty where it may. `cleans` is whether a full disk is cleaned."""
        now_ns = self._clock.mono_ns()
        if now_ns >= self._read_from_ns:
            self._read_from_ns = now_ns + self._read_each_ns
            self._heat = self._read_heat()
        room = self._room.why(now_ns, cleans=cleans)
        reasons = (self._heat_rule.why(self._heat, pause_above_c), self._late.why(now_ns), room)
        return next((reason for reason in reasons if reason), "")

    def due_ns(self) -> int:
        """When to ask again, where nothing is heard."""
        return self._read_from_ns

    def _view(self) -> ClockView:
        now_ns = self._clock.mono_ns()
        since_s = None if self._stepped_ns is None else (now_ns - self._stepped_ns) / NS_PER_S
        return ClockView(self._synchronised(), now_ns / NS_PER_S, since_s)
