"""What `storage.keep` promises, written down without any thought for speed: the specification of thinning.

Owns: that one function. Does not own: frames on a disk.
Invariant: it shares no code with what it is compared with but the frames' names.
"""

from __future__ import annotations

import time

from shared.frame_name import offset_of, parse

_HOUR_S = 3600.0
_DAY_S = 86_400.0
_WEST_S = 12 * _HOUR_S

Rules = dict[float, float | None]
"""Seconds between regular times (0: all frames) to seconds for which they stay, None for ever."""


def kept(names: list[str], rules: Rules, now_s: float) -> set[str]:
    """The names, of one camera, that some rule keeps at that time."""
    stays: set[str] = set()
    for period_s, span_s in rules.items():
        if period_s == 0:
            stays |= {name for name in names if span_s is None or now_s - _instant_s(name) <= span_s}
            continue
        rivals: dict[float, list[str]] = {}
        for name in names:
            rivals.setdefault(_regular(name, period_s), []).append(name)
        for regular, group in rivals.items():
            over_s = regular + period_s / 2 + (_WEST_S if period_s > _HOUR_S else 0.0)
            if span_s is None or now_s <= over_s + span_s:
                stays.add(min(group, key=lambda name: (_distance_s(name, period_s), parse(name))))
    return stays


def _regular(name: str, period_s: float) -> float:
    """The regular time that is nearest, the later of two: an instant up to an hour apart, else a time on the clock."""
    first_s = 4.5 * _DAY_S if period_s >= _DAY_S else 0.0  # a Monday's noon
    count = (_local_s(name) - first_s) / period_s
    local_s = first_s + period_s * (int(count // 1) + (count % 1 >= 0.5))
    return local_s - offset_of(name) * 60 if period_s <= _HOUR_S else local_s


def _distance_s(name: str, period_s: float) -> float:
    here_s = _instant_s(name) if period_s <= _HOUR_S else _local_s(name)
    return round(abs(here_s - _regular(name, period_s)), 3)


def _local_s(name: str) -> float:
    """What the clock on the wall showed: the digits of the name."""
    digits = time.strptime(name[:15], "%Y%m%dT%H%M%S")
    days = (digits.tm_year - 1970) * 365 + (digits.tm_year - 1969) // 4 + digits.tm_yday - 1  # until 2099
    return days * _DAY_S + digits.tm_hour * 3600 + digits.tm_min * 60 + digits.tm_sec + int(name[16:19]) / 1000


def _instant_s(name: str) -> float:
    return _local_s(name) - offset_of(name) * 60
