"""Cameras of this machine that are unplugged and plugged in again: their workers begin at once, whatever the delay.

A camera is a device node, and its worker a small one: what is proven and measured is the supervisor's part, over real
netlink and by looking alone. With `--times N` there are N cameras, plugged in one after the other.
"""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.messages import Event
from tests.rig import udev
from tests.rig.figures import say_spread
from tests.rig.plugged_worker import package_in
from tests.rig.recorder import Recorder
from tests.rig.udev import Udev

pytestmark = pytest.mark.skipif(udev.missing() is not None, reason=str(udev.missing()))
CONFIG = """
storage: {clean: false}
supervisor:
  restart: {base: 300s, max: 300s}
cameras:
"""
LONG_S = 100.0
AT_ONCE_S = {"udev": 0.05, "looking": 0.25}
"""From the moment that the device may be opened until its worker is started."""
BUSY_S = 2.0
"""What a machine that does something else besides may add."""
CYCLES = 3


@pytest.fixture(name="dev")
def _dev() -> Iterator[Udev]:
    with Udev() as dev:
        yield dev


Start = Callable[[list[str]], Recorder]


@pytest.fixture(name="start")
def _start(tmp_path: Path, dev: Udev, undo: ExitStack) -> Start:
    """Starts a recorder with these cameras where udev is heard; returns once it is heard itself."""

    def start(cameras: list[str]) -> Recorder:
        lines = "".join(f"  {name}: {{source: {dev.directory / name}, interval: 1h}}\n" for name in cameras)
        with dev.inside():
            recorder = undo.enter_context(Recorder(tmp_path, CONFIG + lines, ahead=[package_in(tmp_path)]))
        recorder.log.wait_for(lambda event: event.topic == "bus.tick")
        recorder.catch_up()
        return recorder

    return start


@pytest.mark.parametrize("way", ["udev", "looking"])
def test_camera_that_is_plugged_in_ends_its_workers_delay_at_once(
    start: Start, dev: Udev, times: int, way: str
) -> None:
    names = [f"camera{number}" for number in range(times)]
    recorder = start(names)
    for name in names:
        _wait_for_long_delay(recorder, name)
    started_s, frame_s = zip(*[_return(recorder, dev, name, way) for name in names], strict=True)
    say_spread(f"{way}: from the device's return to the start of its worker, s", started_s)
    say_spread(f"{way}: from the device's return to its first frame, s", frame_s)
    assert statistics.median(started_s) <= AT_ONCE_S[way] + BUSY_S * (times == 1)
    assert max(started_s) <= AT_ONCE_S[way] + BUSY_S


def test_camera_that_is_pulled_again_and_again_is_opened_each_time_however_quick(
    start: Start, dev: Udev, times: int
) -> None:
    """Nobody sees it absent: its worker sees another one, and ends; the supervisor sees one that is there."""
    _plug(dev, "main")
    recorder = start(["main"])
    recorder.wait_for_frame(after=0)
    again_s = []
    for _ in range(CYCLES * times):
        mark = recorder.log.mark()
        dev.unplug("main")
        _plug(dev, "main")
        back_s = time.monotonic()
        again_s.append(recorder.wait_for_frame(after=mark).mono_ns / 1e9 - back_s)
    say_spread("pulled and plugged in within a moment: until the next frame, s", again_s)
    assert [exited["cause"] for exited in recorder.log.of("worker.exited")] == ["camera"] * len(again_s)
    # The first restart is immediate anyway.
    assert [each["delay_s"] > LONG_S for each in recorder.log.of("worker.backoff")][1:] == [True] * (len(again_s) - 1)


def test_another_camera_that_is_plugged_in_ends_no_delay(start: Start, dev: Udev) -> None:
    recorder = start(["main"])
    _wait_for_long_delay(recorder, "main")
    mark = recorder.log.mark()
    _plug(dev, "another")
    dev.say("add")
    for _ in range(3):
        recorder.log.wait_for(lambda event: event.topic == "bus.tick", after=recorder.log.mark())
    assert recorder.log.of("worker.starting", after=mark) == []
    assert recorder.status()["workers"]["capture.main"]["next_start_s"] > LONG_S


def _plug(dev: Udev, name: str) -> None:
    """As the kernel and udev do: a node, and then a link to it."""
    number = f"video{random.getrandbits(40)}"
    dev.plug(number)
    dev.link(name, number)


def _return(recorder: Recorder, dev: Udev, name: str, way: str) -> tuple[float, float]:
    """Plug it in; how many seconds until its worker was started, and told of a frame."""
    threading.Event().wait(random.uniform(0.3, 0.6))
    mark = recorder.log.mark()
    _plug(dev, name)
    back_s = time.monotonic()
    if way == "udev":
        dev.say("add")
    frame = recorder.wait_for_frame(name, after=mark)
    started = recorder.log.wait_for(lambda event: _is_about(event, "worker.starting", name), after=mark)
    return started.mono_ns / 1e9 - back_s, frame.mono_ns / 1e9 - back_s


def _wait_for_long_delay(recorder: Recorder, name: str) -> None:
    recorder.log.wait_for(lambda event: _is_about(event, "worker.backoff", name) and event.data["delay_s"] > LONG_S)


def _is_about(event: Event, topic: str, name: str) -> bool:
    return event.topic == topic and event.data["worker"] == f"capture.{name}"
