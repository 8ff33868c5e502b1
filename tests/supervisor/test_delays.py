"""The restart delays: the formula, its floor and its ceiling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.delays import restart_delay_s
from supervisor.policy import Timing

DELAYS = Timing(base_s=5.0, max_s=300.0)


@pytest.mark.parametrize(
    ("failures", "delay_s"),
    [(0, 0), (1, 0), (2, 5.25), (3, 10.25), (4, 20.25), (5, 40.25), (7, 160.25), (8, 300), (64, 300), (10**9, 300)],
)
def test_delay_after_so_many_failures_is_as_documented(failures: int, delay_s: float) -> None:
    assert restart_delay_s(failures, 0.25, DELAYS) == delay_s


def test_delay_with_a_base_above_the_maximum_is_the_maximum() -> None:
    assert restart_delay_s(2, 0.0, Timing(base_s=20.0, max_s=7.0)) == 7.0


@given(
    failures=st.integers(0, 10**12),
    jitter=st.floats(0, 1, exclude_max=True),
    base_s=st.floats(0.001, 86_400),
    max_s=st.floats(0.001, 86_400),
)
def test_delay_is_never_negative_never_above_the_maximum_and_grows(
    failures: int, jitter: float, base_s: float, max_s: float
) -> None:
    delays = Timing(base_s=base_s, max_s=max_s)
    delay_s = restart_delay_s(failures, jitter, delays)
    assert 0 <= delay_s <= max_s
    assert delay_s <= restart_delay_s(failures + 1, jitter, delays)
