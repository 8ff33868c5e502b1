"""The bar of the disk."""

from __future__ import annotations

import pytest

from timelapse.show.disk import bar


def test_bar_half_full_shows_fill_and_marks() -> None:
    assert bar(50.0, [85.0, 90.0], 20) == "[##########.......||.]"


def test_bar_above_a_mark_hides_it() -> None:
    assert bar(90.0, [85.0, 95.0], 20) == "[##################.|]"


@pytest.mark.parametrize("used_percent", [-5.0, 0.0, 0.4, 100.0, 250.0])
def test_bar_any_value_keeps_its_length(used_percent: float) -> None:
    assert len(bar(used_percent, [0.0, 100.0], 20)) == 22
