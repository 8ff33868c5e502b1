"""What the keys of one camera have to do with each other."""

from __future__ import annotations

import pytest

from shared.config.mistakes import MistakesError
from shared.config.read import parse

PATH = "/etc/timelapse/timelapse.yml"
PI_ALONE = {
    "keep_open": "never",
    "lens_position": "0.5",
    "hdr": "night",
    "region": "'0,0,0.5,0.5'",
    "tuning_file": "/etc/t.json",
    "raw": "true",
    "flip": "both",
}
LOCAL = {"exposure": "ramp", "controls": "{Brightness: 1}"}
DEFAULTS = (
    "keep_open: auto, lens_position: auto, hdr: off, region: all, raw: false, exposure: auto, controls: {}, "
    "flip: none, ramp: {brightness: 40%, longest_exposure: auto}"
)


def mistakes_of(camera: str, rest: str = "") -> list[tuple[int, int, str, str]]:
    """Those of one camera, which stands in line 3 from column 6 on."""
    try:
        parse(f"output_dir: /x\ncameras:\n  b: {{{camera}}}\n{rest}", PATH)
    except MistakesError as error:
        return [(each.line, each.column, each.key, each.problem) for each in error.mistakes]
    return []


@pytest.mark.parametrize("source", ["picamera2", "picamera2:1", "auto"])
def test_pis_own_camera_has_every_key(source: str) -> None:
    keys = ", ".join(f"{key}: {value}" for key, value in (PI_ALONE | LOCAL).items())
    assert mistakes_of(f"source: '{source}', {keys}") == []
    assert source != "auto" or mistakes_of(keys) == [], "auto is the default"


@pytest.mark.parametrize("key", PI_ALONE)
@pytest.mark.parametrize("source", ["/dev/video0", "http://cam/", "rtsp://cam/", "/srv/x.mp4", "test"])
def test_key_that_the_pis_camera_alone_has_is_a_mistake_elsewhere(source: str, key: str) -> None:
    told = f"is for the Pi's own camera, and the source is '{source}': remove it, or name such a source"
    column = len(f"  b: {{source: '{source}', {key}: ") + 1
    assert mistakes_of(f"source: '{source}', {key}: {PI_ALONE[key]}") == [(3, column, f"cameras.b.{key}", told)]


@pytest.mark.parametrize("key", LOCAL)
@pytest.mark.parametrize("source", ["http://cam/", "rtsp://cam/", "/srv/x.mp4", "test"])
def test_key_that_cameras_of_this_machine_alone_have_is_a_mistake_elsewhere(source: str, key: str) -> None:
    ((_, _, named, told),) = mistakes_of(f"source: '{source}', {key}: {LOCAL[key]}")
    assert named == f"cameras.b.{key}" + (".Brightness" if key == "controls" else "")
    assert told.startswith(f"is for a camera of this machine, and the source is '{source}'")


def test_usb_camera_has_what_every_camera_of_this_machine_has() -> None:
    assert mistakes_of("source: /dev/video0, " + ", ".join(f"{key}: {value}" for key, value in LOCAL.items())) == []


@pytest.mark.parametrize("source", ["/dev/video0", "http://cam/", "test"])
def test_default_that_is_written_is_fine_everywhere(source: str) -> None:
    assert mistakes_of(f"source: '{source}', {DEFAULTS}") == []


def test_password_in_the_source_is_not_told() -> None:
    ((_, _, _, told),) = mistakes_of("source: 'http://u:hunter2@cam/', raw: true")
    assert "hunter2" not in told


def test_source_that_is_wrong_already_is_the_only_mistake() -> None:
    assert [key for _, _, key, _ in mistakes_of("source: tset, raw: true")] == ["cameras.b.source"]


@pytest.mark.parametrize(
    ("camera", "rest", "told"),
    [
        ("ramp: {longest_exposure: 11s}", "", "longest_exposure (11s) is longer than interval (10s, the default)"),
        ("interval: 5s, ramp: {longest_exposure: 6s}", "", "longest_exposure (6s) is longer than interval (5s)"),
        (
            "interval: 5m, ramp: {longest_exposure: 1m}",
            "supervisor: {lease_caps: {grab: 30s}}\n",
            "longest_exposure (1m) is longer than grab (30s)",
        ),
    ],
)
def test_ramp_that_exposes_longer_than_there_is_time_for_is_a_mistake(camera: str, rest: str, told: str) -> None:
    ((_, _, key, problem),) = mistakes_of(f"exposure: ramp, {camera}", rest)
    assert (key, problem) == ("cameras.b.ramp.longest_exposure", told)


@pytest.mark.parametrize(
    "camera",
    [
        "exposure: ramp, ramp: {longest_exposure: 10s}",
        "exposure: ramp, ramp: {longest_exposure: auto}, interval: 100ms",
        "exposure: auto, ramp: {longest_exposure: 11s}",
        "ramp: {longest_exposure: 11s}, source: test",
    ],
)
def test_ramp_that_has_the_time_or_is_not_in_use_is_fine(camera: str) -> None:
    assert mistakes_of(camera) == []


def test_interval_that_is_wrong_already_is_the_only_mistake() -> None:
    camera = "exposure: ramp, interval: 1x, ramp: {longest_exposure: 11s}"
    assert [key for _, _, key, _ in mistakes_of(camera)] == ["cameras.b.interval"]


@pytest.mark.parametrize(
    ("control", "key"), [("LensPosition", "lens_position"), ("hdr_mode", "hdr"), ("ScalerCrop", "region")]
)
def test_control_that_has_a_key_of_its_own_is_a_mistake(control: str, key: str) -> None:
    ((_, _, _, told),) = mistakes_of(f"controls: {{{control}: 1}}")
    assert told == f"has a key of its own: write {key} beside controls"


@pytest.mark.parametrize("control", ["ExposureTime", "analogue_gain", "AwbEnable", "auto_exposure"])
@pytest.mark.parametrize("exposure", ["locked", "ramp"])
def test_control_that_the_exposure_sets_is_a_mistake(exposure: str, control: str) -> None:
    ((_, _, key, told),) = mistakes_of(f"exposure: {exposure}, controls: {{{control}: 1}}")
    assert key == f"cameras.b.controls.{control}"
    assert told == f"is set by exposure ({exposure}): remove it, or have exposure: auto"
    assert mistakes_of(f"controls: {{{control}: 1}}") == []


def test_gain_of_a_usb_camera_which_no_ramp_sets_is_fine() -> None:
    assert mistakes_of("source: /dev/video0, exposure: ramp, controls: {gain: 3, white_balance_automatic: 0}") == []


def test_mistake_that_two_cameras_share_by_an_anchor_is_told_once() -> None:
    text = "output_dir: /x\ncameras:\n  a: &a {source: test, raw: true}\n  b: {<<: *a, interval: 1s}\n"
    with pytest.raises(MistakesError) as caught:
        parse(text, PATH)
    assert [(each.line, each.key) for each in caught.value.mistakes] == [(3, "cameras.a.raw")]
