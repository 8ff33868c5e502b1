"""What the frames occupy, by camera and day."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from shared.clock import NS_PER_S
from storage_worker.forecast import Came
from storage_worker.totals import FILE_NAME, Totals
from storage_worker.yielding import Ground, Grounds
from tests.rig.planted_frames import plant, plant_row
from tests.rig.steps import finish

_DAY_NS = 86_400 * NS_PER_S
_NOON_NS = 1_750_000_000 // 86_400 * _DAY_NS + _DAY_NS // 2
_LATER_NS = _NOON_NS + 100 * _DAY_NS
"""So long after the directories changed that their time can be believed."""
_BLOCK = 4096


def _totals(output_dir: Path, errors: list[str] | None = None) -> Totals:
    found = errors if errors is not None else list[str]()
    return Totals(output_dir, lambda path, error: found.append(f"{path}: {error.strerror}"))


def _settled(output_dir: Path) -> None:
    """Let all directories have changed long ago."""
    for directory, _, _ in os.walk(output_dir):
        os.utime(directory, ns=(_NOON_NS, _NOON_NS))


def _refresh(totals: Totals, *cameras: str) -> None:
    finish(totals.refresh(list(cameras or ("main",)), _LATER_NS))


def test_totals_count_frames_and_raw_files_and_nothing_else(tmp_path: Path) -> None:
    path = plant(tmp_path, "main", _NOON_NS, size=_BLOCK, raw_size=2 * _BLOCK)
    plant(tmp_path, "gate", _NOON_NS - 3 * _DAY_NS, size=_BLOCK)
    (tmp_path / path).with_name("notes.txt").write_bytes(b"x" * _BLOCK)
    totals = _totals(tmp_path)
    assert not totals.complete
    _refresh(totals, "main", "gate")
    assert totals.complete
    assert (totals.files, totals.bytes, totals.cameras()) == (3, 4 * _BLOCK, 2)
    assert sorted(totals.bytes_by_day().values()) == [_BLOCK, 3 * _BLOCK]


def test_totals_of_days_that_have_not_changed_list_nothing(tmp_path: Path, listings: list[str]) -> None:
    plant_row(tmp_path, "main", newest_ns=_NOON_NS, count=5, apart_s=86_400, size=_BLOCK)
    _settled(tmp_path)
    totals = _totals(tmp_path)
    _refresh(totals)
    listings.clear()
    _refresh(totals)
    assert [path for path in listings if path.count("/") - str(tmp_path).count("/") == 4] == []
    changed = plant(tmp_path, "main", _NOON_NS - NS_PER_S, size=_BLOCK)
    listings.clear()
    _refresh(totals)
    assert [path for path in listings if path.endswith(str(Path(changed).parent))] != []
    assert totals.bytes == 6 * _BLOCK


def test_totals_of_a_directory_that_changed_just_now_are_not_believed(tmp_path: Path) -> None:
    """Its time moves in steps of two seconds on some file systems."""
    path = plant(tmp_path, "main", _NOON_NS, size=_BLOCK)
    stamp_ns = (tmp_path / path).parent.stat().st_mtime_ns
    totals = _totals(tmp_path)
    finish(totals.refresh(["main"], stamp_ns + NS_PER_S))
    plant(tmp_path, "main", _NOON_NS + NS_PER_S, size=_BLOCK)
    os.utime((tmp_path / path).parent, ns=(stamp_ns, stamp_ns))
    finish(totals.refresh(["main"], stamp_ns + 10 * NS_PER_S))
    assert totals.files == 2


def test_totals_between_two_looks_follow_what_is_written_and_deleted(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "main", newest_ns=_NOON_NS, count=3, size=_BLOCK)
    totals = _totals(tmp_path)
    _refresh(totals)
    new = plant(tmp_path, "main", _NOON_NS + NS_PER_S, size=_BLOCK + 1)
    totals.written(new, _BLOCK + 1)
    assert (totals.files, totals.bytes) == (4, 5 * _BLOCK)
    (tmp_path / paths[0]).unlink()
    totals.deleted(paths[0], _BLOCK, 1)
    assert (totals.files, totals.bytes) == (3, 4 * _BLOCK)
    followed = (totals.files, totals.bytes)
    _refresh(totals)
    assert (totals.files, totals.bytes) == followed, "not what is on the disk"


def test_totals_of_a_day_that_went_away_are_nothing(tmp_path: Path) -> None:
    path = plant(tmp_path, "main", _NOON_NS, size=_BLOCK)
    totals = _totals(tmp_path)
    _refresh(totals)
    (tmp_path / path).unlink()
    (tmp_path / path).parent.rmdir()
    _refresh(totals)
    assert (totals.files, totals.bytes, totals.bytes_by_day()) == (0, 0, {})


def test_totals_of_a_day_that_can_not_be_read_stay_as_they_were(
    tmp_path: Path, unreadable: Callable[[Path], None]
) -> None:
    path = plant(tmp_path, "main", _NOON_NS, size=_BLOCK)
    errors: list[str] = []
    totals = _totals(tmp_path, errors)
    _refresh(totals)
    plant(tmp_path, "main", _NOON_NS + NS_PER_S, size=_BLOCK)
    unreadable((tmp_path / path).parent)
    _refresh(totals)
    assert totals.bytes == _BLOCK
    assert errors == [f"{(tmp_path / path).parent}: Input/output error"]


def test_totals_after_a_restart_go_on_without_counting(tmp_path: Path, listings: list[str]) -> None:
    plant_row(tmp_path, "main", newest_ns=_NOON_NS, count=5, apart_s=86_400, size=_BLOCK)
    _settled(tmp_path)
    before = _totals(tmp_path)
    _refresh(before)
    before.grounds = Grounds(Ground(1, 2), Ground(3, 4))
    before.save()
    listings.clear()
    after = _totals(tmp_path)
    after.load()
    assert (after.bytes, after.files, after.complete) == (before.bytes, before.files, False)
    _refresh(after)
    assert (after.bytes, after.came, after.grounds) == (before.bytes, before.came, before.grounds)
    assert [path for path in listings if path.count("/") - str(tmp_path).count("/") == 4] == []


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema": 2, "days": {}}', b"[]", b"\0" * 100])
def test_totals_whose_file_is_broken_count_anew(tmp_path: Path, content: bytes) -> None:
    plant(tmp_path, "main", _NOON_NS, size=_BLOCK)
    (tmp_path / FILE_NAME).write_bytes(content)
    totals = _totals(tmp_path)
    totals.load()
    _refresh(totals)
    totals.save()
    assert totals.bytes == _BLOCK
    assert msgspec.json.decode((tmp_path / FILE_NAME).read_bytes())["schema"] == 1


def test_totals_that_have_not_changed_are_not_written_again(tmp_path: Path) -> None:
    plant(tmp_path, "main", _NOON_NS, size=_BLOCK)
    _settled(tmp_path)
    totals = _totals(tmp_path)
    _refresh(totals)
    totals.save()
    inode = (tmp_path / FILE_NAME).stat().st_ino
    _refresh(totals)
    totals.save()
    assert (tmp_path / FILE_NAME).stat().st_ino == inode


def test_what_came_on_a_day_stays_counted_when_it_goes(tmp_path: Path) -> None:
    today_ns = _LATER_NS
    totals = _totals(tmp_path)
    _refresh(totals)
    paths = plant_row(tmp_path, "main", newest_ns=today_ns, count=3, size=_BLOCK, apart_s=1)
    for path in paths:
        totals.written(path, _BLOCK)
    (tmp_path / paths[0]).unlink()
    totals.deleted(paths[0], _BLOCK, 1)
    _refresh(totals)
    assert list(totals.came.values()) == [Came(3, 3 * _BLOCK)]
    plant(tmp_path, "main", today_ns + NS_PER_S, size=_BLOCK)
    _refresh(totals)
    assert list(totals.came.values()) == [Came(4, 4 * _BLOCK)], "one that nobody told of was not seen to come"


def test_what_came_long_ago_is_forgotten(tmp_path: Path) -> None:
    plant(tmp_path, "main", _LATER_NS - 40 * _DAY_NS, size=_BLOCK)
    plant(tmp_path, "main", _LATER_NS - 20 * _DAY_NS, size=_BLOCK)
    totals = _totals(tmp_path)
    _refresh(totals)
    assert len(totals.came) == 1
    assert totals.files == 2
