"""The block of the disk: its bar, and what is said of the archive."""

from __future__ import annotations

import pytest

from shared.status import GrowthStatus, StorageStatus
from timelapse.show.disk import bar, disk_lines
from timelapse.show.ink import Ink


def test_bar_half_full_shows_fill_and_marks() -> None:
    assert bar(50.0, [85.0, 90.0], 20) == "[##########.......||.]"


def test_bar_above_a_mark_hides_it() -> None:
    assert bar(90.0, [85.0, 95.0], 20) == "[##################.|]"


@pytest.mark.parametrize("used_percent", [-5.0, 0.0, 0.4, 100.0, 250.0])
def test_bar_any_value_keeps_its_length(used_percent: float) -> None:
    assert len(bar(used_percent, [0.0, 100.0], 20)) == 22


@pytest.mark.parametrize(("archive_bytes", "said"), [(0, False), (9_000_000_000, True)])
def test_archive_that_has_just_begun_is_not_said_to_be_empty(archive_bytes: int, said: bool) -> None:
    growth = GrowthStatus(archive_bytes=archive_bytes, others_bytes=4_000_000_000)
    lines = disk_lines(StorageStatus(output_dir="/frames", growth=growth), 0, width=100, ink=Ink(False))
    assert any("the archive has 9.0 GB, other files have 4.0 GB" in line for line in lines) is said
