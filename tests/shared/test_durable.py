"""Files that are whole or not there: under kill -9, on a full disk, and on file systems that can do less."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import durable
from tests.rig import small_disk
from tests.rig.odd_disk import odd_disk

_DISKS = ["ext4", "tmpfs", "vfat", "ntfs-3g", "fusefat", "without renameat2", "without renameat2 and link"]
ROOT = Path(__file__).resolve().parents[2]
WRITER = """
import hashlib, os, sys
from pathlib import Path
from shared.durable import move_without_replacing, replace_file, write_synced
directory, number = Path(sys.argv[1]), int(sys.argv[2])
# SIGKILL takes nothing from the page cache: without the waiting for the disk it strikes while writing, mostly.
os.fsync = lambda fd: None
data = os.urandom(1_000_000)
data += hashlib.blake2b(data).digest()
while True:
    number += 1
    os.write(1, b".")
    write_synced(directory / "temporary", data)
    move_without_replacing(directory / "temporary", directory / f"{number}.final")
    replace_file(directory / "status.final", data)
    (directory / f"{number - 2}.final").unlink(missing_ok=True)
"""


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reaches the disk from now on, in order: the path behind each descriptor that is synced."""
    paths: list[str] = []
    fsync = os.fsync

    def note(fd: int) -> None:
        fsync(fd)
        paths.append(str(Path(f"/proc/self/fd/{fd}").readlink()))

    monkeypatch.setattr(os, "fsync", note)
    return paths


@pytest.fixture(params=_DISKS)
def any_disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory on each kind of file system, and on one that is made to lack what they have."""
    kind = request.param
    if kind.startswith("without renameat2"):
        monkeypatch.setattr(durable, "_rename_noreplace", lambda *_names: False)
        if kind.endswith("link"):
            monkeypatch.setattr(durable, "_link_and_unlink", lambda *_names: False)
        yield tmp_path
    elif kind == "ext4":
        yield tmp_path
    elif kind == "tmpfs":
        with small_disk.tmpfs(tmp_path / "disk") as disk:
            yield disk
    else:
        with odd_disk(kind, tmp_path) as disk:
            yield disk


def test_replace_file_gives_the_new_content_and_leaves_nothing_else(tmp_path: Path, synced: list[str]) -> None:
    path = tmp_path / "status.json"
    for content in (b"", b"one", b"two" * 100_000):
        durable.replace_file(path, content)
        assert path.read_bytes() == content
    assert [entry.name for entry in tmp_path.iterdir()] == ["status.json"]
    assert synced == [f"{path}.new"] * 3


def test_replace_file_of_a_link_replaces_the_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "status.json").symlink_to(tmp_path / "target")
    durable.replace_file(tmp_path / "status.json", b"new")
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert not (tmp_path / "status.json").is_symlink()


def test_replace_file_on_a_full_disk_leaves_the_old_content_alone(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", size="1m") as disk:
        durable.replace_file(disk / "status.json", b"old")
        with pytest.raises(OSError, match="No space left") as caught:
            durable.replace_file(disk / "status.json", b"x" * (2 << 20))
        assert caught.value.errno == errno.ENOSPC
        assert {entry.name: entry.read_bytes() for entry in disk.iterdir()} == {"status.json": b"old"}


def test_replace_file_on_a_read_only_disk_raises_and_changes_nothing(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk") as disk:
        durable.replace_file(disk / "status.json", b"old")
        small_disk.remount(disk, "ro")
        with pytest.raises(OSError, match="Read-only"):
            durable.replace_file(disk / "status.json", b"new")
        assert (disk / "status.json").read_bytes() == b"old"


def test_write_synced_waits_for_the_disk(tmp_path: Path, synced: list[str]) -> None:
    durable.write_synced(tmp_path / "frame.jpg", b"jpeg")
    assert synced == [str(tmp_path / "frame.jpg")]
    assert (tmp_path / "frame.jpg").read_bytes() == b"jpeg"


def test_write_synced_does_not_write_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "frame.jpg").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        durable.write_synced(tmp_path / "frame.jpg", b"jpeg")
    assert (tmp_path / "target").read_bytes() == b"precious"


def test_files_of_a_killed_writer_are_whole_under_their_final_names(tmp_path: Path) -> None:
    wait = random.Random(5)
    for kill in range(12):
        command = [sys.executable, "-S", "-c", WRITER, str(tmp_path), str(kill * 1_000_000)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.read(3) == b"..."
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(wait.random() * 0.02)
            writer.kill()
        finals = list(tmp_path.glob("*.final"))
        assert len(finals) > kill + 1
        assert [final.name for final in finals if not _is_whole(final.read_bytes())] == []


def test_move_to_a_free_name_moves(any_disk: Path) -> None:
    (any_disk / "source").write_bytes(b"new")
    durable.move_without_replacing(any_disk / "source", any_disk / "target")
    assert {entry.name: entry.read_bytes() for entry in any_disk.glob("[st]*")} == {"target": b"new"}


def test_move_to_a_name_that_is_taken_replaces_nothing(any_disk: Path) -> None:
    source = any_disk / "source"
    source.write_bytes(b"new")
    (any_disk / "file").write_bytes(b"old")
    (any_disk / "empty").write_bytes(b"")
    (any_disk / "directory").mkdir()
    with contextlib.suppress(OSError):  # FAT has no links
        (any_disk / "link").symlink_to("file")
        (any_disk / "dangling").symlink_to("nowhere")
    before = {entry.name: entry.lstat()[:2] for entry in any_disk.iterdir()}
    for target in before.keys() - {"source"}:
        with pytest.raises(FileExistsError):
            durable.move_without_replacing(source, any_disk / target)
    assert {entry.name: entry.lstat()[:2] for entry in any_disk.iterdir()} == before
    assert (source.read_bytes(), (any_disk / "file").read_bytes()) == (b"new", b"old")


def test_move_of_what_is_not_there_raises(any_disk: Path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.move_without_replacing(any_disk / "source", any_disk / "target")
    assert not (any_disk / "target").exists()


@pytest.mark.parametrize("by", ["renameat2", "link"])
def test_move_by_many_at_once_lets_exactly_one_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    if by == "link":
        monkeypatch.setattr(durable, "_rename_noreplace", lambda *_names: False)
    for attempt in range(60):
        target = tmp_path / f"target{attempt}"
        moved: list[str] = []
        sources = [tmp_path / f"source{number}" for number in range(4)]
        together = threading.Barrier(len(sources))
        threads = [threading.Thread(target=_move, args=(source, target, together, moved)) for source in sources]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [target.read_text()] == moved


def test_make_directories_makes_each_durable_in_its_parent(tmp_path: Path, synced: list[str]) -> None:
    durable.make_directories(tmp_path / "2026/06/15")
    assert (tmp_path / "2026/06/15").is_dir()
    assert synced == [str(tmp_path), str(tmp_path / "2026"), str(tmp_path / "2026/06")]


def test_make_directories_again_does_nothing(tmp_path: Path, synced: list[str]) -> None:
    durable.make_directories(tmp_path)
    assert synced == []


def test_make_directories_where_a_file_is_raises(tmp_path: Path) -> None:
    (tmp_path / "2026").write_bytes(b"")
    with pytest.raises(OSError, match="2026"):
        durable.make_directories(tmp_path / "2026/06")
    with pytest.raises(OSError, match="2026"):
        durable.make_directories(tmp_path / "2026")


@pytest.mark.parametrize(("code", "raises"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_sync_directory_that_fails_raises_unless_it_can_not_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, raises: bool
) -> None:
    def fail(_fd: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    descriptors = _open_descriptors()
    if raises:
        with pytest.raises(OSError, match=os.strerror(code)):
            durable.sync_directory(tmp_path)
    else:
        durable.sync_directory(tmp_path)
    assert _open_descriptors() == descriptors


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _is_whole(data: bytes) -> bool:
    return len(data) == 1_000_064 and hashlib.blake2b(data[:-64]).digest() == data[-64:]


def _move(source: Path, target: Path, together: threading.Barrier, moved: list[str]) -> None:
    source.write_text(source.name)
    together.wait()
    with contextlib.suppress(FileExistsError):
        durable.move_without_replacing(source, target)
        moved.append(source.name)
