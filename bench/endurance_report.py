"""What an endurance run has shown: a table of what its processes held, and the verdicts on growth.

Owns: the table and the verdicts. Does not own: the arithmetic (`growth`), the slots (`slot_account`).
Invariant: each process that was there for most of the samples is judged, by its name: one that was restarted goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench.growth import behind_first_third, slope, thirds
from bench.held import Held

_LEAST_SAMPLES = 9
_SECONDS_AN_HOUR = 3600
_MEASURES = ("pss_kb", "rss_kb", "anonymous_kb", "descriptors", "threads")
_COUNTED = ("descriptors", "threads", "processes")
_JUDGED_MEMORY = "anonymous_kb"
"""A page that a file stands behind comes and goes as the machine needs memory; those that a process filled stay."""


class Series(NamedTuple):
    """One measure of one process over time; seconds and the measure's unit."""

    name: str
    measure: str
    times: list[float]
    values: list[float]


def series_of(samples: Sequence[Sequence[Held]]) -> list[Series]:
    """All that can be judged: what was there in at least three of four samples."""
    series = [Series("all", "processes", [held[0].at_s for held in samples], [float(len(held)) for held in samples])]
    for name, times in Counter(each.name for held in samples for each in held).items():
        if times * 4 >= len(samples) * 3:
            of_name = [each for held in samples for each in held if each.name == name]
            series += [
                Series(name, measure, [each.at_s for each in of_name], [getattr(each, measure) for each in of_name])
                for measure in _MEASURES
            ]
    return series


def table(series: Sequence[Series]) -> Iterator[str]:
    """A line for each."""
    yield f"{'':16}{'':14}{'first':>9} {'middle':>9} {'last':>9}  {'slope an hour':>13}"
    for each in series:
        if len(each.values) >= _LEAST_SAMPLES:
            hours = [at_s / _SECONDS_AN_HOUR for at_s in behind_first_third(each.times)]
            rise = slope(hours, behind_first_third(each.values))
            yield f"{each.name:16}{each.measure:14}{thirds(each.values)}  {rise}"


def cpu_lines(samples: Sequence[Sequence[Held]]) -> Iterator[str]:
    """The processor time of each process that lived through all of a third, in percent of one core."""
    third = len(samples) // 3
    parts = [samples[: third + 1], samples[third : 2 * third + 1], samples[2 * third :]]
    for name in dict.fromkeys(each.name for held in samples for each in held):
        shares = [_cpu_percent(part, name) for part in parts]
        if any(share is not None for share in shares):
            yield f"{name:16}{'CPU %':14}" + " ".join(
                f"{'-':>9}" if each is None else f"{each:9.2f}" for each in shares
            )


def growths(series: Sequence[Series], growth_kb: float) -> Iterator[str]:
    """What has grown, in words; nothing where all is well."""
    for each in series:
        if len(each.values) < _LEAST_SAMPLES:
            continue
        bound = growth_kb if each.measure == _JUDGED_MEMORY else 0.0 if each.measure in _COUNTED else float("inf")
        found = thirds(each.values)
        if found.grew > bound:
            yield f"{each.name}: {each.measure} grew from {found.middle:g} to {found.last:g}"


def _cpu_percent(part: Sequence[Sequence[Held]], name: str) -> float | None:
    first = {each.pid: each for each in part[0] if each.name == name}
    last = {each.pid: each for each in part[-1] if each.name == name}
    both = first.keys() & last.keys()
    took_s = part[-1][0].at_s - part[0][0].at_s
    if not both or not took_s:
        return None
    return sum(last[pid].cpu_s - first[pid].cpu_s for pid in both) / took_s * 100
