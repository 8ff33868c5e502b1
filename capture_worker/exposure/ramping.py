"""The mode `ramp`: the camera's own exposure for the first frames, then ours, frame by frame.

Owns: when the ramp takes over, and what it is told of each frame.
Does not own: how it follows the light (`ramp`) and the colours (`balance`).
Invariant: no clocks, no I/O. Where the ramp takes over, it begins with the camera's own total exposure; where an
earlier run hands over, with that of its last frame.
"""

from __future__ import annotations

from msgspec import structs

from capture_worker.cameras.base import Exposure, ExposureLimits
from capture_worker.exposure.balance import Gains, eased
from capture_worker.exposure.division import bounded, bounds, divided, total_ev
from capture_worker.exposure.measured import Measured
from capture_worker.exposure.ramp import RampSettings, RampState, Seen, begun, step
from capture_worker.exposure.settling import BEFORE_RAMPING, MOST_FRAMES, Found, agree_on_colours, found_in, settled
from shared.config.model import RampConfig

_BLIND_START_US = 10_000.0
"""Where a camera does not tell its exposures: a middle one to begin with, from which none is far."""
_BLIND_FRAMES = 2
"""Such a camera is judged by what was asked for. Each wish gets so many frames to take effect before the next."""


class Ramping:
    """One camera's. `handed_over` is the exposure of an earlier run's last frame. Used by one thread at a time."""

    def __init__(
        self, limits: ExposureLimits, config: RampConfig, interval_s: float, handed_over: Exposure | None
    ) -> None:
        self._camera_limits = limits
        self._config = config
        self.follow_interval(interval_s)
        self._state: RampState | None = None
        self._gains: Gains | None = None
        self._found: tuple[Found, ...] = ()
        self._last_s: float | None = None
        self._untold = 0
        if handed_over is not None:
            total = total_ev(handed_over.exposure_us, handed_over.analogue_gain)
            self._state = begun(bounded(total, self._limits), in_a_hurry=False)
            self._gains = handed_over.colour_gains if limits.has_colour_gains else None

    def follow_interval(self, interval_s: float) -> None:
        """The time between two slots (seconds) is this from now on."""
        self._limits = bounds(self._camera_limits, self._config, interval_s)
        self._settings = RampSettings(self._config.brightness_percent / 100, interval_s)

    def wanted(self) -> Exposure | None:
        """What to have set now; None: the camera's own."""
        if self._state is None:
            return None
        return structs.replace(divided(self._state.asked_ev, self._limits), colour_gains=self._gains)

    def after(self, measured: Measured) -> None:
        """Take in a frame."""
        found = found_in(measured.frame)
        if found is not None:
            self._found = (*self._found, found)[-MOST_FRAMES:]
        self._follow_colours(measured)
        if self._state is None:
            self._state = self._taken_over(found)
        elif (had_ev := self._had_ev(found, self._state)) is not None:
            seen = Seen(measured.at_s, had_ev, measured.mean)
            self._state, _ = step(self._state, seen, self._limits, self._settings)

    def _taken_over(self, found: Found | None) -> RampState | None:
        """Begin where the camera itself has arrived."""
        if found is None:
            self._untold += 1
            if self._untold < BEFORE_RAMPING.frames:
                return None
            total = total_ev(_BLIND_START_US, self._limits.analogue_gain[0])
        else:
            own = settled(self._found, BEFORE_RAMPING)
            if own is None:
                return None
            total = own.total_ev
        self._untold = 0
        return begun(bounded(total, self._limits), in_a_hurry=True)

    def _had_ev(self, found: Found | None, state: RampState) -> float | None:
        """The total exposure (stops) of the frame; None where it is not known yet."""
        if found is not None:
            return found.total_ev
        self._untold = (self._untold + 1) % (_BLIND_FRAMES + 1)
        return None if self._untold else state.asked_ev

    def _follow_colours(self, measured: Measured) -> None:
        """Take over the camera's own gains once two frames have the same, then ease them."""
        had = measured.frame.colour_gains
        elapsed_s = self._settings.interval_s if self._last_s is None else measured.at_s - self._last_s
        self._last_s = measured.at_s
        if not self._camera_limits.has_colour_gains or had is None:
            return
        if self._gains is None:
            two = self._found[-2:]
            self._gains = had if len(two) == 2 and agree_on_colours(two) else None
        elif measured.tint is not None and elapsed_s > 0:
            self._gains = eased(self._gains, had, measured.tint, elapsed_s)
