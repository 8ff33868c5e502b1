"""Steps in brightness: which of them the camera made, and which are of light and stay.

Owns: telling them apart. Does not own: what becomes of them (`curve`).
Invariant: pure. Brightness is its logarithm to base 2, exposure that of its time (EV). A step at a frame is between it
and the one before; at the first frame of a piece there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from render_worker.deflicker.smoothing import Values

_LEAST_EV = 0.01
"""What a camera tells as two exposure times is one, below."""
_TELLING_EV = 0.04
"""A step of exposure from which can be seen how much of one becomes a step of brightness."""
_EVENTS = 15
"""How many such steps on either side are asked."""
_MOST_SLOPE = 1.1
"""Brightness a stop of exposure: 1 / 2.2 as a rule, 1 in a linear picture."""
_LEAST_STEP = 0.04
"""A ninth of a stop of light, with a gamma of 2.2: a smaller one is smoothed over some frames and nobody sees it."""
_TIMES_USUAL = 6.0
_AROUND = 12
"""Frames on either side: what is brighter for so long, is brighter."""
_NEAR = 4
"""Frames on either side from which can be seen how the light goes on."""
_NEXT, _TIMES_NEXT = 3, 3.0
"""A step is so many times as large as that many on either side of it are, as a rule."""
_MOST_SPREAD = 0.5
"""Of a step, on either side of it: it is no step where the light goes up and down as much anyway."""
_MOST_SAW = 0.3
"""Two thirds of a stop of light: as large as a step is that a camera makes in a ramp."""
_SAW_FRAMES = 400
"""So far apart the teeth may be."""


def camera_steps(brightness: Values, exposure_ev: Values, piece: Values) -> Values:
    """What of each frame's step was made by a change of the exposure time, which is NaN where it is not known."""
    import numpy as np  # noqa: PLC0415 - see the package: only who deflickers pays for it

    from render_worker.deflicker.smoothing import running_median  # noqa: PLC0415

    change = _steps(exposure_ev, piece)
    change[~np.isfinite(change) | (np.abs(change) < _LEAST_EV)] = 0.0
    step = _steps(brightness, piece)
    telling = np.flatnonzero(np.abs(change) >= _TELLING_EV)
    if not len(telling):
        none: Values = np.zeros(len(brightness))
        return none
    slopes = np.clip(running_median(step[telling] / change[telling], _EVENTS), 0.0, _MOST_SLOPE)
    slope = np.interp(np.arange(len(step)), telling, slopes)
    made = slope * change
    drift = running_median(step - made, _NEAR)
    # A camera that has made up for it with its gain, or a light that changed with it: nothing to be seen.
    made[np.abs(step - made - drift) >= np.abs(step - drift)] = 0.0
    all_made: Values = np.concatenate((np.zeros(1), made))
    return all_made


def lasting_steps(light: Values, piece: Values) -> Values:
    """The frames at which the light changes at once and stays so: a lamp is switched on, a cloud has a sharp edge."""
    import numpy as np  # noqa: PLC0415

    from render_worker.deflicker.smoothing import running_median  # noqa: PLC0415

    step = _steps(light, piece)
    size = np.abs(step)
    at = np.flatnonzero(size >= np.maximum(_LEAST_STEP, _TIMES_USUAL * running_median(size, _AROUND)))
    at = at[_stands_alone(step, at)]
    found: Values = at + 1
    return found[_lasts(light, piece, found, step[at])]


def _stands_alone(step: Values, at: Values) -> Values:
    """Of each step, whether those next to it are not part of one slope with it, as on the edge of a cloud."""
    import numpy as np  # noqa: PLC0415

    offsets = np.array([number for number in range(-_NEXT, _NEXT + 1) if number])
    index = np.clip(at[:, None] + offsets[None, :], 0, len(step) - 1)
    along = np.maximum(step[index] * np.sign(step[at])[:, None], 0.0)
    result: Values = np.abs(step[at]) >= _TIMES_NEXT * np.median(along, axis=1)
    return result


def _lasts(light: Values, piece: Values, found: Values, step: Values) -> Values:
    """Of each step, whether nearly all frames before it are on one side and nearly all after it on the other."""
    import numpy as np  # noqa: PLC0415

    sides: list[tuple[Values, Values]] = []
    for offsets in (np.arange(-_AROUND, 0), np.arange(_AROUND)):
        index = found[:, None] + offsets[None, :]
        inside = (index >= 0) & (index < len(light))
        index = np.clip(index, 0, len(light) - 1)
        inside &= piece[index] == piece[found][:, None]
        values = np.where(inside, light[index] * np.sign(step)[:, None], np.nan)
        sides.append((values, inside.sum(axis=1)))
    (before, n_before), (after, n_after) = sides
    low, high = _middle(before, n_before), _middle(after, n_after)
    middle = ((low + high) / 2)[:, None]
    wrong = (before > middle).sum(axis=1), (after < middle).sum(axis=1)
    enough = (n_before >= _NEAR) & (n_after >= _NEAR)
    spread = np.maximum(_spread(before, n_before), _spread(after, n_after))
    stands_out = (high - low >= np.abs(step) / 2) & (spread <= np.abs(step) * _MOST_SPREAD)
    result: Values = enough & stands_out & (wrong[0] <= 1) & (wrong[1] <= 1)
    return result


def _spread(values: Values, count: Values) -> Values:
    """From each row's lowest to its highest value, of its first `count` in order, but for the one furthest off."""
    import numpy as np  # noqa: PLC0415

    rows, ordered = np.arange(len(values)), np.sort(values, axis=1)
    last = np.maximum(count, 2) - 1
    result: Values = np.minimum(ordered[rows, last] - ordered[:, 1], ordered[rows, last - 1] - ordered[:, 0])
    return result


def _middle(values: Values, count: Values) -> Values:
    """The median of each row's first `count` values in order; NaN sorts last."""
    import numpy as np  # noqa: PLC0415

    rows, ordered = np.arange(len(values)), np.sort(values, axis=1)
    count = np.maximum(count, 1)
    result: Values = (ordered[rows, (count - 1) // 2] + ordered[rows, count // 2]) / 2
    return result


def saw_teeth(light: Values, piece: Values, steps: Values) -> Values:
    """Which of the lasting `steps` a camera made that does not tell: the light between two takes back what they add.

    A ramp goes up by a third of a stop each time that dusk has taken as much. True for each that is one of two or more
    alike.
    """
    import numpy as np  # noqa: PLC0415

    made = np.zeros(len(steps), dtype=bool)
    if len(steps) < 2:
        return made
    size = light[steps] - light[steps - 1]
    first, second = steps[:-1], steps[1:]
    drift = light[second - 1] - light[first]
    mean = (size[:-1] + size[1:]) / 2
    alike = (
        (piece[first] == piece[second])
        & (second - first <= _SAW_FRAMES)
        & (np.abs(size[:-1] - size[1:]) <= np.abs(mean) / 2)
        & (np.abs(mean) <= _MOST_SAW)
        & (np.abs(drift + mean) <= np.abs(mean) / 2)
    )
    made[:-1] |= alike
    made[1:] |= alike
    return made


def _steps(values: Values, piece: Values) -> Values:
    """From each value to the next one, so one less than there are values; 0 from one piece to another."""
    import numpy as np  # noqa: PLC0415

    step: Values = np.diff(values)
    step[piece[1:] != piece[:-1]] = 0.0
    return step
