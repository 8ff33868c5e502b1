"""What a reload applies, and what waits."""

from __future__ import annotations

import pytest
from msgspec import structs

from shared.config.changes import Changes, compare, merge_for_reload, remedy
from shared.config.edit import set_value
from shared.config.model import CameraConfig, Configuration
from shared.config.read import parse

PATH = "/etc/timelapse/timelapse.yml"
TEXT = """\
output_dir: /srv/frames
location: {latitude: 1, longitude: 2}
cameras:
  main: {source: test}
storage: {stop_above: 95%}
"""
OLD = parse(TEXT, PATH)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("location.latitude", "3"),
        ("location.longitude", "-3"),
        ("cameras.main.interval", "5s"),
        ("cameras.main.quality", "80"),
        ("cameras.main.window", "06:00-20:00"),
        ("cameras.main.artist", "Jane Doe"),
        ("cameras.main.copyright", "© Jane Doe"),
        ("storage.stop_above", "91%"),
        ("storage.clean", "false"),
        ("storage.clean_above", "84%"),
        ("storage.clean_to", "70%"),
        ("storage.keep_min", "2h"),
        ("storage.keep_days", "30"),
        ("storage.yield", "20%"),
        ("storage.ledger_commit", "30s"),
        ("storage.checksums", "true"),
        ("supervisor.restart.base", "1s"),
        ("supervisor.restart.max", "10m"),
        ("supervisor.restart.stable", "2m"),
        ("supervisor.lease_caps.open", "10s"),
        ("supervisor.standby", "never"),
    ],
)
def test_change_of_policy_is_applied(key: str, value: str) -> None:
    new = parse(set_value(TEXT, key, value, PATH), PATH)
    assert compare(OLD, new) == Changes(applied=(key,))
    assert merge_for_reload(OLD, new) == new


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cameras.main.source", "/srv/x.mp4"),
        ("cameras.main.resolution", "640x480"),
    ],
)
def test_change_of_what_is_opened_waits_for_the_worker_and_is_stored(key: str, value: str) -> None:
    new = parse(set_value(TEXT, key, value, PATH), PATH)
    assert compare(OLD, new) == Changes(needs_restart=(key,))
    assert merge_for_reload(OLD, new) == new
    assert remedy(key) == "timelapse restart capture.main"


@pytest.mark.parametrize(("key", "value"), [("output_dir", "/srv/other"), ("require_mount", "true")])
def test_change_of_the_output_waits_for_the_service_and_the_old_stays(key: str, value: str) -> None:
    new = parse(set_value(TEXT, key, value, PATH), PATH)
    merged = merge_for_reload(OLD, new)
    assert compare(OLD, new) == Changes(needs_restart=(key,))
    assert merged == OLD
    assert compare(merged, new).needs_restart == (key,), "the next reload tells of it again"
    assert remedy(key) == "restart the service"


def test_cameras_that_come_and_go_are_told_by_name_alone() -> None:
    new = structs.replace(OLD, cameras={"garden": CameraConfig("garden", interval_ms=500)})
    assert compare(OLD, new) == Changes(added_cameras=("garden",), removed_cameras=("main",))
    assert merge_for_reload(OLD, new) == new


@pytest.mark.parametrize("backwards", [False, True])
def test_location_that_comes_or_goes_is_applied(backwards: bool) -> None:
    without = structs.replace(OLD, location=None)
    one, other = (OLD, without) if backwards else (without, OLD)
    assert compare(one, other) == Changes(applied=("location.latitude", "location.longitude"))


def test_nothing_changed_is_false() -> None:
    assert not compare(OLD, OLD)
    assert compare(OLD, structs.replace(OLD, require_mount=True))


def test_path_alone_is_no_change() -> None:
    moved: Configuration = structs.replace(OLD, path="/elsewhere.yml")
    assert not compare(OLD, moved)


def test_secrets_kept_elsewhere_are_applied_and_wait_for_the_cameras_that_have_some() -> None:
    text = TEXT.replace("{source: test}", "{source: test}\n  gate: {source: 'http://u:${P}@cam/'}")
    old, new = parse(text + "secrets: /etc/one\n", PATH), parse(text + "secrets: /etc/two\n", PATH)
    changes = Changes(applied=("secrets",), needs_restart=("cameras.gate.source",))
    assert compare(old, new) == changes
    assert compare(parse(text, PATH), new) == changes
    assert compare(new, parse(text, PATH)) == changes
    assert merge_for_reload(old, new) == new
    assert remedy("cameras.gate.source") == "timelapse restart capture.gate"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("exposure", "ramp"),
        ("ramp.brightness", "30%"),
        ("ramp.longest_exposure", "2s"),
        ("ramp.highest_gain", "8"),
        ("controls.Sharpness", "2"),
        ("controls.AwbMode", "Indoor"),
        ("flip", "both"),
        ("keep_open", "never"),
        ("lens_position", "0.5"),
        ("hdr", "night"),
        ("region", "0,0,0.5,0.5"),
        ("tuning_file", "/etc/t.json"),
        ("raw", "true"),
    ],
)
def test_change_of_how_the_camera_is_set_up_waits_for_the_worker(key: str, value: str) -> None:
    text = TEXT.replace("{source: test}", "{source: auto, controls: {Sharpness: 1.5}}")
    old, new = parse(text, PATH), parse(set_value(text, f"cameras.main.{key}", value, PATH), PATH)
    assert compare(old, new) == Changes(needs_restart=(f"cameras.main.{key}",))
    assert merge_for_reload(old, new) == new
    assert remedy(f"cameras.main.{key}") == "timelapse restart capture.main"


def test_control_that_goes_waits_for_the_worker() -> None:
    with_one = parse(TEXT.replace("{source: test}", "{source: auto, controls: {A: 1}}"), PATH)
    without = parse(TEXT.replace("{source: test}", "{source: auto}"), PATH)
    assert compare(with_one, without) == Changes(needs_restart=("cameras.main.controls.A",))
