"""How far a picture is from the brightness that it should have, in stops.

Owns: the way between the mean of a picture's gray values and exposure.
Does not own: measuring that mean, nor what is done about it.
Invariant: pure. A brighter picture is never told as a darker one, and nothing is told as farther off than
`MOST_TOLD_EV`: a picture that is all white or all black says which way, but not how far.
"""

from __future__ import annotations

import math

MOST_TOLD_EV = 4.0
_LEAST_MEAN = 1 / 512
"""Half a gray level: below it, and as close to white, the mean says no more."""


def off_by_ev(mean: float, wanted_mean: float) -> float:
    """How many stops too bright (above 0) or too dark a picture is. Both means are gray values as parts of white.

    Cameras draw a tone curve over the light: steep in the dark, flat towards white. The logarithm of the odds
    (mean to what is left of white) straightens it: libcamera's curve for the Pi's cameras, which is the same for all
    of them, comes out as 0.9 to 1.1 stops a stop up to middle gray, and sRGB as 0.7 to 0.9. Towards white it is more
    than a stop a stop for an even surface, and less than one for a picture that has shadows too.
    """
    return min(max(_log_odds(mean) - _log_odds(wanted_mean), -MOST_TOLD_EV), MOST_TOLD_EV)


def _log_odds(mean: float) -> float:
    inside = min(max(mean, _LEAST_MEAN), 1 - _LEAST_MEAN)
    return math.log2(inside / (1 - inside))
