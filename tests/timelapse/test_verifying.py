"""`timelapse frames --verify`: the damaged frames, each by its path, and nothing is changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capture_worker.cameras.scene import render
from capture_worker.checksum import checksum_of
from capture_worker.encode import encode_jpeg
from capture_worker.verify import verified
from shared.clock import NS_PER_S
from shared.errors import BusyError
from shared.verifying import ToVerify
from tests.rig.planted_frames import plant
from tests.rig.zone import utc_ns, zone
from tests.storage_worker.ledger.conftest import Kept
from timelapse.cli import main
from timelapse.verifying import Verifier

JPEG = encode_jpeg(render(0, 320, 240), 90)
START_NS = utc_ns("2026-06-01T10:00:00")


@pytest.fixture
def frames(tmp_path: Path) -> list[Path]:
    """Five whole ones, ten seconds apart."""
    paths = [tmp_path / "out" / plant(tmp_path / "out", "main", START_NS + n * 10 * NS_PER_S) for n in range(5)]
    for path in paths:
        path.write_bytes(JPEG)
    (tmp_path / "timelapse.yml").write_text(f"output_dir: {tmp_path}/out\ncameras: {{main: {{source: test}}}}\n")
    return paths


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """One command; its status and output."""
    status = main(["frames", *arguments, "--config", str(tmp_path / "timelapse.yml")])
    return status, capsys.readouterr().out


@pytest.mark.usefixtures("frames")
def test_verify_of_whole_frames_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, capsys, "--verify") == (0, "5 frames looked at, all whole\n")
    assert run(tmp_path, capsys, "--verify", "2020") == (69, "no frame to look at\n")


def test_verify_reports_each_damaged_frame_and_leaves_it(
    tmp_path: Path, frames: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    frames[1].write_bytes(JPEG[:-500])
    frames[3].write_bytes(b"")
    with zone("UTC"):
        status, text = run(tmp_path, capsys, "--verify")
        assert (status, [line.partition(": ")[0] for line in text.splitlines()]) == (
            1,
            [str(frames[1]), str(frames[3]), "5 frames looked at, 2 damaged"],
        )
        assert run(tmp_path, capsys, "--verify", "-0") == (1, f"{frames[1]}\0{frames[3]}\0")
        assert run(tmp_path, capsys, "--verify", "2026-06-01 10:00:10..2026-06-01 10:00:20")[0] == 1
        assert run(tmp_path, capsys, "--verify", "2026-06-01 10:00:20")[0] == 0
        found = json.loads(run(tmp_path, capsys, "--verify", "--json")[1].splitlines()[0])
    assert found == {
        "path": str(frames[1].relative_to(tmp_path / "out")),
        "camera": "main",
        "slot_ns": START_NS + 10 * NS_PER_S,
        "take": 1,
        "problem": "it has no end: it was cut off",
    }
    assert all(path.exists() for path in frames)


def test_verify_finds_a_flipped_bit_by_the_checksum_in_the_ledger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Kept(tmp_path / "out", tmp_path)
    kept.work()
    paths = [kept.written(number, size=len(JPEG), checksum=checksum_of(JPEG)) for number in range(2)]
    kept.work()
    kept.close()
    (tmp_path / "timelapse.yml").write_text(f"output_dir: {tmp_path}/out\ncameras: {{main: {{source: test}}}}\n")
    bit = next(at for at in range(2000, len(JPEG)) if _decodes(tmp_path, _flipped(at)))
    (tmp_path / "out" / paths[0]).write_bytes(JPEG)
    (tmp_path / "out" / paths[1]).write_bytes(_flipped(bit))
    status, text = run(tmp_path, capsys, "--verify", "--json")
    assert status == 1
    assert [json.loads(line)["path"] for line in text.splitlines()] == [paths[1]]
    assert "not those that were written" in text


def test_verifier_comes_last_in_the_machine(tmp_path: Path) -> None:
    with Verifier() as verifier:
        assert verifier.look(ToVerify(str(tmp_path / "none.jpg"))).gone
        pid = verifier._process.pid
        assert os.getpriority(os.PRIO_PROCESS, pid) == 19
        assert os.sched_getscheduler(pid) == os.SCHED_IDLE
    assert verifier._process.returncode is not None


def test_verifier_whose_process_has_ended_says_so() -> None:
    with Verifier() as verifier:
        verifier._process.kill()
        verifier._process.wait()
        with pytest.raises(BusyError, match=r"has ended .* at /none.jpg"):
            verifier.look(ToVerify("/none.jpg"))


@pytest.mark.usefixtures("frames")
def test_verify_draws_its_progress_on_a_terminal_only(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "timelapse", "frames", "--verify", "--config", str(tmp_path / "timelapse.yml")]
    quiet = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (quiet.stdout, quiet.stderr) == ("5 frames looked at, all whole\n", "")
    seen = subprocess.run(
        ["script", "-qec", " ".join(command), "/dev/null"], capture_output=True, text=True, check=True
    )
    assert "of 5 frames, 0 damaged" in seen.stdout


def _flipped(at: int) -> bytes:
    return JPEG[:at] + bytes([JPEG[at] ^ 1]) + JPEG[at + 1 :]


def _decodes(tmp_path: Path, data: bytes) -> bool:
    path = tmp_path / "one.jpg"
    path.write_bytes(data)
    return not verified(ToVerify(str(path))).problem
