"""The loop's judgement of what workers say: whose word counts, and for what."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration, RenderConfig
from shared.messages import Configure, Hello, Published, Ready, Request
from supervisor.loop import Supervisor
from supervisor.states import State
from supervisor.supervised import Supervised
from tests.rig.manual_clock import ManualClock
from tests.rig.small_workers import OBEDIENT, SmallWorkers, wait_for_end

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(name="supervisor")
def _supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """A supervisor with real sockets and real small workers, whose turns the test takes itself."""
    workers = SmallWorkers(tmp_path, monkeypatch)
    for package in ("storage_worker", "capture_worker", "render_worker"):
        workers.make(package, OBEDIENT)
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    cameras = {name: CameraConfig(name) for name in ("main", "garden")}
    configuration = Configuration("x.yml", "/frames", cameras, render=RenderConfig(daily_minute=30))
    supervisor = Supervisor(configuration, tmp_path, ManualClock())
    supervisor._picture.configure(configuration)
    supervisor._crew.configure(configuration)
    for _ in range(4):
        workers.hear()
    yield supervisor
    supervisor._crew.slay_all()
    for worker in supervisor._crew.workers.values():
        _bury(supervisor, worker)
    supervisor._hub.close()
    workers.close()
    signal.set_wakeup_fd(-1)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _bury(supervisor: Supervisor, worker: Supervised) -> None:
    if worker.process is not None:
        wait_for_end(worker.process.fd)
        supervisor._reap()


def _published(worker: Supervised, topic: str = "frame.written", **data: Any) -> Published:
    assert worker.process is not None
    frame = {"camera": "main", "slot_ns": 10, "take": 1, "path": "x.jpg", "bytes": 1, "width": 1, "height": 1}
    return Published(
        worker=worker.name,
        incarnation=worker.incarnation,
        pid=worker.process.pid,
        topic=topic,
        wall_ns=1,
        mono_ns=1,
        data={**frame, **data},
    )


def _with(message: Published, field: str, value: int) -> Published:
    return replace(message, data={**message.data, field: value})


def test_frame_of_a_worker_counts_for_its_camera(supervisor: Supervisor, tmp_path: Path) -> None:
    worker = supervisor._crew.workers["capture.main"]
    supervisor._hearing.take(b"", _published(worker))
    assert worker.record.worked
    assert supervisor._picture.cameras["main"].frames == 1
    assert [path.name for path in (tmp_path / "accounts").iterdir()] == ["main"]
    assert supervisor._hub.tally.malformed == {}


@pytest.mark.parametrize("camera", ["garden", "../stopped.json", "", "a\0b"])
@pytest.mark.parametrize("name", ["capture.main", "storage"])
def test_worker_that_speaks_for_another_camera_is_refused_and_counted(
    supervisor: Supervisor, tmp_path: Path, name: str, camera: str
) -> None:
    worker = supervisor._crew.workers[name]
    seq = supervisor._bus.seq
    supervisor._hearing.take(b"", _published(worker, camera=camera))
    assert supervisor._hub.tally.malformed == {"workers": 1}
    assert supervisor._hub.tally.last_reason == f"{name} speaks for another camera"
    assert (supervisor._bus.seq, worker.record.worked) == (seq, False)
    assert list((tmp_path / "accounts").iterdir()) == []


def test_worker_is_told_how_far_it_is_accounted_for_and_on_which_clock(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slots 10 and 11, a clock that is put back, and 9: its next start hears of all of it."""
    worker = supervisor._crew.workers["capture.main"]
    for number, slot_ns in enumerate((10, 11, 9)):
        said = replace(_published(worker, slot_ns=slot_ns), wall_ns=100 + slot_ns, mono_ns=50 + number)
        supervisor._hearing.take(b"", said)
    sent: list[Configure] = []
    monkeypatch.setattr(supervisor._hub, "send_to_worker", lambda _, order: sent.append(order))
    assert worker.process is not None
    hello = Hello(worker=worker.name, incarnation=worker.incarnation, pid=worker.process.pid)
    supervisor._hearing.take(b"", hello)
    assert [(order.accounted_until_ns, order.accounted_wall_ns, order.accounted_mono_ns) for order in sent] == [
        (9, 109, 52)
    ]
    assert [(order.earlier_first_ns, order.earlier_last_ns) for order in sent] == [(10, 11)]


def test_topic_that_is_not_for_a_worker_to_say_is_refused_and_counted(supervisor: Supervisor) -> None:
    worker = supervisor._crew.workers["capture.main"]
    supervisor._hearing.take(b"", _published(worker, topic="worker.stopped"))
    assert supervisor._hub.tally.malformed == {"workers": 1}


def _rendered(supervisor: Supervisor, name: str, topic: str, **data: Any) -> Published:
    return replace(_published(supervisor._crew.workers[name]), topic=topic, data=data)


@pytest.mark.parametrize("camera", ["main", "garden", "one that was taken out"])
def test_worker_that_renders_speaks_for_any_camera(supervisor: Supervisor, camera: str) -> None:
    data = {"camera": camera, "day": "2026-06-01", "kind": "video", "output": "x"}
    supervisor._hearing.take(b"", _rendered(supervisor, "render", "render.started", **data))
    assert supervisor._hub.tally.malformed == {}
    assert supervisor._picture.render is not None
    assert supervisor._picture.render.camera == camera
    assert not supervisor._crew.workers["render"].record.worked, "it has only begun"


@pytest.mark.parametrize("name", ["capture.main", "storage"])
def test_nobody_else_tells_of_renders_nor_it_of_frames(supervisor: Supervisor, name: str) -> None:
    supervisor._hearing.take(b"", _rendered(supervisor, name, "render.waiting"))
    supervisor._hearing.take(b"", _published(supervisor._crew.workers["render"]))
    assert supervisor._hub.tally.malformed == {"workers": 2}
    assert supervisor._hub.tally.last_reason == "frame.written is not for render to say"


def test_worker_that_has_looked_what_is_due_has_worked(supervisor: Supervisor) -> None:
    supervisor._hearing.take(b"", _rendered(supervisor, "render", "render.waiting"))
    assert supervisor._crew.workers["render"].record.worked


def test_worker_that_ended_is_shown_to_render_nothing(supervisor: Supervisor) -> None:
    data = {"camera": "main", "day": "2026-06-01", "kind": "video", "output": "x"}
    supervisor._hearing.take(b"", _rendered(supervisor, "render", "render.started", **data))
    supervisor._crew.order("kill", "render")
    worker = supervisor._crew.workers["render"]
    supervisor._watch_processes()
    _bury(supervisor, worker)
    assert supervisor._telling.status().render is not None
    assert supervisor._picture.render is not None
    assert supervisor._picture.render.state == ""


def test_last_words_of_the_one_before_are_told_but_are_not_its_successors_work(supervisor: Supervisor) -> None:
    worker = supervisor._crew.workers["capture.main"]
    assert worker.process is not None
    last_words = _published(worker)
    ready = Ready(worker=worker.name, incarnation=worker.incarnation, pid=worker.process.pid)
    worker.configured_incarnation, worker.configured_pid = worker.incarnation, worker.process.pid
    supervisor._crew.order("kill", worker.name)
    _bury(supervisor, worker)
    supervisor._crew.run_timers(supervisor._clock.mono_ns())
    assert worker.incarnation == 2
    supervisor._hearing.take(b"", last_words)
    supervisor._hearing.take(b"", ready)
    assert supervisor._picture.cameras["main"].frames == 1, "the frame is there, and its slot is told once"
    assert (worker.record.state, worker.record.worked) == (State.STARTING, False)


@pytest.mark.parametrize("field", ["bytes", "width", "take"])
def test_sums_that_no_message_can_hold_do_not_end_the_supervisor(supervisor: Supervisor, field: str) -> None:
    worker = supervisor._crew.workers["capture.main"]
    for _ in range(3):
        supervisor._hearing.take(b"", _with(_published(worker), field, (1 << 64) - 1))
    supervisor._telling.tell_status()
    assert field != "bytes" or supervisor._hub.tally.malformed["status"] == 1, "said in the log with a brake"
    supervisor._desk.answer(Request(id="1", verb="status"), [b"nobody"])


def test_what_a_worker_had_to_drop_is_counted_in_full(supervisor: Supervisor) -> None:
    worker = supervisor._crew.workers["capture.main"]
    supervisor._hearing.take(b"", replace(_published(worker), dropped=70))
    assert supervisor._hub.tally.malformed == {"workers": 70}


def test_file_that_is_refused_at_sighup_changes_nothing(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when the next start of a worker that waits for it is."""
    told: list[str] = []
    monkeypatch.setattr(supervisor, "_apply_configuration", lambda: told.append("applied"))
    supervisor._reading.ask()
    while not supervisor._reloader.status().errors:
        supervisor._poller.wait(NS_PER_S)
        supervisor._take_configuration()  # x.yml is not there
    assert told == []
    assert supervisor._picture.changed
