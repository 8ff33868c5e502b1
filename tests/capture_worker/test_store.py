"""Frames on the disk: whole under their names or not there at all, and none ever replaced."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from capture_worker import store as store_module
from capture_worker.store import TEMPORARY, FrameStore
from shared.clock import NS_PER_S
from shared.durable import move_without_replacing
from shared.frame_name import FrameName
from tests.rig import small_disk
from tests.rig.planted_frames import frames_in
from tests.rig.zone import zone

_SLOT_NS = 1_795_422_930 * NS_PER_S
_JPEG = b"\xff\xd8" + b"picture" * 1000 + b"\xff\xd9"
_RAW = b"II*\x00" + b"raw" * 10_000


@pytest.fixture
def store(tmp_path: Path) -> FrameStore:
    store = FrameStore(tmp_path / "main")
    store.prepare()
    return store


def _write_for_ever(store: FrameStore, jpeg: bytes, stored: list[FrameName]) -> None:
    while True:
        stored.append(store.write(_SLOT_NS + len(stored) * NS_PER_S, jpeg))


def _everything_below(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()}


def test_write_puts_the_frame_under_its_name_and_leaves_nothing_else(tmp_path: Path, store: FrameStore) -> None:
    name = store.write(_SLOT_NS, _JPEG)
    assert name == FrameName(_SLOT_NS, 1)
    assert _everything_below(tmp_path / "main") == {name.path()}
    assert (tmp_path / "main" / name.path()).read_bytes() == _JPEG


def test_write_of_a_slot_whose_name_is_taken_is_the_next_take(tmp_path: Path, store: FrameStore) -> None:
    frames = [store.write(_SLOT_NS, _JPEG + bytes([take])) for take in range(4)]
    assert frames == [FrameName(_SLOT_NS, take) for take in (1, 2, 3, 4)]
    contents = [(tmp_path / "main" / frame.path()).read_bytes() for frame in frames]
    assert contents == [_JPEG + bytes([take]) for take in range(4)]
    (tmp_path / "main" / frames[1].path()).unlink()
    assert store.write(_SLOT_NS, _JPEG).take == 2, "the first name that is free"


@pytest.mark.parametrize("taken_by", ["a directory", "a dangling link"])
def test_name_is_taken_by_whatever_is_there(tmp_path: Path, store: FrameStore, taken_by: str) -> None:
    place = tmp_path / "main" / FrameName(_SLOT_NS).path()
    place.parent.mkdir(parents=True)
    if taken_by == "a directory":
        place.mkdir()
    else:
        place.symlink_to("nowhere")
    assert store.write(_SLOT_NS, _JPEG).take == 2
    assert place.is_symlink() or place.is_dir()


def _noted_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced and moved from now on, in order."""
    steps: list[str] = []
    fsync, move = os.fsync, move_without_replacing

    def note_sync(fd: int) -> None:
        fsync(fd)
        steps.append(f"sync {Path(f'/proc/self/fd/{fd}').readlink().relative_to(tmp_path)}")

    def note_move(source: Path, target: Path) -> None:
        move(source, target)
        steps.append(f"move to {target.relative_to(tmp_path)}")

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(store_module, "move_without_replacing", note_move)
    return steps


def test_frame_is_on_the_disk_before_its_name_and_its_name_before_write_returns(
    tmp_path: Path, store: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that a power cut at any moment demands. Each descriptor's path is read when it is synced."""
    steps = _noted_steps(tmp_path, monkeypatch)
    path = "main/" + store.write(_SLOT_NS, _JPEG).path()
    year, month, day = path[:9], path[:12], path[:15]
    assert steps == [
        f"sync main/{TEMPORARY}/frame.jpg",
        "sync main",
        f"sync {year}",
        f"sync {month}",
        f"move to {path}",
        f"sync {day}",
    ]


def test_raw_file_is_on_the_disk_and_under_its_name_before_its_frame(
    tmp_path: Path, store: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = _noted_steps(tmp_path, monkeypatch)
    name = store.write(_SLOT_NS, _JPEG, _RAW)
    path = "main/" + name.path()
    assert [step for step in steps if not step.startswith("sync main/2") or step.count("/") == 3] == [
        f"sync main/{TEMPORARY}/frame.dng",
        f"sync main/{TEMPORARY}/frame.jpg",
        "sync main",
        f"move to {path[:-4]}.dng",
        f"move to {path}",
        f"sync {path[:15]}",
    ]
    assert _everything_below(tmp_path / "main") == {name.path(), name.path()[:-4] + ".dng"}
    assert (tmp_path / path).read_bytes() == _JPEG
    assert (tmp_path / path).with_suffix(".dng").read_bytes() == _RAW


@pytest.mark.parametrize("raw", [None, _RAW])
@pytest.mark.parametrize("there", [".jpg", ".dng"])
def test_name_is_taken_by_a_frame_and_by_a_raw_file_alone(
    tmp_path: Path, store: FrameStore, there: str, raw: bytes | None
) -> None:
    """A frame must never seem to have been made of a raw file that is another's."""
    taken = (tmp_path / "main" / FrameName(_SLOT_NS).path()).with_suffix(there)
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"theirs")
    assert store.write(_SLOT_NS, _JPEG, raw).take == 2
    assert taken.read_bytes() == b"theirs"
    assert len(_everything_below(tmp_path / "main")) == (2 if raw is None else 3)


class _Killed(BaseException):
    """As SIGKILL: nothing of ours runs after it."""


def test_process_that_ends_between_raw_file_and_frame_leaves_both_to_the_next(
    tmp_path: Path, store: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[Path] = []

    def end_after_the_first(source: Path, target: Path) -> None:
        if moved:
            raise _Killed
        move_without_replacing(source, target)
        moved.append(target)

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "move_without_replacing", end_after_the_first)
        with zone("Pacific/Kiritimati"), pytest.raises(_Killed):
            store.write(_SLOT_NS, _JPEG, _RAW)
    assert [path.suffix for path in moved] == [".dng"]
    frame = moved[0].with_suffix(".jpg")
    assert not frame.exists()
    with zone("America/New_York"):
        FrameStore(tmp_path / "main").prepare()
    assert (frame.read_bytes(), moved[0].read_bytes()) == (_JPEG, _RAW)
    assert len(_everything_below(tmp_path / "main")) == 2


def test_process_that_ends_before_the_raw_file_has_its_name_leaves_nothing(
    tmp_path: Path, store: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(_source: Path, _target: Path) -> None:
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "move_without_replacing", end)
        with pytest.raises(_Killed):
            store.write(_SLOT_NS, _JPEG, _RAW)
    store.prepare()
    assert _everything_below(tmp_path / "main") == set()


def test_frame_left_in_the_way_of_one_that_is_there_is_dropped(tmp_path: Path, store: FrameStore) -> None:
    name = store.write(_SLOT_NS, _JPEG, _RAW)
    (tmp_path / "main" / TEMPORARY / Path(name.path()).name).write_bytes(b"another")
    store.prepare()
    assert (tmp_path / "main" / name.path()).read_bytes() == _JPEG
    assert len(_everything_below(tmp_path / "main")) == 2


def test_frame_left_that_can_not_be_finished_is_dropped_with_its_raw_file(
    tmp_path: Path, store: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = store.write(_SLOT_NS, _JPEG, _RAW)
    frame = tmp_path / "main" / name.path()
    frame.rename(tmp_path / "main" / TEMPORARY / frame.name)

    def fail(_source: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store_module, "move_without_replacing", fail)
    store.prepare()
    assert _everything_below(tmp_path / "main") == set()


@pytest.mark.parametrize("fails_at", [1, 2])
def test_move_that_fails_leaves_neither_frame_nor_raw_file(
    tmp_path: Path, store: FrameStore, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    moves = 0

    def fail(source: Path, target: Path) -> None:
        nonlocal moves
        moves += 1
        if moves == fails_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        move_without_replacing(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "move_without_replacing", fail)
        with pytest.raises(OSError, match="No space left"):
            store.write(_SLOT_NS, _JPEG, _RAW)
    assert _everything_below(tmp_path / "main") == set()
    assert store.write(_SLOT_NS, _JPEG, _RAW).take == 1


def test_frame_with_a_raw_file_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", size="1m") as disk:
        store = FrameStore(disk / "main")
        store.prepare()
        for jpeg, raw in ((b"x" * (2 << 20), _RAW), (_JPEG, b"x" * (2 << 20))):
            with pytest.raises(OSError, match="No space left"):
                store.write(_SLOT_NS, jpeg, raw)
            assert _everything_below(disk) == set()
        assert store.write(_SLOT_NS, _JPEG, _RAW).take == 1


def test_prepare_removes_what_was_left_half_written_and_nothing_else(tmp_path: Path, store: FrameStore) -> None:
    kept = store.write(_SLOT_NS, _JPEG)
    temporary = tmp_path / "main" / TEMPORARY
    (temporary / "frame.jpg").write_bytes(_JPEG[:10])
    (temporary / "other").write_bytes(b"")
    (temporary / "link").symlink_to(tmp_path / "main" / kept.path())
    FrameStore(tmp_path / "main").prepare()
    assert _everything_below(tmp_path / "main") == {kept.path()}
    assert temporary.is_dir()


def test_write_after_a_half_written_frame_is_whole(tmp_path: Path, store: FrameStore) -> None:
    (tmp_path / "main" / TEMPORARY / "frame.jpg").write_bytes(b"x" * 100_000)
    assert (tmp_path / "main" / store.write(_SLOT_NS, _JPEG).path()).read_bytes() == _JPEG


def test_prepare_leaves_directories_of_others_alone(tmp_path: Path, store: FrameStore) -> None:
    """A NAS makes them everywhere; one must not keep a camera from recording."""
    theirs = tmp_path / "main" / TEMPORARY / "@eaDir" / "thumbnail"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    store.prepare()
    store.write(_SLOT_NS, _JPEG)
    assert theirs.read_bytes() == b"theirs"


def test_write_on_a_full_disk_leaves_nothing_and_the_next_one_succeeds(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", size="1m") as disk:
        store = FrameStore(disk / "main")
        store.prepare()
        with pytest.raises(OSError, match="No space left") as caught:
            store.write(_SLOT_NS, b"x" * (2 << 20))
        assert caught.value.errno == errno.ENOSPC
        assert _everything_below(disk) == set()
        assert store.write(_SLOT_NS, _JPEG).take == 1


def test_write_without_an_inode_to_spare_leaves_nothing(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", inodes=6) as disk:
        store = FrameStore(disk / "main")
        store.prepare()
        # The temporary file finds an inode; the directories of the day do not.
        with pytest.raises(OSError, match="No space left"):
            store.write(_SLOT_NS, _JPEG)
        assert _everything_below(disk) == set()


def test_write_on_an_ext4_that_fills_stores_whole_frames_or_none(tmp_path: Path) -> None:
    with small_disk.ext4(tmp_path / "disk", tmp_path / "image", size_mb=8) as disk:
        store = FrameStore(disk / "main")
        store.prepare()
        stored: list[FrameName] = []
        with pytest.raises(OSError, match="No space left"):
            _write_for_ever(store, _JPEG * 20, stored)
        sizes = {frame: (disk / frame).stat().st_size for frame in frames_in(disk)}
        assert len(stored) > 5
        assert sizes == {f"main/{frame.path()}": len(_JPEG) * 20 for frame in stored}


def test_write_on_a_read_only_disk_raises_and_leaves_what_is_there(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk") as disk:
        store = FrameStore(disk / "main")
        store.prepare()
        kept = store.write(_SLOT_NS, _JPEG)
        small_disk.remount(disk, "ro")
        with pytest.raises(OSError, match="Read-only") as caught:
            store.write(_SLOT_NS + NS_PER_S, _JPEG)
        assert caught.value.errno == errno.EROFS
        assert _everything_below(disk) == {f"main/{kept.path()}"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("raw", [None, _RAW])
def test_frame_whose_directory_can_not_be_synced_is_not_left_behind(
    tmp_path: Path, store: FrameStore, monkeypatch: pytest.MonkeyPatch, code: int, raw: bytes | None
) -> None:
    """It would be told as a miss, and stand there all the same."""
    store.write(_SLOT_NS, _JPEG)

    def fail(_path: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(store_module, "sync_directory", fail)
    with pytest.raises(OSError, match=os.strerror(code)):
        store.write(_SLOT_NS + NS_PER_S, _JPEG, raw)
    assert _everything_below(tmp_path / "main") == {FrameName(_SLOT_NS).path()}


def test_write_after_its_directories_were_deleted_raises_and_prepare_mends_it(
    tmp_path: Path, store: FrameStore
) -> None:
    (tmp_path / "main" / TEMPORARY).rmdir()
    with pytest.raises(FileNotFoundError):
        store.write(_SLOT_NS, _JPEG)
    store.prepare()
    assert store.write(_SLOT_NS, _JPEG).take == 1
