"""The Pi camera for long, in the camera rig: what recoveries and large pictures leave behind in memory.

`--times N`: 20 recoveries and 100 pictures, N times.
"""

from __future__ import annotations

import os
import signal
import statistics
from pathlib import Path

from tests.camera_rig.fixture import CameraRig
from tests.rig.checks import check_files, check_slots
from tests.rig.figures import say, say_spread
from tests.rig.recorder import Recorder

SMALL = """
cameras:
  main: {source: picamera2, resolution: 820x616, interval: 200ms}
storage: {stop_above: 99%, clean_above: 98%, clean_to: 97%}
supervisor: {restart: {base: 200ms, max: 200ms, stable: 1s}}
"""
LARGE = """
cameras:
  main: {source: picamera2, resolution: 4056x3040, interval: 500ms, quality: 80}
storage: {stop_above: 99%, clean_above: 98%, clean_to: 97%}
supervisor: {standby: never}
"""
GROWTH_KB = 3072
"""What an allocator's pools may differ by."""


def test_recoveries_leave_no_descriptors_and_no_memory_behind(
    tmp_path: Path, camera_rig: CameraRig, times: int
) -> None:
    del camera_rig
    back_s: list[float] = []
    with Recorder(tmp_path, SMALL) as recorder:
        for _ in range(3):
            _recover(recorder)
        before = _held(recorder)
        back_s += [_recover(recorder) for _ in range(20 * times if times > 1 else 3)]
        after = _held(recorder)
    check_slots(recorder, 200)
    say("descriptors and resident kB before", before)
    say("descriptors and resident kB after", after)
    say_spread("from the end of a process to the next frame, s", back_s)
    for name, (descriptors, resident_kb) in after.items():
        assert descriptors <= before[name][0] + 1, name
        assert resident_kb <= before[name][1] + GROWTH_KB, name


def test_pictures_of_12_mp_leave_no_memory_behind(tmp_path: Path, camera_rig: CameraRig, times: int) -> None:
    camera_rig.use_sensors("imx477")
    camera_rig.set("noise", 2)
    held_kb = []
    with Recorder(tmp_path, LARGE) as recorder:
        recorder.wait_for_frame()
        pid = recorder.pid_of("capture.main")
        for _ in range(100 * times if times > 1 else 12):
            recorder.wait_for_frame()
            held_kb.append(_proportional_kb(pid))
        assert recorder.pid_of("capture.main") == pid
    check_files(recorder)
    third = len(held_kb) // 3
    first, last = statistics.median(held_kb[third : 2 * third]), statistics.median(held_kb[-third:])
    say_spread("proportional kB of the capture process", held_kb)
    say("its median in the second and in the last third", (first, last))
    assert last <= first + GROWTH_KB


def _recover(recorder: Recorder) -> float:
    mark = recorder.log.mark()
    os.kill(recorder.pid_of("capture.main"), signal.SIGKILL)
    ended = recorder.log.wait_for(lambda event: event.topic == "worker.exited", after=mark)
    frame = recorder.log.wait_for(
        lambda event: event.topic == "frame.written" and event.mono_ns > ended.mono_ns, after=mark
    )
    return (frame.mono_ns - ended.mono_ns) / 1e9


def _held(recorder: Recorder) -> dict[str, tuple[int, int]]:
    assert recorder.process is not None
    pids = {"supervisor": recorder.process.pid, "storage": recorder.pid_of("storage")}
    return {
        name: (len(list(Path(f"/proc/{pid}/fd").iterdir())), _kb(pid, "status", "VmRSS:")) for name, pid in pids.items()
    }


def _proportional_kb(pid: int) -> int:
    return _kb(pid, "smaps_rollup", "Pss:")


def _kb(pid: int, file: str, field: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    raise AssertionError(f"{pid} has no {field}")
