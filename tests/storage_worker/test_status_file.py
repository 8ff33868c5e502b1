"""`.status.json` is whole, at most once a second, and the last of it is never lost."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from storage_worker.status_file import StatusFile, as_json
from tests.rig.small_disk import fill, tmpfs


def test_status_when_offered_first_is_due_at_once_and_then_written(tmp_path: Path) -> None:
    status = StatusFile(tmp_path)
    assert status.due_mono_ns is None
    status.offer({"schema": 1})
    due_ns = status.due_mono_ns
    assert due_ns is not None
    status.write(due_ns)
    assert json.loads((tmp_path / ".status.json").read_bytes()) == {"schema": 1}
    assert status.due_mono_ns is None
    assert [path.name for path in tmp_path.iterdir()] == [".status.json"]


def test_status_within_the_same_second_is_due_after_it_with_the_last(tmp_path: Path) -> None:
    status, now_ns = StatusFile(tmp_path), 100 * NS_PER_S
    status.offer({"seq": 1})
    status.write(now_ns)
    status.offer({"seq": 2})
    status.offer({"seq": 3})
    assert status.due_mono_ns == now_ns + NS_PER_S
    status.write(now_ns + NS_PER_S)
    assert json.loads((tmp_path / ".status.json").read_bytes()) == {"seq": 3}


def test_status_without_news_is_not_written_again(tmp_path: Path) -> None:
    status = StatusFile(tmp_path)
    status.write(0)
    assert not (tmp_path / ".status.json").exists()


def test_status_over_leftovers_and_links_replaces_them(tmp_path: Path) -> None:
    (tmp_path / ".status.json.new").write_bytes(b"left by a power cut")
    (tmp_path / "elsewhere").write_bytes(b"not ours")
    (tmp_path / ".status.json").symlink_to(tmp_path / "elsewhere")
    status = StatusFile(tmp_path)
    status.offer({"seq": 1})
    status.write(0)
    assert not (tmp_path / ".status.json").is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == b"not ours"


def test_status_in_the_file_is_for_people_too() -> None:
    assert as_json({"a": {"b": 1}}) == b'{\n  "a": {\n    "b": 1\n  }\n}\n'


@pytest.mark.root
def test_status_on_a_full_disk_waits_with_the_old_one_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with tmpfs(tmp_path / "disk", size="1m") as disk:
        status = StatusFile(disk)
        status.offer({"seq": 1})
        status.write(0)
        fill(disk)
        status.offer({"seq": 2, "text": "x" * 5000})
        for second in range(1, 5):
            assert status.due_mono_ns == second * NS_PER_S
            status.write(second * NS_PER_S)
        assert json.loads((disk / ".status.json").read_bytes()) == {"seq": 1}
        assert not (disk / ".status.json.new").exists()
        assert len(caplog.messages) == 1
        (disk / "filler").unlink()
        status.write(5 * NS_PER_S)
        assert json.loads((disk / ".status.json").read_bytes())["seq"] == 2
        assert status.due_mono_ns is None
