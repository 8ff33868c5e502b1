"""The cable is pulled and put back while recording, again and again; `--times 20` for the figures.

What is measured: from the moment at which the device may be opened by its lasting name, and from that at which its node
exists at all, to a frame that is durable. Both by looking at /dev, as often as a core of an emulated machine allows.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.rig.figures import say, say_spread
from tests.rig.recorder import Recorder
from tests.usb.webcam import PATIENCE_S, Webcam, wait_until

_CONFIG = """
cameras:
  main:
    source: {source}
    resolution: 640x480
    interval: 200ms
supervisor:
  standby: {standby}
  restart: {{base: 5s, max: 300s, stable: 60s}}
"""
_APART_S = 2.0


def _plug(webcam: Webcam) -> tuple[int, int]:
    """Put the cable back; when there was a node, and when it could be opened by name (monotonic nanoseconds)."""
    nodes = set(Path("/dev").glob("video*"))
    webcam.plug()
    wait_until(lambda: set(Path("/dev").glob("video*")) > nodes, "a node")
    node_ns = time.monotonic_ns()
    wait_until(webcam.is_there, webcam.by_id)
    return node_ns, time.monotonic_ns()


@pytest.mark.parametrize("standby", ["always", "never"])
def test_camera_that_is_plugged_in_again_records_again_at_once(
    webcam: Webcam, tmp_path: Path, times: int, standby: str
) -> None:
    from_node_s, from_name_s, until_known_s = [], [], []
    until_begun_s: dict[str, list[float]] = {"worker.starting": [], "camera.opened": []}
    with Recorder(tmp_path, _CONFIG.format(source=webcam.by_id, standby=standby)) as recorder:
        recorder.log.wait_for(lambda event: event.topic == "frame.written", patience_s=2 * PATIENCE_S)
        for number in range(times):
            mark = recorder.log.mark()
            began_ns = time.monotonic_ns()
            webcam.unplug()
            lost = recorder.log.wait_for(
                lambda event: event.topic == "worker.exited" and event.data["worker"] == "capture.main",
                after=mark,
                patience_s=PATIENCE_S,
            )
            until_known_s.append((lost.mono_ns - began_ns) / 1e9)
            assert lost.data["cause"] == "camera"
            # Away for longer and longer: the first restart is immediate, the others come after delays that grow.
            time.sleep(_APART_S + number % 5)
            mark = recorder.log.mark()
            node_ns, name_ns = _plug(webcam)
            written = recorder.log.wait_for(
                lambda event: event.topic == "frame.written", after=mark, patience_s=2 * PATIENCE_S
            )
            from_node_s.append((written.mono_ns - node_ns) / 1e9)
            from_name_s.append((written.mono_ns - name_ns) / 1e9)
            for topic, until_s in until_begun_s.items():
                last = [event for event in recorder.log.events[mark:] if event.topic == topic][-1:]
                until_s += [(event.mono_ns - name_ns) / 1e9 for event in last]
        descriptors = len(list(Path(f"/proc/{recorder.pid_of('capture.main')}/fd").iterdir()))
    print(f"FIGURE stand-by {standby}:")
    say_spread("USB camera pulled: until its worker had ended, s (emulated)", until_known_s)
    say_spread("USB camera back: from its node to a durable frame, s (emulated)", from_node_s)
    say_spread("USB camera back: from its lasting name to a durable frame, s (emulated)", from_name_s)
    for topic, until_s in until_begun_s.items():
        if until_s:
            say_spread(f"USB camera back: from its lasting name to the last {topic}, s (emulated)", until_s)
    say("USB camera back: descriptors of the worker at the end", descriptors)


def test_wedged_camera_leaves_its_worker_alone_until_the_cable_is_pulled(webcam: Webcam, tmp_path: Path) -> None:
    with Recorder(tmp_path, _CONFIG.format(source=webcam.by_id, standby="never")) as recorder:
        recorder.log.wait_for(lambda event: event.topic == "frame.written", patience_s=2 * PATIENCE_S)
        mark = recorder.log.mark()
        pid = recorder.pid_of("capture.main")
        webcam.ctl("wedge")
        recorder.log.wait_for(lambda event: event.topic == "worker.wedged", after=mark, patience_s=4 * PATIENCE_S)
        started = [
            event for event in recorder.log.of("worker.starting", after=mark) if event["worker"] == "capture.main"
        ]
        say("USB camera wedged: other workers started beside the one in uninterruptible sleep", len(started))
        assert started == []
        assert Path(f"/proc/{pid}").exists()
        webcam.ctl("resume")
        webcam.unplug()
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the worker's end")
        mark = recorder.log.mark()
        webcam.plug()
        recorder.log.wait_for(lambda event: event.topic == "frame.written", after=mark, patience_s=4 * PATIENCE_S)
