"""Two cameras in one configuration: each keeps its name when their cables change places, and `auto` takes one each."""

from __future__ import annotations

from pathlib import Path

from tests.rig.recorder import Recorder
from tests.usb.conftest import Plug
from tests.usb.test_recording import as_sent
from tests.usb.webcam import PATIENCE_S, Webcam, make_jpegs

_TWO = """
cameras:
  left:
    source: {left}
    resolution: 640x480
    interval: 1s
  right:
    source: {right}
    resolution: 640x480
    interval: 1s
supervisor:
  restart: {{base: 200ms, max: 1s, stable: 5s}}
"""
_FRAMES = 3


def _wait_for_frames(recorder: Recorder, camera: str) -> None:
    mark = recorder.log.mark()
    for _ in range(_FRAMES):
        written = recorder.log.wait_for(
            lambda event: event.topic == "frame.written" and event.data["camera"] == camera,
            after=mark,
            patience_s=4 * PATIENCE_S,
        )
        mark = recorder.log.events.index(written) + 1


def _origins(recorder: Recorder, camera: str, sent: dict[str, dict[str, int]]) -> set[str]:
    """Whose pictures lie in a camera's directory."""
    digests = {as_sent(path) for path in recorder.frames() if camera in path.parts}
    return {owner for owner, own in sent.items() if digests & own.keys()} if digests else set()


def _node(camera: Webcam) -> str:
    return camera.node


def test_cameras_that_change_places_keep_their_names(plug: Plug, tmp_path: Path) -> None:
    sent = {name: make_jpegs(tmp_path / name, shade=shade) for name, shade in (("left", 20), ("right", 160))}
    left = plug(tmp_path / "left", 0, serial="AAAA")
    right = plug(tmp_path / "right", 1, serial="BBBB")
    before = (_node(left), _node(right))
    with Recorder(tmp_path, _TWO.format(left=left.by_id, right=right.by_id)) as recorder:
        _wait_for_frames(recorder, "left")
        _wait_for_frames(recorder, "right")
        left.close()
        right.close()
        right = plug(tmp_path / "right", 0, serial="BBBB")
        left = plug(tmp_path / "left", 1, serial="AAAA")
        _wait_for_frames(recorder, "left")
        _wait_for_frames(recorder, "right")
        origins = {name: _origins(recorder, name, sent) for name in sent}
    assert (_node(left), _node(right)) == before[::-1]
    assert origins == {"left": {"left"}, "right": {"right"}}


def test_two_automatic_cameras_get_one_each(plug: Plug, tmp_path: Path) -> None:
    sent = {name: make_jpegs(tmp_path / name, shade=shade) for name, shade in (("first", 20), ("second", 160))}
    plug(tmp_path / "first", 0, serial="AAAA")
    plug(tmp_path / "second", 1, serial="BBBB")
    with Recorder(tmp_path, _TWO.format(left="auto", right="auto")) as recorder:
        _wait_for_frames(recorder, "left")
        _wait_for_frames(recorder, "right")
        origins = [_origins(recorder, name, sent) for name in ("left", "right")]
    assert sorted(origins, key=sorted) == [{"first"}, {"second"}]
