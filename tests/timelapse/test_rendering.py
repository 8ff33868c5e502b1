"""`timelapse render`: with a supervisor and without, with a ledger and without, and what it would be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from shared.status import Status
from tests.rig.gray_frames import jpeg_of, level_of, record, seen
from tests.rig.scripted_supervisor import ROOT, ScriptedSupervisor
from tests.rig.status_values import plain, status
from tests.rig.zone import utc_ns
from tests.storage_worker.ledger.conftest import Kept
from timelapse.cli import main

Run = Callable[..., tuple[int, str, str]]
NUMBERS = [number for number in range(20) if number not in {7, 8, 9}]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in a directory of its own: its status, what it said, and what it complained of."""
    for name in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "nobody"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "t.yml").write_text(f"output_dir: {tmp_path}/out\ncameras: {{main: {{source: test, interval: 10s}}}}\n")

    def command(*words: str, config: bool = True) -> tuple[int, str, str]:
        capsys.readouterr()
        ended = main(["render", *words, *(["--config", str(tmp_path / "t.yml")] if config else [])])
        told = capsys.readouterr()
        return ended, told.out, told.err

    return command


def complaints(err: str) -> list[str]:
    """What was said apart from how far it is, which a busy machine has time to say."""
    stages = tuple(f"timelapse: {words}" for words in ("choosing", "measuring", "rendering", "finishing"))
    return [line for line in err.splitlines() if not line.startswith(stages)]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with a ledger, which knows why three frames are missing."""
    kept = Kept(tmp_path / "out", tmp_path)
    for number in range(20):
        if number in NUMBERS:
            jpeg = jpeg_of(level_of(number))
            path = kept.written(number, size=len(jpeg))
            (tmp_path / "out" / path).write_bytes(jpeg)
    kept.missed(7, 9)
    kept.work()
    kept.close()
    return tmp_path / "out"


def test_ledger_tells_why_frames_are_missing_and_what_comes_of_it_is_the_same_without(archive: Path, run: Run) -> None:
    def made(*words: str) -> dict[str, Any]:
        ended, out, err = run("--no-deflicker", "--json", *words)
        assert (ended, complaints(err)) == (0, [])
        told: dict[str, Any] = json.loads(out)
        told["shown"] = seen(Path(told["output"]))
        return told

    told = made()
    assert told["causes"] == {"hang": 3}
    assert told["shown"] == [level_of(6 if number in {7, 8, 9} else number) for number in range(20)]
    for path in archive.glob(".ledger*"):
        path.unlink()
    without = made("--force")
    assert without["causes"] == {"unknown": 3}
    for name in ("pictures", "frames", "found", "missing", "shown", "width", "duration_s"):
        assert without[name] == told[name], name


def test_trial_promises_what_is_made_then_and_makes_nothing(archive: Path, run: Run, tmp_path: Path) -> None:
    ended, out, _ = run("--dry-run", "--json", "--gaps", "fade", "--size", "160x")
    trial = json.loads(out)
    assert (ended, list((tmp_path / "here").iterdir())) == (0, [])
    made = json.loads(run("--json", "--gaps", "fade", "--size", "160x")[1])
    for name in ("output", "pictures", "frames", "found", "gaps", "missing", "causes", "width", "height", "duration_s"):
        assert trial[name] == made[name], name
    assert trial["held"] == 3
    assert made["bytes"] <= trial["bytes"]
    assert archive.is_dir()


def test_trial_in_words_says_what_there_is(archive: Path, run: Run) -> None:
    ended, out, _ = run("--dry-run", "--length", "0.4s", "--gaps", "skip")
    lines = out.splitlines()
    assert ended == 0
    assert lines[0].endswith(".mp4: would be made; nothing was")
    assert lines[1].startswith("  0.4 s of video, 10 pictures, 320x180, about ")
    assert lines[2].startswith("  10 of 17 frames, from 20")
    assert archive.is_dir()


def test_supervisor_that_runs_tells_the_archive(desk: ScriptedSupervisor, run: Run, tmp_path: Path) -> None:
    record(tmp_path / "elsewhere", [1], start_ns=utc_ns("2026-06-01T12:00:00"))
    told: Status = status()
    desk.tell(status=plain(replace(told, storage=replace(told.storage, output_dir=str(tmp_path / "elsewhere")))))
    ended, out, err = run("2026-06-01", "--runtime-dir", str(desk.runtime_dir), config=False)
    assert (ended, complaints(err)) == (0, [])
    assert "  1 frame" in out.splitlines()


def test_cancel_asks_the_supervisor_and_says_what_became_of_it(desk: ScriptedSupervisor, run: Run) -> None:
    told: Status = status()
    render = replace(told.workers["storage"], pid=77)
    desk.tell(status=plain(replace(told, workers={**told.workers, "render": render})))
    desk.tell(outcome={"ok": True, "detail": "main/videos/2026-06-01.mp4 was given up"})
    words = ("--cancel", "--runtime-dir", str(desk.runtime_dir))
    assert run(*words, config=False) == (0, "main/videos/2026-06-01.mp4 was given up\n", "")
    desk.tell(outcome={"ok": False, "detail": "nothing is being rendered"})
    assert run(*words, config=False) == (75, "", "timelapse: nothing was cancelled: nothing is being rendered\n")
    ended, _, err = run("yesterday", *words, config=False)
    assert ended == 64
    assert "--cancel takes no RANGE" in err


def test_cancel_for_programs_is_an_object_whatever_became_of_it(desk: ScriptedSupervisor, run: Run) -> None:
    told: Status = status()
    render = replace(told.workers["storage"], pid=77)
    desk.tell(status=plain(replace(told, workers={**told.workers, "render": render})))
    words = ("--cancel", "--json", "--runtime-dir", str(desk.runtime_dir))
    desk.tell(outcome={"ok": True, "detail": "a.mp4 was given up"})
    ended, out, err = run(*words, config=False)
    assert (ended, json.loads(out), err) == (0, {"kind": "cancelled", "detail": "a.mp4 was given up"}, "")
    desk.tell(outcome={"ok": False, "detail": "nothing is being rendered"})
    ended, out, err = run(*words, config=False)
    message = "nothing was cancelled: nothing is being rendered"
    assert (ended, err) == (75, f"timelapse: {message}\n")
    assert json.loads(out) == {"kind": "failed", "message": message, "status": 75}


@pytest.mark.parametrize(
    ("words", "status_of_it"),
    [(["2025"], 69), (["--fps", "0"], 64), (["-o", "\udcff.mp4"], 64), (["-o", "nowhere/a.mp4"], 73)],
)
def test_failure_for_programs_is_an_object_and_a_sentence(
    archive: Path, run: Run, words: list[str], status_of_it: int
) -> None:
    ended, out, err = run(*words, "--json")
    told = json.loads(out)
    assert (ended, told["status"], told["kind"]) == (status_of_it, status_of_it, "failed")
    assert told["message"].splitlines()[0] in err.replace("\udcff", "\\udcff")
    assert archive.is_dir()
