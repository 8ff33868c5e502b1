"""What is found wrong with a stored frame, and that a whole one passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_worker.cameras.scene import render
from capture_worker.checksum import checksum_of
from capture_worker.encode import encode_jpeg
from capture_worker.verify import verified
from shared.verifying import ToVerify, Verified

JPEG = encode_jpeg(render(0, 320, 240), 90)
RAW = bytes(range(256)) * 40
TOLD = ToVerify("", len(JPEG), 0, checksum_of(JPEG))
UNTOLD = ToVerify("")


def look(tmp_path: Path, data: bytes, told: ToVerify, raw: bytes | None = None) -> Verified:
    """What is found of a frame with this content."""
    path = tmp_path / "20260601T120000.000+0000.jpg"
    path.write_bytes(data)
    if raw is not None:
        path.with_suffix(".dng").write_bytes(raw)
    return verified(ToVerify(str(path), told.bytes, told.raw_bytes, told.checksum))


def changed(data: bytes, at: int, by: bytes) -> bytes:
    """With other bytes in a place."""
    return data[:at] + by + data[at + len(by) :]


@pytest.mark.parametrize("told", [TOLD, UNTOLD])
def test_whole_frame_has_no_problem(tmp_path: Path, told: ToVerify) -> None:
    assert look(tmp_path, JPEG, told) == Verified()


@pytest.mark.parametrize(
    "data", [b"", JPEG[:-1000], b"\0" * len(JPEG), changed(JPEG, len(JPEG) // 2, b"\xa5" * 512), JPEG[: len(JPEG) // 2]]
)
@pytest.mark.parametrize("told", [TOLD, UNTOLD])
def test_torn_or_overwritten_frame_is_found_with_a_ledger_and_without(
    tmp_path: Path, data: bytes, told: ToVerify
) -> None:
    assert look(tmp_path, data, told).problem


def test_every_single_bit_that_has_flipped_is_found_by_the_checksum(tmp_path: Path) -> None:
    """A strict decode alone lets most of them pass."""
    passed = 0
    for bit in range(0, len(JPEG) * 8, 4999):
        data = changed(JPEG, bit // 8, bytes([JPEG[bit // 8] ^ 1 << bit % 8]))
        passed += not look(tmp_path, data, UNTOLD).problem
        assert look(tmp_path, data, TOLD).problem
    assert passed > 0


def test_frame_that_is_gone_is_no_damage(tmp_path: Path) -> None:
    assert verified(ToVerify(str(tmp_path / "none.jpg"))) == Verified(gone=True)


def test_frame_that_can_not_be_read_is_damage(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    assert "can't be read" in verified(ToVerify(str(tmp_path / "a.jpg"))).problem


def test_raw_file_counts_in_size_and_checksum(tmp_path: Path) -> None:
    told = ToVerify("", len(JPEG), len(RAW), checksum_of(JPEG, RAW))
    assert look(tmp_path, JPEG, told, RAW) == Verified()
    assert "raw file" in look(tmp_path, JPEG, told, changed(RAW, 77, b"\xff")).problem
    assert "its raw file: 10 bytes" in look(tmp_path, JPEG, told, RAW[:10]).problem
    (tmp_path / "20260601T120000.000+0000.dng").unlink()
    assert look(tmp_path, JPEG, told).problem == "its raw file is gone"
