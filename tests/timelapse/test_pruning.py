"""`timelapse prune`: beside a running recorder, without one, and as a trial."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.errors import EX_CONFIG, EX_IOERR, EX_TEMPFAIL, EX_USAGE
from storage_worker.claim import OutputDirectory
from tests.rig.planted_frames import frames_in, plant_row
from tests.rig.recorder import Recorder
from tests.timelapse.conftest import Command

_DAY_S = 86_400
_RULES = "keep: {all: 3d, every 1d: forever}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration, an archive of ten days with a frame each six hours, and no supervisor."""
    for name in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "nobody"))
    plant_row(tmp_path / "out", "main", newest_ns=_noon_ns(), count=40, apart_s=6 * 3600, size=5000)
    _configure(tmp_path, _RULES)
    return tmp_path


def _noon_ns() -> int:
    return (int(time.time()) // _DAY_S * _DAY_S - _DAY_S // 2) * NS_PER_S


def _configure(place: Path, storage: str) -> None:
    text = f"output_dir: {place}/out\ncameras: {{main: {{source: test}}}}\nstorage:\n  {storage}\n"
    (place / "t.yml").write_text(text)


def _run(command: Command, place: Path, *arguments: str) -> tuple[int, str, str]:
    process = command("--config", place / "t.yml", "prune", *arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_trial_tells_what_would_go_why_and_how_much_it_frees_and_deletes_nothing(place: Path, command: Command) -> None:
    before = {path: path.stat().st_mtime_ns for path in (place / "out").rglob("*")}
    status, out, err = _run(command, place, "--dry-run", "--trust-clock")
    assert (status, err) == (0, "")
    *lines, summary, by_rule = out.splitlines()
    assert {path: path.stat().st_mtime_ns for path in (place / "out").rglob("*")} == before
    assert all(re.fullmatch(r"main/\d{4}/\d\d/\d\d/\S+\.jpg +8 kB  keep", line) for line in lines)
    assert summary.startswith(f"{len(lines)} frames would go and free {len(lines) * 8192 / 1000:.0f} kB")
    assert summary.endswith(f", by {place}/t.yml; nothing was deleted")
    assert by_rule == f"  keep: {len(lines)} frames (no rule of storage.keep keeps it)"


def test_prune_without_a_supervisor_deletes_exactly_what_the_trial_told(place: Path, command: Command) -> None:
    before = frames_in(place / "out")
    told = json.loads(_run(command, place, "--dry-run", "--json", "--trust-clock")[1])
    would_go = {each["path"] for each in told["would_go"]}
    assert (told["frames"], told["bytes"], told["notes"]) == (len(would_go), len(would_go) * 8192, [])
    assert {each["rule"] for each in told["would_go"]} == {"keep"}
    assert 19 <= len(would_go) <= 26
    status, out, err = _run(command, place, "--json", "--trust-clock")
    assert (status, err) == (0, "")
    assert json.loads(out) == {"ok": True, "frames": len(would_go), "bytes": told["bytes"], "detail": ""}
    assert frames_in(place / "out") == before - would_go
    assert json.loads(_run(command, place, "--dry-run", "--json", "--trust-clock")[1])["frames"] == 0


def test_trial_counts_what_goes_for_the_size_after_what_goes_by_its_age(place: Path, command: Command) -> None:
    _configure(place, _RULES + "\n  max_size: 100kB\n  keep_min: 0")
    told = json.loads(_run(command, place, "--dry-run", "--json", "--trust-clock")[1])
    rules = [each["rule"] for each in told["would_go"]]
    assert rules == sorted(rules), "keep before max_size"
    assert rules.count("max_size") == 40 - rules.count("keep") - 99_000 // 8192
    status, out, _ = _run(command, place, "--json", "--trust-clock")
    assert (status, json.loads(out)["frames"]) == (0, len(rules))


def test_prune_without_a_supervisor_leaves_an_archive_alone_that_somebody_else_cleans(
    place: Path, command: Command
) -> None:
    claim = OutputDirectory(place / "out", require_mount=False)
    status, out, err = _run(command, place)
    assert (status, out) == (EX_TEMPFAIL, "")
    assert "is in use by process" in err
    assert claim.path == place / "out"
    assert len(frames_in(place / "out")) == 40


@pytest.mark.parametrize(
    ("storage", "expected", "word"),
    [
        ("clean: false", EX_TEMPFAIL, "storage.clean is false"),
        ("kep: 1", EX_CONFIG, "t.yml:4:3: storage.kep: unknown key"),
    ],
)
def test_prune_that_is_not_to_be_says_why(
    place: Path, command: Command, storage: str, expected: int, word: str
) -> None:
    _configure(place, storage)
    status, out, err = _run(command, place)
    assert (status, out) == (expected, "")
    assert word in err


def test_prune_of_a_directory_that_is_not_there_says_so(place: Path, command: Command) -> None:
    (place / "out").rename(place / "elsewhere")
    status, _, err = _run(command, place, "--dry-run")
    assert status == EX_IOERR
    assert f"{place}/out: there is no such directory" in err
    assert not (place / "out").exists()


def test_prune_beside_a_recorder_is_done_by_its_storage_worker(tmp_path: Path, command: Command) -> None:
    output_dir = tmp_path / "frames"
    plant_row(output_dir, "gone", newest_ns=_noon_ns(), count=30, apart_s=_DAY_S, size=5000)
    config = (
        "cameras: {main: {source: test, resolution: 64x48, interval: 1s}}\nstorage: {max_size: 80kB, keep_min: 1d}\n"
    )
    with Recorder(tmp_path, config, output_dir=output_dir) as recorder:
        recorder.wait_for_frame()
        recorder.log.wait_for(lambda event: event.topic == "worker.ready" and event.data["worker"] == "storage")
        process = command("--runtime-dir", recorder.runtime_dir, "prune", "--json")
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert json.loads(out)["ok"]
        recorder.log.wait_for(lambda event: event.topic == "operation.finished")
        pruned = recorder.log.of("storage.pruned")
        assert {data["rule"] for data in pruned} == {"max_size"}
        left = [path for path in frames_in(output_dir) if path.startswith("gone/")]
        assert len(left) < 15
        assert sum(data["count"] for data in pruned) == 30 - len(left)
        for option in (["--trust-clock"], ["--config", str(recorder.config_path)]):
            process = command("--runtime-dir", recorder.runtime_dir, "prune", *option)
            assert "is for --dry-run and for when no supervisor runs" in process.communicate(timeout=60)[1]
            assert process.returncode == EX_USAGE
        recorder.order("stop", "storage")
        process = command("--runtime-dir", recorder.runtime_dir, "prune")
        assert "storage deletes nothing at present: it is in the state stopped" in process.communicate(timeout=60)[1]
        assert process.returncode == EX_TEMPFAIL
