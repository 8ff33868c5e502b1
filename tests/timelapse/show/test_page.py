"""The status page: what is on it, and that it keeps to the width."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from shared.status import LeaseStatus, RestartStatus, Status, WarningStatus
from tests.rig.status_values import NOW_NS, camera, in_backoff, status, with_camera, with_worker, worker
from tests.rig.zone import zone
from timelapse.show.ink import Ink
from timelapse.show.page import page

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def full_disk() -> Status:
    full = replace(
        status().storage, level="full", used_percent=99.96, inodes_percent=97.0, pruned_frames=12_345, detail="x" * 300
    )
    return replace(status(), storage=full)


def rejected() -> Status:
    needs = ["cameras.main.source", "cameras.main.resolution", "output_dir"]
    error = "/etc/timelapse/timelapse.yml:12:15: cameras.main.interval: '5x' is not a duration (write 10, 200ms, 0.5s)"
    return replace(status(), config=replace(status().config, needs_restart=needs, errors=[error, error]))


def long_names() -> Status:
    name = "the-camera-on-the-northern-tower-of-the-old-town-hall-with-the-long-name"
    return replace(
        status(),
        cameras={name: camera(name, source="rtsp://" + "h" * 200, model="Model with\nnewline \x1b[31m" + "m" * 99)},
        workers={
            f"capture.{name}": worker(restarts=RestartStatus(total=10**6, by_cause={"camera": 10**6}, failures=3))
        },
    )


def unknown_yet() -> Status:
    fresh = camera(
        "main", frames=0, bytes=0, misses={}, last_frame_slot_ns=None, last_frame_path="", driver="", model=""
    )
    disk = replace(status().storage, level=None, used_percent=None, free_bytes=None, checked_wall_ns=None)
    starting = with_worker(replace(status(), cameras={"main": fresh}, storage=disk), "capture.main", state="starting")
    return replace(starting, workers={"capture.main": starting.workers["capture.main"]})


def bad_pictures() -> Status:
    detail = "a seam runs across it, 36% from its top; data is lost on the way: try another cable"
    warnings = [
        WarningStatus(warning="torn", since_slot_ns=NOW_NS - 90_000_000_000, detail=detail),
        WarningStatus(warning="frozen", since_slot_ns=NOW_NS - 10**15, detail="switch it off and on"),
    ]
    return with_camera(status(), "main", warnings=warnings)


STATES = {
    "well": status(),
    "backoff": in_backoff(status(), "capture.main"),
    "quarantined": with_worker(status(), "capture.main", state="quarantined", last_detail="alive after SIGKILL " * 9),
    "full disk": full_disk(),
    "rejected": rejected(),
    "bad pictures": bad_pictures(),
    "long names": long_names(),
    "unknown yet": unknown_yet(),
    "no clock": with_camera(status(), "main", synchronised=False),
    "window": with_camera(status(), "main", window="sunrise-30m..sunset+30m", interval_s=0.5),
}


@pytest.mark.parametrize("width", [60, 65, 70, 80, 100, 120, 200])
@pytest.mark.parametrize("state", STATES)
def test_page_at_any_width_no_line_is_longer(state: str, width: int) -> None:
    lines = page(STATES[state], NOW_NS, 0.0, width=width, ink=Ink(colour=False))
    assert [line for line in lines if len(line) > width] == []
    assert [line for line in lines if not line.isprintable()] == []
    assert [line for line in lines if line.strip() in {"%", "% used"} or " %" in line] == []


@pytest.mark.parametrize("state", STATES)
def test_page_in_colour_says_the_same(state: str) -> None:
    plain = page(STATES[state], NOW_NS, 0.0, width=80, ink=Ink(colour=False))
    painted = page(STATES[state], NOW_NS, 0.0, width=80, ink=Ink(colour=True))
    assert painted != plain
    assert [_ESCAPE.sub("", line) for line in painted] == plain


def test_page_all_well_tells_at_a_glance() -> None:
    lines = page(status(), NOW_NS, 0.0, width=80, ink=Ink())
    text = "\n".join(lines)
    assert lines[0] == "Recording: both cameras."
    assert "4 s ago" in text
    assert "0.4 ms late, 301 kB" in text
    assert "main/2026/11/23/20261123T081530.000+0000.jpg" in text
    assert "every 10 s, next in 6 s" in text
    assert "1,234 frames (370 MB), 13 missed: 11 camera_lost, 2 hang" in text
    assert "12.3 GB free" in text
    assert "/etc/timelapse/timelapse.yml" in text


def test_page_camera_in_backoff_shows_why_and_how_often() -> None:
    text = "\n".join(page(STATES["backoff"], NOW_NS, 0.0, width=80, ink=Ink()))
    assert "main  NOT recording" in text
    assert "garden  recording" in text
    assert "5 (4 camera, 1 hang)" in text


def test_page_narrow_the_path_of_a_frame_stays_in_one_piece() -> None:
    lines = page(status(), NOW_NS, 0.0, width=60, ink=Ink())
    assert any(line.strip() == "main/2026/11/23/20261123T081530.000+0000.jpg" for line in lines)


def test_page_keys_that_need_a_restart_are_given_as_commands() -> None:
    text = "\n".join(page(STATES["rejected"], NOW_NS, 0.0, width=200, ink=Ink()))
    assert "cameras.main.source, cameras.main.resolution take effect by: timelapse restart capture.main" in text
    assert "output_dir takes effect by: restart the service" in text
    assert "timelapse.yml:12:15: cameras.main.interval" in text


def test_page_wide_says_what_each_worker_is_doing() -> None:
    leases = {"main": LeaseStatus(operation="sleep", left_s=9.0), "camera": LeaseStatus(operation="grab", left_s=6.5)}
    grabbing = with_worker(status(), "capture.main", leases=leases)
    lines = page(grabbing, NOW_NS, 2.0, width=120, ink=Ink())
    assert any(line.startswith("capture.main ") and line.endswith("camera: grab (4 s left)") for line in lines)
    assert any(line.startswith("capture.garden ") and line.endswith("waiting") for line in lines)


def test_page_clock_put_back_frame_in_the_future_is_said() -> None:
    text = "\n".join(page(status(), NOW_NS - 10**13, 0.0, width=80, ink=Ink()))
    assert "in the future" in text


def block_of_main(value: Status, now_ns: int = NOW_NS, width: int = 120) -> list[str]:
    with zone("UTC"):
        lines = page(value, now_ns, 0.0, width=width, ink=Ink())[2:]
    return lines[: lines.index("")]


def test_page_camera_outside_its_window_waits_for_it() -> None:
    waiting = with_camera(STATES["unknown yet"], "main", window="20:00-06:00")
    waiting = with_worker(waiting, "capture.main", state="running")
    lines = block_of_main(waiting)
    assert lines[0] == "main  waiting for its window (20:00-06:00)"
    assert "last frame  none since the start" in lines[1]


def test_page_narrow_the_window_is_named_below_rather_than_the_name_cut() -> None:
    name, window = "n" * 32, "sunrise-30m..sunset+30m"
    value = replace(status(), cameras={name: camera(name, window=window)}, workers={f"capture.{name}": worker()})
    lines = block_of_main(value, NOW_NS + 3600 * 10**9, width=60)
    assert lines[0] == f"{name}  waiting for its window"
    assert f"  slots       every 10 s, within {window}" in lines


@pytest.mark.parametrize("state", ["failed", "backoff", "stopped", "killing", "quarantined", "starting"])
def test_page_camera_in_trouble_does_not_claim_that_none_was_missed(state: str) -> None:
    known = with_camera(status(), "main", misses={}, accounted_until_ns=NOW_NS - 34_500_000_000)
    text = "\n".join(block_of_main(with_worker(known, "capture.main", state=state)))
    assert "1,234 frames (370 MB), slots since 08:15:00.000 not accounted for yet" in text
    assert "none missed" not in text
    missed = "\n".join(
        block_of_main(with_worker(with_camera(known, "main", misses={"hang": 2}), "capture.main", state=state))
    )
    assert "2 missed: 2 hang; slots since 08:15:00.000 not accounted for yet" in " ".join(missed.split())
    unknown = "\n".join(block_of_main(with_worker(STATES["unknown yet"], "capture.main", state=state)))
    assert "0 frames, slots not accounted for yet" in unknown


def test_page_camera_in_trouble_before_its_next_slot_has_missed_none() -> None:
    known = with_camera(status(), "main", misses={}, interval_s=3600.0, accounted_until_ns=NOW_NS - 34_500_000_000)
    assert "none missed" in "\n".join(block_of_main(with_worker(known, "capture.main", state="backoff")))


def test_page_of_bad_pictures_says_so_first_and_with_what_to_do_below_the_camera() -> None:
    with zone("UTC"):
        lines = page(bad_pictures(), NOW_NS, 0.0, width=200, ink=Ink())
        painted = page(bad_pictures(), NOW_NS, 0.0, width=200, ink=Ink(colour=True))
    assert lines[0] == "Recording: both cameras, but the pictures of main have been torn for 1 min 30 s (and 1 more)"
    assert painted[0] == Ink(colour=True).warn(lines[0])
    said = [line for line in lines if line.startswith("  pictures    ")]
    assert said[0].startswith("  pictures    torn since 08:14:04.500: a seam runs across it, 36% from its top; data is")
    assert "frozen since 2026-11-11 " in said[1]


@pytest.mark.parametrize("synchronised", [True, False, None])
def test_page_says_of_a_camera_whose_clock_is_not_synchronised_alone_that_it_is_so(synchronised: bool | None) -> None:
    known = with_camera(with_camera(status(), "main", synchronised=synchronised), "garden", synchronised=True)
    lines = page(known, NOW_NS, 0.0, width=100, ink=Ink())
    said = [line for line in lines if line.startswith("  clock")]
    expected = "  clock       not synchronised: its frames may bear a wrong time, and are marked so"
    assert said == ([expected] if synchronised is False else [])
    assert lines[0] == "Recording: both cameras.", "it records all the same"
