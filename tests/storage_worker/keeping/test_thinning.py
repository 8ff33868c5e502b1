"""Thinning against the plain specification: names alone, in zones whose clocks change."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import NS_PER_MS, NS_PER_S
from shared.config.keep_rules import every
from shared.config.model import StorageConfig
from shared.frame_name import FrameName, parse, path_in_zone, utc_offset_min
from storage_worker.keeping.rules import Keep, keep_of
from storage_worker.keeping.thinning import Thinner
from tests.rig.plain_keeping import Rules, kept
from tests.rig.zone import zone

_DAY_S = 86_400
_ZONES = {
    "Europe/Oslo": 1_792_900_000,  # the night of 2026-10-25: 03:00 is 02:00
    "America/New_York": 1_772_900_000,  # the night of 2026-03-08: 02:00 is 03:00
    "Australia/Lord_Howe": 1_775_300_000,  # half an hour, 2026-04-05
    "Asia/Kolkata": 1_780_000_000,
}
_PERIODS = [1, 15, 60, 300, 900, 3600, 2 * 3600, 6 * 3600, 12 * 3600, _DAY_S, 2 * _DAY_S, 7 * _DAY_S]


def _keep(rules: Rules) -> Keep:
    named = {"all" if period_s == 0 else every(int(period_s)): kept_s for period_s, kept_s in rules.items()}
    keep = keep_of(StorageConfig(keep_min_s=0, keep=named))
    assert keep is not None
    return keep


def _thinned(paths: list[str], rules: Rules, now_s: float) -> set[str]:
    """The names that stay once every day has been thinned."""
    by_day: dict[str, list[str]] = {}
    for path in sorted(paths, key=_instant, reverse=True):
        day, _, name = path.rpartition("/")
        by_day.setdefault(day, []).append(name)
    thinner = Thinner(_keep(rules), lambda day: list(by_day.get(day, [])))
    for day in sorted(by_day):
        for part in thinner.thin(day, round(now_s * 1000)):
            for thinned in part:
                by_day[day].remove(thinned.name)
    return {name for names in by_day.values() for name in names}


def _instant(path: str) -> FrameName:
    frame = parse(path.rpartition("/")[2])
    assert frame is not None
    return frame


_RULES = st.dictionaries(
    st.sampled_from([0, *_PERIODS]), st.none() | st.integers(1, 12 * _DAY_S), min_size=1, max_size=4
)


@settings(max_examples=150)
@given(
    where=st.sampled_from(sorted(_ZONES)),
    slots=st.lists(st.tuples(st.integers(-4 * _DAY_S, 4 * _DAY_S), st.integers(1, 2)), max_size=60, unique=True),
    coarse=st.sampled_from([1, 7, 450, 900, 1800]),
    rules=_RULES,
    age_s=st.integers(-_DAY_S, 15 * _DAY_S),
)
def test_thinning_leaves_exactly_what_the_rules_keep(
    where: str, slots: list[tuple[int, int]], coarse: int, rules: Rules, age_s: int
) -> None:
    middle_s = _ZONES[where]
    with zone(where):
        frames = {FrameName((middle_s + slot_s // coarse * coarse) * NS_PER_S, take) for slot_s, take in slots}
        paths = [frame.path() for frame in frames]
        names = [path.rpartition("/")[2] for path in paths]
        now_s = middle_s + age_s
        assert _thinned(paths, rules, now_s) == kept(names, {0: 0, **rules}, now_s)


@settings(max_examples=60)
@given(
    slots=st.sets(st.integers(0, 6 * 96), max_size=80),
    rules=_RULES,
    times_s=st.lists(st.integers(0, 20 * _DAY_S), min_size=1, max_size=6),
)
def test_thinning_comes_to_the_same_however_often_and_whenever_it_ran_before(
    slots: set[int], rules: Rules, times_s: list[int]
) -> None:
    first_s = _ZONES["Europe/Oslo"] - 3 * _DAY_S
    with zone("Europe/Oslo"):
        paths = [FrameName((first_s + slot * 900) * NS_PER_S).path() for slot in slots]
        last_s = first_s + max(times_s)
        at_once = _thinned(paths, rules, last_s)
        left = paths
        for now_s in sorted(times_s):
            stays = _thinned(left, rules, first_s + now_s)
            left = [path for path in left if path.rpartition("/")[2] in stays]
        assert {path.rpartition("/")[2] for path in left} == at_once
        assert _thinned(left, rules, last_s) == at_once


@pytest.mark.parametrize(
    ("where", "day_s", "hours"),
    [("Europe/Oslo", 1_792_879_200, 25), ("Europe/Oslo", 1_774_738_800, 23), ("Asia/Kolkata", 1_780_000_200, 24)],
    ids=["25-hours", "23-hours", "half-hour-zone"],
)
def test_a_frame_an_hour_of_a_day_with_a_change_of_the_clock_is_one_for_each_hour_that_passed(
    where: str, day_s: int, hours: int
) -> None:
    with zone(where):
        midnight_s = day_s - (time.localtime(day_s).tm_hour * 3600 + time.localtime(day_s).tm_min * 60)
        paths = [FrameName((midnight_s + 60 * minute) * NS_PER_S).path() for minute in range(hours * 60)]
        stays = _thinned(paths, {3600: None}, midnight_s + 10 * _DAY_S)
        on_the_hour = {name for name in stays if name[11:15] == "0000"}
        assert len(on_the_hour) == hours
        # The last half hour of the day belongs to the next midnight, of which there is no frame.
        assert len(stays - on_the_hour) == 1


def test_a_frame_a_day_is_the_one_at_noon_by_the_clock_on_the_wall() -> None:
    with zone("Europe/Oslo"):
        first_s = 1_792_533_600  # 2026-10-20 22:00 UTC
        paths = [FrameName((first_s + 600 * step) * NS_PER_S).path() for step in range(7 * 144)]
        stays = _thinned(paths, {_DAY_S: None}, first_s + 100 * _DAY_S)
        assert len(stays) >= 7
        assert {name[9:15] for name in stays} <= {"120000", "000000"}


def test_of_two_frames_as_near_the_earlier_stays_and_of_two_takes_the_first() -> None:
    ten_ms = 1_780_000_000_000 // 3_600_000 * 3_600_000
    paths = [path_in_zone(ten_ms + away, take, 0) for away in (-7000, 7000) for take in (1, 2)]
    assert _thinned(paths, {3600: None}, ten_ms / 1000 + _DAY_S) == {
        path_in_zone(ten_ms - 7000, 1, 0).rpartition("/")[2]
    }


def test_a_day_that_can_not_be_listed_beside_keeps_what_it_bears_upon() -> None:
    midnight_ms = 1_780_012_800_000
    first, second = path_in_zone(midnight_ms - 9000, 1, 0), path_in_zone(midnight_ms + 1_000_000, 1, 0)
    day = second.rpartition("/")[0]

    def names_of(asked: str) -> list[str]:
        if asked != day:
            raise OSError(5, "Input/output error")
        return [second.rpartition("/")[2]]

    thinner = Thinner(_keep({0: 3600, 3600: None}), names_of)
    assert [thinned for part in thinner.thin(day, midnight_ms + _DAY_S * 5000) for thinned in part] == []
    assert thinner.unsure
    assert first


def test_a_raw_file_left_alone_stays_as_long_as_all_and_wins_over_no_frame() -> None:
    ten_ms = 1_780_000_000_000 // 3_600_000 * 3_600_000
    frame = path_in_zone(ten_ms + 60_000, 1, 0)
    raw = path_in_zone(ten_ms, 1, 0).replace(".jpg", ".dng")
    names = [frame.rpartition("/")[2], raw.rpartition("/")[2]]
    thinner = Thinner(_keep({0: 3600, 3600: None}), lambda _day: list(names))
    day = frame.rpartition("/")[0]
    gone = [thinned.name for part in thinner.thin(day, ten_ms + _DAY_S * 1000) for thinned in part]
    assert gone == [names[1]]


def test_offsets_of_the_zones_are_those_meant() -> None:
    for name, offset_min in (("Asia/Kolkata", 330), ("Australia/Lord_Howe", 630)):
        with zone(name):
            assert utc_offset_min(1_780_000_000 * NS_PER_S) == offset_min
    assert NS_PER_MS == 1_000_000
