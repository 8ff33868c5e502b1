"""When a warning begins and when it ends."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.warnings import RULES, Changed, Rule, Warnings
from shared.causes import PictureFault
from shared.clock import NS_PER_S

BLACK: dict[PictureFault, str] = {"black": "dark as night"}
GOOD: dict[PictureFault, str] = {"black": ""}
START_NS = 1_795_392_000 * NS_PER_S


def said(pictures: str, interval_s: float = 30.0, kind: PictureFault = "black") -> list[tuple[int, bool, int]]:
    """What is said at which picture: b is a bad one, g a good one, - one that was not judged."""
    warnings, found = Warnings(), []
    for number, picture in enumerate(pictures):
        judged: dict[PictureFault, str] = {} if picture == "-" else {kind: "bad" if picture == "b" else ""}
        slot_ns = START_NS + round(number * interval_s * NS_PER_S)
        for change in warnings.take(slot_ns, judged):
            since = round((change.since_slot_ns - START_NS) / NS_PER_S / interval_s)
            found.append((number, change.active, since))
    return found


def test_every_kind_has_a_rule_and_is_told_apart() -> None:
    assert set(RULES) == set(get_args(PictureFault))
    warnings = Warnings()
    changes = [
        change
        for number in range(300)
        for change in warnings.take(START_NS + number * 60 * NS_PER_S, dict.fromkeys(RULES, "bad"))
    ]
    assert sorted(change.warning for change in changes) == sorted(RULES)
    assert {change.active for change in changes} == {True}
    assert len({change.detail for change in changes}) == len(RULES)


@pytest.mark.parametrize(
    ("pictures", "changes"),
    [
        ("ggggg", []),
        ("gbbg", []),
        ("gbbb", [(3, True, 1)]),
        ("bgbb", [(3, True, 0)]),
        ("bbgg-ggg", []),
        ("bgbgbgbgbg", []),
        ("bbbgg", [(2, True, 0)]),
        ("bbbggg", [(2, True, 0), (5, False, 0)]),
        ("bbbggbggg", [(2, True, 0), (8, False, 0)]),
        ("bbb---ggg", [(2, True, 0), (8, False, 0)]),
        ("b--b--b", [(6, True, 0)]),
        ("bbbgggbbb", [(2, True, 0), (5, False, 0), (8, True, 6)]),
    ],
)
def test_warning_begins_and_ends_when_it_has_lasted(pictures: str, changes: list[tuple[int, bool, int]]) -> None:
    assert said(pictures) == changes


def test_warning_of_a_fast_camera_waits_for_the_time_and_of_a_slow_one_for_the_pictures() -> None:
    assert said("b" * 200, interval_s=0.5) == [(120, True, 0)]
    assert said("b" * 9, interval_s=3600) == [(2, True, 0)]


def test_warning_of_torn_pictures_begins_though_most_are_whole() -> None:
    assert said("gggbgggbgggbggg", interval_s=10, kind="torn") == [(11, True, 3)]
    assert said("bggggggggggb" * 5, interval_s=10, kind="torn") == []


def test_warning_of_a_still_night_that_an_encoder_repeats_for_a_minute_does_not_come() -> None:
    assert said("bbbbbbg" * 20, interval_s=10, kind="frozen") == []
    assert said("b" * 40, interval_s=10, kind="frozen") == [(30, True, 0)]


def test_warning_says_what_was_seen_and_what_to_do() -> None:
    warnings = Warnings()
    changes = [change for number in range(3) for change in warnings.take(number * 60 * NS_PER_S, BLACK)]
    assert len(changes) == 1
    assert changes[0].detail.startswith("dark as night; ")
    assert "window" in changes[0].detail
    ends = [change for number in range(3, 9) for change in warnings.take(number * 60 * NS_PER_S, GOOD)]
    assert ends == [Changed("black", active=False, since_slot_ns=0, detail="the pictures are good again")]


def test_warning_waits_anew_when_the_clock_is_put_back_and_not_for_the_year_between() -> None:
    warnings = Warnings()
    warnings.take(START_NS, BLACK)
    early_ns = START_NS - 365 * 86_400 * NS_PER_S
    changes = [warnings.take(early_ns + number * 30 * NS_PER_S, BLACK) for number in range(4)]
    assert [len(change) for change in changes] == [0, 0, 1, 0]
    assert changes[2][0].since_slot_ns == early_ns
    ended = [warnings.take(early_ns - 10**18 + number * 30 * NS_PER_S, GOOD) for number in range(4)]
    assert [len(change) for change in ended] == [0, 0, 1, 0]


_RULES = st.builds(
    Rule,
    bad=st.integers(1, 4),
    of=st.integers(4, 8),
    bad_s=st.integers(0, 100),
    good=st.integers(1, 6),
    good_s=st.integers(0, 100),
)
_PICTURES = st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["bad", "", None])), max_size=80)


@given(_RULES, _PICTURES)
def test_warnings_of_any_pictures_begin_and_end_in_turn_each_for_its_reason(
    rule: Rule, pictures: list[tuple[int, str | None]]
) -> None:
    warnings, slot_ns, judged, changes = Warnings({"torn": rule}), 0, [], []
    for gap_s, words in pictures:
        slot_ns += gap_s * NS_PER_S
        if words is not None:
            judged.append((slot_ns, bool(words)))
        for change in warnings.take(slot_ns, {} if words is None else {"torn": words}):
            changes.append((slot_ns, change))
            assert words is not None
            assert change.active == bool(words)
            _check(rule, judged, change)
    assert [change.active for _, change in changes] == [number % 2 == 0 for number in range(len(changes))]
    for (_, begun), (_, ended) in list(pairwise(changes))[::2]:
        assert begun.since_slot_ns == ended.since_slot_ns
    _check_end(rule, judged, is_active=len(changes) % 2 == 1)


def _check(rule: Rule, judged: list[tuple[int, bool]], change: Changed) -> None:
    last = [is_bad for _, is_bad in judged[-rule.of :]]
    if change.active:
        assert sum(last) >= rule.bad
        assert judged[-1][0] - change.since_slot_ns >= rule.bad_s * NS_PER_S
        assert (change.since_slot_ns, True) in judged
    else:
        ending = judged[-rule.good :]
        assert not any(is_bad for _, is_bad in ending)
        assert len(ending) == rule.good


def _check_end(rule: Rule, judged: list[tuple[int, bool]], *, is_active: bool) -> None:
    """Nothing that lasted was passed over: bad ones without an end are warned about, good ones end every warning."""
    run = [slot_ns for slot_ns, is_bad in judged]
    kinds = {is_bad for _, is_bad in judged}
    enough = max(rule.of, rule.good)
    if len(kinds) == 1 and len(run) >= enough:
        lasted_s = (run[-1] - run[0]) / NS_PER_S
        assert is_active == (kinds == {True} and lasted_s >= rule.bad_s)
