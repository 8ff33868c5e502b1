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
        ("storage.stop_above", "91%"),
        ("storage.clean", "false"),
        ("storage.clean_above", "84%"),
        ("storage.clean_to", "70%"),
        ("storage.keep_min", "2h"),
        ("storage.keep_days", "30"),
        ("supervisor.restart.base", "1s"),
        ("supervisor.restart.max", "10m"),
        ("supervisor.restart.stable", "2m"),
        ("supervisor.lease_caps.open", "10s"),
    ],
)
def test_change_of_policy_is_applied(key: str, value: str) -> None:
    new = parse(set_value(TEXT, key, value, PATH), PATH)
    assert compare(OLD, new) == Changes(applied=(key,))
    assert merge_for_reload(OLD, new) == new


@pytest.mark.parametrize(
    ("key", "value"), [("cameras.main.source", "/srv/x.mp4"), ("cameras.main.resolution", "640x480")]
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
