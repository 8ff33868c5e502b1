"""The line that `systemctl status` shows: what it says first, and that it stays short and true."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.status import RestartStatus, Status
from supervisor.service_line import service_line
from tests.rig.status_values import NOW_NS, camera, in_backoff, status, with_camera, with_worker, worker
from tests.rig.zone import zone

_END = "last frame 08:15:30; disk 57.2 % used"
_DAY_NS = 86_400 * NS_PER_S


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    with zone("UTC"):
        yield


def _line(base: Status, now_wall_ns: int = NOW_NS) -> str:
    return service_line(base, now_wall_ns)


def _only_main(base: Status) -> Status:
    workers = {name: worker for name, worker in base.workers.items() if name != "capture.garden"}
    return replace(base, cameras={"main": base.cameras["main"]}, workers=workers)


def test_line_of_cameras_that_record_names_them_with_the_last_frame_and_the_disk() -> None:
    assert _line(_only_main(status())) == f"Recording: main; {_END}"
    assert _line(status()) == f"Recording: main, garden; {_END}"


def test_line_of_many_cameras_counts_them() -> None:
    names = [f"camera{number}" for number in range(5)]
    many = status(
        cameras={name: camera(name) for name in names},
        workers={f"capture.{name}": worker() for name in names},
    )
    assert _line(many) == f"Recording: 5 of 5 cameras; {_END}"
    assert len(_line(many)) < 100


def test_line_of_a_camera_in_backoff_says_when_it_starts_again_and_why_it_ended() -> None:
    broken = in_backoff(status(), "capture.garden")
    assert _line(broken) == f"Recording: main; garden starts again at 08:15:46 (camera); {_END}"
    assert _line(_only_main(in_backoff(status(), "capture.main"))).startswith(
        "Not recording; main starts again at 08:15:46 (camera); "
    )


def test_line_of_a_backoff_stays_the_same_while_it_lasts() -> None:
    """Else it would be sent each second, and be false in between."""
    told = {
        _line(with_worker(in_backoff(status(), "capture.main"), "capture.main", next_start_s=12.4 - passed_s), then_ns)
        for passed_s in (0.0, 1.0, 7.5, 12.0)
        for then_ns in (NOW_NS + round(passed_s * NS_PER_S),)
    }
    assert len(told) == 1


@pytest.mark.parametrize(
    ("state", "cause", "failures", "said"),
    [
        ("starting", "", 0, "main is starting"),
        ("starting", "operator", 0, "main is starting"),
        ("starting", "hang", 2, "main is starting again (hang)"),
        ("failed", "configuration", 1, "main has failed (configuration)"),
        ("stopped", "stopped", 0, "main is stopped"),
        ("stopping", "", 0, "main is stopping"),
        ("killing", "hang", 0, "main is being killed (hang)"),
        ("quarantined", "hang", 1, "main hangs in the kernel"),
        ("dancing", "", 0, "main is dancing"),
    ],
)
def test_line_of_a_worker_that_does_not_run_says_so(state: str, cause: str, failures: int, said: str) -> None:
    restarts = RestartStatus(total=failures, by_cause={}, failures=failures)
    changed = with_worker(status(), "capture.main", state=state, last_cause=cause, restarts=restarts)
    assert _line(changed) == f"Recording: garden; {said}; {_END}"


def test_line_names_two_troubles_and_counts_the_others() -> None:
    broken = status()
    for name in broken.workers:
        broken = in_backoff(broken, name)
    told = _line(broken)
    assert told.startswith("Not recording; main starts again at 08:15:46 (camera); garden starts")
    assert told.endswith(f"; and 1 more; {_END}")


def test_line_of_the_storage_worker_in_trouble_says_so_beside_the_cameras() -> None:
    assert "; storage starts again at 08:15:46 (camera); " in _line(in_backoff(status(), "storage"))


def test_line_of_a_camera_whose_worker_runs_and_misses_its_slots_says_why() -> None:
    missing = with_camera(
        status(), "main", missing_now=True, last_miss_slot_ns=NOW_NS - NS_PER_S, last_miss_cause="disk_full"
    )
    full = replace(missing, storage=replace(missing.storage, level="full", used_percent=91.26))
    assert _line(full) == (
        "Recording: garden; main misses its slots (disk_full); last frame 08:15:30; disk 91.3 % used (full)"
    )
    earlier = with_camera(missing, "main", last_miss_slot_ns=status().workers["capture.main"].since_wall_ns - 1)
    assert _line(earlier) == f"Recording: main, garden; {_END}", "that is why it was started, not how it does"


def test_line_of_a_silent_camera_tells_a_window_from_trouble() -> None:
    long_ago = NOW_NS - 200 * NS_PER_S
    silent = with_camera(status(), "main", last_frame_slot_ns=long_ago)
    assert _line(silent) == f"Recording: garden; main has taken no frame since 08:12:14; {_END}"
    windowed = with_camera(silent, "main", window="06:00-20:00")
    assert _line(windowed) == f"Recording: garden; waiting for the window: main; {_END}"
    assert _line(_only_main(windowed)).startswith("Waiting for the window: main; last frame 08:12:14; ")


def test_line_before_the_first_frame_and_before_the_disk_is_known_says_little() -> None:
    new = with_camera(_only_main(status()), "main", last_frame_slot_ns=None)
    new = replace(new, storage=replace(new.storage, level=None, used_percent=None))
    new = with_worker(new, "capture.main", since_wall_ns=NOW_NS)
    assert _line(new) == "Recording: main; no frame yet"
    assert _line(with_worker(new, "capture.main", state="starting")) == "Not recording; main is starting; no frame yet"


def test_line_of_a_frame_of_another_day_has_its_date() -> None:
    assert "; last frame 2026-11-23 08:15:30; " in _line(status(), NOW_NS + _DAY_NS)


def test_line_after_a_reload_that_was_refused_says_so_without_its_words() -> None:
    """They may quote a password, and everybody may read the line."""
    base = status()
    refused = replace(base, config=replace(base.config, errors=["x.yml:3:4: cameras.main.source: rtsp://a:geheim@b"]))
    assert _line(refused) == f"Recording: main, garden; {_END}; the new configuration was rejected"


def test_line_of_a_clock_that_is_not_synchronised_says_so() -> None:
    assert _line(with_camera(status(), "main", synchronised=False)).endswith("; clock not synchronised")
    assert "synchronised" not in _line(with_camera(status(), "main", synchronised=None))


def test_line_of_a_shutdown_is_one_word() -> None:
    base = status()
    assert _line(replace(base, supervisor=replace(base.supervisor, state="stopping"))) == "Stopping"


@pytest.mark.parametrize("slot_ns", [0, -(1 << 63), (1 << 64) - 1])
def test_line_of_any_time_that_a_message_can_hold_is_a_line(slot_ns: int) -> None:
    assert "last frame " in _line(with_camera(_only_main(status()), "main", last_frame_slot_ns=slot_ns))
