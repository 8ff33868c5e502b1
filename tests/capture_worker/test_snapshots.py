"""Snapshots beside the grid: a slot comes first, whoever asked is answered once, and no snapshot is told as a slot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from capture_worker.cameras.base import Frame
from capture_worker.request import Request
from capture_worker.results import NotTaken, Saved, Taken
from shared.clock import NS_PER_MS
from shared.messages import Snapshot
from tests.rig.scene_jpeg import SceneJpeg
from tests.rig.still_worker import SessionBench, slot

_JPEG = SceneJpeg((64, 48)).at(0)


def _bench(directory: Path, **camera: Any) -> SessionBench:
    bench = SessionBench(directory, **camera)
    bench.open()
    bench.shoot_slot(0)
    return bench


def _order(bench: SessionBench, operation: str = "a") -> None:
    bench.worker.link.configures.append(Snapshot(operation=operation))
    bench.turn()
    # Orders are read at the end of a turn.
    bench.turn()


def _taken(bench: SessionBench, request: Request) -> Taken:
    assert bench.session._place.claim(request)
    return Taken(request.slot_ns, Frame(bench.clock.wall, bench.clock.mono, jpeg=_JPEG), 0, 0)


def _saved(bench: SessionBench) -> Saved:
    """What the saver's thread hands back: a real file."""
    while True:
        for result in bench.session._inbox.taken():
            assert isinstance(result, Saved)
            return result


def test_snapshot_with_time_before_the_slot_is_asked_for_at_once_and_is_no_slot(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    _order(bench)
    request = bench.asked()
    assert request is not None
    assert request.slot_ns % NS_PER_MS != 0, "no slot is ever there"
    bench.give(_taken(bench, request))
    bench.turn()
    saved = _saved(bench)
    bench.give(saved)
    bench.turn()
    assert bench.worker.answers == [("a", saved.path, "")]
    assert Path(saved.path).read_bytes().startswith(b"\xff\xd8")
    assert Path(saved.path).is_relative_to(tmp_path / "snapshots"), "in the runtime directory"
    bench.shoot_slot(1)
    assert bench.flushed() == [(slot(0), "frame"), (slot(1), "frame")]


def test_snapshot_shortly_before_a_slot_is_the_slot_s_own_picture(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    bench.go_to(slot(1) - 2_000 * NS_PER_MS)
    _order(bench, "a")
    _order(bench, "b")
    assert bench.asked() is None
    bench.go_to(slot(1))
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert request.slot_ns == slot(1)
    bench.give(_taken(bench, request))
    bench.turn()
    saved = _saved(bench)
    assert saved.operations == ("a", "b")
    bench.give(bench.stored())
    bench.turn()
    assert bench.flushed() == [(slot(0), "frame"), (slot(1), "frame")]


def test_snapshot_that_the_camera_has_not_begun_makes_way_for_a_slot(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    _order(bench)
    bench.go_to(slot(1))
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert request.slot_ns == slot(1)
    bench.give(_taken(bench, request))
    bench.turn()
    assert _saved(bench).operations == ("a",)


def test_snapshot_that_was_stale_is_asked_for_again(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    _order(bench)
    first = bench.asked()
    assert first is not None
    assert bench.session._place.claim(first)
    bench.clock.advance(0.1)
    bench.give(NotTaken(first.slot_ns, "stale", "old"))
    bench.turn()
    second = bench.asked()
    assert second is not None
    assert second.slot_ns > first.slot_ns
    assert bench.flushed() == [(slot(0), "frame")], "a snapshot is no miss"


def test_snapshot_that_the_camera_never_gives_is_refused_within_a_minute(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    _order(bench)
    for _ in range(60):
        assert bench.worker.answers == []
        bench.clock.advance(1.0)
        bench.turn()
    assert bench.worker.answers == [("a", "", "the camera gave no picture within 60 s")]
    assert bench.session._snapshots.due_ns() is None


def test_snapshot_while_slots_are_refused_is_taken_between_them(tmp_path: Path) -> None:
    """A full disk ends recording, but not what a person can see."""
    bench = _bench(tmp_path, interval_ms=2_000)
    bench.session._gate.stop_above_percent = 0.0
    _order(bench)
    assert bench.asked() is None, "the next slot may have a picture"
    bench.clock.advance(5.0)
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert request.slot_ns % NS_PER_MS != 0


def test_new_snapshot_replaces_the_file_that_nobody_took_away(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    for operation in ("a", "b"):
        _order(bench, operation)
        request = bench.asked()
        assert request is not None
        bench.give(_taken(bench, request))
        bench.turn()
        bench.give(_saved(bench))
        bench.turn()
    assert [file.name for file in (tmp_path / "snapshots").iterdir()] == ["main.b.jpg"]


def test_damaged_picture_is_no_snapshot(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    _order(bench)
    request = bench.asked()
    assert request is not None
    assert bench.session._place.claim(request)
    bench.give(Taken(request.slot_ns, Frame(bench.clock.wall, bench.clock.mono, jpeg=_JPEG[:-100]), 0, 0))
    bench.turn()
    saved = _saved(bench)
    assert saved.path == ""
    assert "damaged" in saved.problem
