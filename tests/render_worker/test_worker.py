"""The whole worker as a process, with renders that do what the test says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from render_worker.encoding.output import Unfinished
from render_worker.local_day import begin_s, day_of, days_before
from render_worker.request import RenderRequest
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig
from shared.errors import EX_IOERR, EX_OK
from shared.events import DiskPressure, FrameMissed, RenderFailed, RenderFinished, RenderProgress, RenderWaiting
from tests.rig.render_rig import DAILY, PACKAGE, YESTERDAY, RenderRig
from tests.rig.scripted_render import PLACE


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[RenderRig]:
    rig = RenderRig(tmp_path)
    with rig.hub:
        yield rig
        rig.end()


def test_yesterday_is_rendered_and_told(rig: RenderRig) -> None:
    rig.plant()
    process = rig.start()
    rig.wait("render.started")
    rig.wait("render.progress")
    rig.do("finish")
    rig.wait("render.waiting")
    (finished,) = rig.hub.events("render.finished", RenderFinished)
    assert (finished.camera, finished.day, finished.kind) == ("main", YESTERDAY, "video")
    assert (finished.output, finished.pictures, finished.damaged) == (f"main/videos/{YESTERDAY}.mp4", 100, 1)
    assert rig.results() == [f"{YESTERDAY}.mp4"]
    (waiting,) = rig.hub.events("render.waiting", RenderWaiting)
    assert waiting == RenderWaiting(next_wall_ns=begin_s(day_of(time.time()), 1) * NS_PER_S)
    request = msgspec.json.decode((rig.place / "request").read_bytes(), type=RenderRequest)
    assert (request.picking.first_ms, request.picking.end_ms) == (
        begin_s(YESTERDAY) * 1000,
        begin_s(YESTERDAY, 1) * 1000,
    )
    assert rig.hub.stop(process) == EX_OK


def test_nothing_due_loads_nothing_large_and_waits_without_a_render(rig: RenderRig) -> None:
    process = rig.start()
    rig.wait("render.waiting")
    assert rig.processes() == []
    loaded = {line.rpartition("/")[2] for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines()}
    assert not [name for name in loaded if "numpy" in name or "cv2" in name or "simplejpeg" in name]
    rig.hub.pump(lambda: rig.hub.leases[-1].operation == "sleep", what="the wait")


def test_days_are_made_one_after_the_other_the_oldest_first(rig: RenderRig) -> None:
    days = days_before(time.time(), 8)
    for day in (days[0], days[1], days[4], days[7], day_of(time.time())):
        rig.plant(day)
    rig.do("finish")
    rig.start()
    rig.wait("render.waiting")
    told = [event.day for event in rig.hub.events("render.finished", RenderFinished)]
    assert told == [days[1], days[4], days[7]], "neither today nor what is more than a week ago"


def test_failure_is_told_with_the_next_try_and_survives_a_new_worker(rig: RenderRig) -> None:
    rig.plant()
    rig.do("fail")
    process = rig.start()
    rig.wait("render.waiting")
    (failed,) = rig.hub.events("render.failed", RenderFailed)
    assert (failed.message, failed.tries, failed.next_try_s) == ("as the test says", 1, 300.0)
    assert "has failed: as the test says" in rig.hub.log_of("render")
    process.kill()
    rig.hub.ended(process)
    rig.do("finish")
    rig.start()
    rig.wait("render.waiting", 2)
    assert rig.results() == [], "its time has not come"
    next_s = rig.hub.events("render.waiting", RenderWaiting)[-1].next_wall_ns / NS_PER_S
    assert 200 < next_s - time.time() <= 300


def test_failed_result_is_tried_at_once_by_the_worker_after_one_that_was_told_to_end(rig: RenderRig) -> None:
    rig.plant()
    rig.do("fail")
    process = rig.start()
    rig.wait("render.waiting")
    rig.hub.stop(process)
    rig.do("finish")
    rig.start()
    rig.wait("render.finished")


def test_result_that_fails_is_told_as_such_until_it_is_there_and_after_a_new_worker(rig: RenderRig) -> None:
    rig.plant()
    rig.do("fail")
    process = rig.start()
    rig.wait("render.waiting")
    (before,) = rig.hub.events("render.waiting", RenderWaiting)[-1].failing
    assert (before.camera, before.day, before.message, before.tries) == ("main", YESTERDAY, "as the test says", 1)
    process.kill()
    rig.hub.ended(process)
    process = rig.start()
    rig.wait("render.waiting", 2)
    assert rig.hub.events("render.waiting", RenderWaiting)[-1].failing == [before]
    process.kill()
    rig.hub.ended(process)
    (rig.videos / f"{YESTERDAY}.mp4").write_bytes(b"made by hand")
    rig.start()
    rig.wait("render.waiting", 3)
    assert rig.hub.events("render.waiting", RenderWaiting)[-1].failing == []


def test_damaged_notes_are_begun_anew(rig: RenderRig) -> None:
    (rig.hub.runtime_dir / "render.json").write_bytes(b'{"schema": 1, "tries": [[[')
    rig.plant()
    rig.do("finish")
    rig.start()
    rig.wait("render.finished")
    assert "can't be read, and is begun anew" in rig.hub.log_of("render")


def test_worker_that_is_told_to_end_leaves_nothing_unfinished_and_counts_no_try(rig: RenderRig) -> None:
    rig.plant()
    process = rig.start()
    rig.wait_for_unfinished()
    begun = time.monotonic()
    assert rig.hub.stop(process) == EX_OK
    print(f"ended in {time.monotonic() - begun:.3f} s")
    assert (rig.unfinished(), rig.results(), rig.processes()) == ([], [], [])
    rig.do("finish")
    rig.start()
    rig.wait("render.finished")
    assert rig.hub.events("render.failed") == []


def test_render_that_does_not_end_when_told_is_killed_and_its_file_removed(rig: RenderRig) -> None:
    rig.plant()
    process = rig.start()
    rig.wait_for_unfinished()
    rig.do("stubborn")
    assert rig.hub.stop(process) == EX_OK
    assert rig.unfinished() == []
    rig.hub.pump(lambda: rig.processes() == [], what="the render to die")


def test_worker_that_is_killed_takes_its_render_along_and_the_next_begins_anew(rig: RenderRig) -> None:
    rig.plant()
    process = rig.start()
    rig.wait_for_unfinished()
    process.kill()
    rig.hub.ended(process)
    rig.hub.pump(lambda: rig.processes() == [], what="the render to end with its worker")
    rig.do("finish")
    rig.start()
    rig.wait("render.finished")
    assert (rig.results(), rig.unfinished()) == ([f"{YESTERDAY}.mp4"], [])
    assert rig.hub.events("render.failed") == [], "the first time says nothing of the render"


def test_orphan_that_does_not_end_is_ended_before_its_result_is_begun_anew(rig: RenderRig) -> None:
    rig.plant()
    rig.do("stubborn")
    process = rig.start()
    rig.wait_for_unfinished()
    (orphan,) = rig.processes()
    # Stopped, it hears of nothing: neither of its parent's death nor of the end of its input.
    os.kill(orphan, signal.SIGSTOP)
    process.kill()
    rig.hub.ended(process)
    assert rig.processes() == [orphan]
    rig.start()
    rig.wait("render.started", 2)
    assert orphan not in rig.processes()


def test_cancelled_render_is_answered_and_not_tried_again(rig: RenderRig) -> None:
    rig.plant()
    process = rig.start()
    rig.wait_for_unfinished()
    rig.hub.order_cancel("render", "op")
    rig.wait("render.waiting")
    (failed,) = rig.hub.events("render.failed", RenderFailed)
    assert (failed.cancelled, failed.next_try_s) == (True, None)
    (answer,) = rig.hub.cancellings
    assert (answer.operation, answer.ok, answer.detail) == ("op", True, f"main/videos/{YESTERDAY}.mp4 was given up")
    assert (rig.unfinished(), rig.results()) == ([], [])
    rig.hub.order_cancel("render", "another")
    rig.hub.pump(lambda: len(rig.hub.cancellings) == 2)
    assert (rig.hub.cancellings[1].ok, rig.hub.cancellings[1].detail) == (False, "nothing is being rendered")
    rig.hub.stop(process)
    rig.start()
    rig.wait("render.waiting", 2)
    assert rig.hub.events("render.waiting", RenderWaiting)[-1].due == 0


def test_heat_stops_a_render_and_it_goes_on_when_it_is_cooler(rig: RenderRig) -> None:
    rig.heat(60)
    rig.hub.configuration = replace(rig.hub.configuration, render=replace(DAILY, pause_above_c=70.0))
    rig.plant()
    rig.start()
    rig.wait_for_unfinished()
    rig.heat(71)
    rig.hub.pump(lambda: rig.hub.events("render.progress", RenderProgress)[-1:][0].paused != "", 15, "the pause")
    assert rig.hub.events("render.progress", RenderProgress)[-1].paused == "the machine is at 71 degrees C"
    rig.do("finish")
    rig.heat(64)
    rig.hub.pump(lambda: rig.results() != [], what="the result")


def test_full_disk_and_late_capture_stop_a_render(rig: RenderRig) -> None:
    rig.plant()
    rig.start()
    rig.wait("render.progress")
    pressure = DiskPressure(level="full", used_percent=95.0, free_bytes=1, inodes_percent=None, path="/x")
    rig.hub.publish("disk.pressure", pressure, "storage")
    rig.wait("render.progress", 2)
    rig.hub.publish("disk.pressure", replace(pressure, level="ok"), "storage")
    rig.wait("render.progress", 3)
    missed = FrameMissed(camera="main", first_slot_ns=1, last_slot_ns=1, interval_ns=1, count=1, cause="overrun")
    rig.hub.publish("frame.missed", missed, "capture.main")
    rig.wait("render.progress", 4)
    told = [progress.paused for progress in rig.hub.events("render.progress", RenderProgress)]
    assert told == ["", "the disk is full", "", "camera main is late"]


def test_reload_changes_what_is_made_next(rig: RenderRig) -> None:
    rig.plant()
    rig.start()
    rig.wait_for_unfinished()
    rig.hub.reload("render", replace(rig.hub.configuration, render=replace(DAILY, kinds=("video", "keogram"))))
    rig.do("finish")
    rig.wait("render.finished", 2)
    assert rig.results() == [f"{YESTERDAY}-keogram.jpg", f"{YESTERDAY}.mp4"]


def test_reload_that_changes_how_it_is_made_tries_at_once_what_has_failed(rig: RenderRig) -> None:
    rig.plant()
    rig.do("fail")
    rig.start()
    rig.wait("render.waiting")
    rig.do("finish")
    rig.hub.reload("render", replace(rig.hub.configuration, require_mount=False))
    rig.hub.reload("render", replace(rig.hub.configuration, render=replace(DAILY, fps=10.0)))
    rig.wait("render.finished")
    assert len(rig.hub.events("render.failed")) == 1


def test_reload_makes_nothing_that_was_cancelled(rig: RenderRig) -> None:
    rig.plant()
    rig.start()
    rig.wait_for_unfinished()
    rig.hub.order_cancel("render", "op")
    rig.wait("render.waiting")
    rig.hub.reload("render", replace(rig.hub.configuration, render=replace(DAILY, kinds=("video", "keogram"))))
    rig.do("finish")
    rig.wait("render.waiting", 2)
    assert rig.results() == [f"{YESTERDAY}-keogram.jpg"]


def test_camera_whose_results_may_not_be_read_is_passed_over_and_told_once(rig: RenderRig) -> None:
    both = {name: CameraConfig(name) for name in ("garden", "main")}
    rig.hub.configuration = replace(rig.hub.configuration, cameras=both)
    rig.plant()
    rig.plant(camera="garden")
    forbidden = rig.output_dir / "garden" / "videos"
    forbidden.mkdir()
    forbidden.chmod(0)
    rig.do("finish")
    rig.start()
    rig.wait("render.waiting")
    assert rig.results() == [f"{YESTERDAY}.mp4"]
    (waiting,) = rig.hub.events("render.waiting", RenderWaiting)
    assert (waiting.due, waiting.passed_over) == (0, {"garden": f"{forbidden}: Permission denied"})
    assert rig.hub.log_of("render").count("nothing is rendered of camera garden") == 1
    forbidden.chmod(0o755)


def test_worker_says_that_it_renders_while_it_does(rig: RenderRig) -> None:
    rig.plant()
    rig.start()
    rig.wait("render.progress")
    rig.hub.pump(lambda: rig.hub.leases[-1].operation == "render", what="the lease of the render")
    lease = rig.hub.leases[-1]
    assert lease.deadline_mono_ns is not None
    assert lease.deadline_mono_ns - lease.declared_mono_ns == 10 * NS_PER_S
    rig.do("finish")
    rig.wait("render.waiting")
    rig.hub.pump(lambda: rig.hub.leases[-1].operation == "sleep", what="the wait")


def test_old_results_go_and_nothing_else(rig: RenderRig) -> None:
    rig.hub.configuration = replace(rig.hub.configuration, render=replace(DAILY, keep_days=3.0))
    rig.videos.mkdir(parents=True)
    days = days_before(time.time(), 5)
    mine = [f"{days[0]}.mp4", f"{days[1]}-keogram.jpg", f"{days[1]}.mkv"]
    kept = [f"{day}.mp4" for day in days[2:]] + ["2001-01-01-holiday.mp4", "2001-13-01.mp4", "notes.txt"]
    for name in (*mine, *kept):
        (rig.videos / name).write_bytes(b"x")
    (rig.videos / "2001-01-01.mp4").symlink_to("notes.txt")
    former = rig.output_dir / "former" / "videos" / f"{days[0]}.mp4"
    former.parent.mkdir(parents=True)
    former.touch()
    rig.start()
    rig.wait("render.waiting")
    assert rig.results() == sorted([*kept, "2001-01-01.mp4"])
    assert not former.exists(), "of a camera that is rendered no more"


def test_what_is_left_unfinished_goes_unless_somebody_makes_it(rig: RenderRig) -> None:
    rig.videos.mkdir(parents=True)
    left, foreign = rig.videos / ".2001-01-01.mp4.part", rig.videos / ".2001-01-01-holiday.mp4.part"
    for path in (left, foreign):
        path.write_bytes(b"x")
    with Unfinished(rig.videos / "2001-01-02.mp4", replace=False) as made:
        rig.start()
        assert rig.unfinished() == [foreign.name, made.path.name]


def test_tree_that_can_not_be_read_ends_the_worker(rig: RenderRig) -> None:
    rig.videos.parent.mkdir()
    rig.videos.symlink_to(rig.videos.name)
    process = rig.hub.start(PACKAGE, "render", env={PLACE: str(rig.place)})
    assert rig.hub.ended(process) == EX_IOERR
    assert f"{rig.videos}: can't be read: Too many levels of symbolic links" in rig.hub.log_of("render")


def test_require_mount_keeps_results_off_the_card(rig: RenderRig) -> None:
    rig.hub.configuration = replace(rig.hub.configuration, require_mount=True)
    process = rig.hub.start(PACKAGE, "render", env={PLACE: str(rig.place)})
    assert rig.hub.ended(process) == EX_IOERR
    assert "no file system is mounted there" in rig.hub.log_of("render")
