"""Effective settings, as a person would write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.keys import flatten
from shared.config.model import (
    CameraConfig,
    Configuration,
    Location,
    RampConfig,
    RestartConfig,
    StorageConfig,
    SupervisorConfig,
)
from shared.config.read import parse
from shared.config.show import get_value, show
from shared.errors import UsageError

PATH = "/etc/timelapse/timelapse.yml"
SHOWN = """\
output_dir: /srv/frames
require_mount: false
location:
  latitude: 59.9
  longitude: -10
cameras:
  main:
    source: rtsp://user:***@cam/s
    resolution: 1920x1080
    interval: 500ms
    quality: 90
    window: always
    tls_verify: true
    realtime: false
    artist: ''
    copyright: ''
    exposure: auto
    ramp:
      brightness: 40%
      longest_exposure: auto
      highest_gain: auto
    flip: none
    keep_open: auto
    lens_position: auto
    hdr: off
    region: all
    raw: false
  garden:
    source: picamera2
    resolution: 640x480
    interval: 10s
    quality: 90
    window: sunrise..sunset
    tls_verify: true
    realtime: false
    artist: Jane <jane@cam>
    copyright: ''
    exposure: ramp
    ramp:
      brightness: 35.5%
      longest_exposure: 5s
      highest_gain: 8
    controls:
      AwbMode: Daylight
      Sharpness: 1.5
    flip: both
    keep_open: never
    lens_position: 0
    hdr: off
    region: 0.25,0.25,0.5,0.5
    tuning_file: /etc/t.json
    raw: true
storage:
  stop_above: 90%
  clean: true
  clean_above: 85%
  clean_to: 80%
  keep_min: 1h
  keep_days: 0
  max_size: 0B
  protect: none
  when_full: delete_oldest
  yield: 50%
  ledger_commit: 10s
  checksums: false
render:
  daily: off
  cameras: all
  kinds: video
  fps: 25
  length: 1m
  between: always
  size: auto
  codec: h264
  crf: auto
  deflicker: true
  gaps: hold
  overlay:
    timestamp: ''
    text: ''
    place: bottom-left
    height: 4%
    day_bar: false
  keep_days: 0
  pause_above: 75
supervisor:
  standby: auto
  restart:
    base: 5s
    max: 5m
    stable: 1m
  lease_caps:
    open: 30s
    grab: 15m
    wait: 90s
    write: 1m
    sleep: 90s
    disk: 1m
    prune: 1m
    ledger: 1m
"""
CONFIGURATION = Configuration(
    PATH,
    "/srv/frames",
    {
        "main": CameraConfig("main", "rtsp://user:secret@cam/s", interval_ms=500),
        "garden": CameraConfig(
            "garden",
            "picamera2",
            (640, 480),
            window="sunrise..sunset",
            artist="Jane <jane@cam>",
            exposure="ramp",
            ramp=RampConfig(35.5, 5.0, 8.0),
            controls={"AwbMode": "Daylight", "Sharpness": "1.5"},
            flip="both",
            keep_open="never",
            lens_position=0.0,
            region=(0.25, 0.25, 0.5, 0.5),
            tuning_file="/etc/t.json",
            raw=True,
        ),
    },
    location=Location(59.9, -10.0),
)


def test_show_has_every_setting_and_no_password() -> None:
    assert show(CONFIGURATION) == SHOWN


def test_show_of_a_path_that_needs_quotes_reads_back() -> None:
    odd = parse("output_dir: '/srv/a: b #c'\ncameras: {null: {source: 'file:/srv/*x'}}\n", PATH)
    assert parse(show(odd), PATH) == odd


_LINES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=200).map(
    str.strip
)
_DURATIONS = st.integers(1000, 3_600_000).map(lambda duration_ms: duration_ms / 1000)
_CAMERAS = st.builds(
    CameraConfig,
    name=st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,31}\Z").filter(lambda name: name not in {"storage", "render"}),
    source=st.sampled_from(["auto", "test", "/srv/clip.mp4", "file:/dev/shm/x"])
    | st.integers(0, 9).map(lambda n: f"http://h{n}/x?y#z"),
    resolution=st.tuples(st.integers(8, 8192).map(lambda n: 2 * n), st.integers(8, 8192).map(lambda n: 2 * n)),
    interval_ms=st.integers(20, 86_400_000),
    quality=st.integers(1, 100),
    window=st.sampled_from(["always", "06:00-20:00", "dusk+10m..06:00"]),
    artist=_LINES,
    copyright=_LINES,
    ramp=st.builds(
        RampConfig,
        brightness_percent=st.floats(5, 95).map(lambda x: round(x, 3)),
        longest_exposure_s=st.just(0.0) | st.integers(1, 600_000).map(lambda n: n / 1000),
        highest_gain=st.just(0.0) | st.floats(1, 1000).map(lambda x: round(x, 3)),
    ),
)
_PI_CAMERAS = st.builds(
    CameraConfig,
    name=st.just("pi"),
    source=st.sampled_from(["auto", "picamera2", "picamera2:1"]),
    exposure=st.sampled_from(["auto", "locked", "ramp"]),
    controls=st.dictionaries(
        st.from_regex(r"\A[A-Z]\w{0,30}x\Z", fullmatch=True).filter(str.isascii),
        st.from_regex(r"\A-?[\w.#,'\"{}*&!|>% -]{0,20}\w\Z").map(str.strip).filter(str.isprintable),
        max_size=4,
    ),
    flip=st.sampled_from(["none", "horizontal", "vertical", "both"]),
    keep_open=st.sampled_from(["auto", "always", "never"]),
    lens_position=st.none() | st.floats(0, 100).map(lambda x: round(x, 4)),
    hdr=st.sampled_from(["off", "single", "multi", "multi-unmerged", "night"]),
    region=st.none() | st.tuples(*[st.integers(1, 500_000).map(lambda n: n / 1_000_000)] * 4),
    tuning_file=st.none() | st.just("/etc/tuning file.json"),
    raw=st.booleans(),
)
CONFIGURATIONS = st.builds(
    Configuration,
    path=st.just(PATH),
    output_dir=st.from_regex(r"\A/srv/[^/\s][\w: #'\"{},%&*!|>-]{0,20}[\w'\"#:]\Z").filter(
        lambda path: path.isprintable() and "://" not in path
    ),
    cameras=st.tuples(
        st.lists(_CAMERAS, min_size=1, max_size=3, unique_by=(lambda c: c.name, lambda c: c.source)),
        st.lists(_PI_CAMERAS, max_size=1),
    ).map(lambda both: {camera.name: camera for camera in [*both[0], *both[1]]}),
    require_mount=st.booleans(),
    location=st.builds(
        Location, st.floats(-90, 90).map(lambda x: round(x, 6)), st.floats(-180, 180).map(lambda x: round(x, 6))
    ),
    storage=st.builds(
        StorageConfig,
        stop_above_percent=st.floats(90, 100).map(lambda x: round(x, 3)),
        clean=st.booleans(),
        clean_to_percent=st.floats(1, 84).map(lambda x: round(x, 3)),
        keep_min_s=_DURATIONS,
        keep_days=st.integers(1, 999).map(float) | st.just(0.0),
        yield_percent=st.integers(0, 100).map(float),
        ledger_commit_s=_DURATIONS,
        checksums=st.booleans(),
    ),
    supervisor=st.builds(
        SupervisorConfig,
        restart=st.builds(RestartConfig, base_s=_DURATIONS, max_s=st.just(3600.0), stable_s=_DURATIONS),
        lease_caps_s=st.just({**SupervisorConfig().lease_caps_s, "open": 12.5}),
    ),
)


@given(CONFIGURATIONS)
def test_show_without_passwords_reads_back_as_the_same(configuration: Configuration) -> None:
    assert parse(show(configuration), PATH) == configuration


def test_get_gives_each_setting_as_show_has_it_but_with_its_password() -> None:
    for key, setting, value in flatten(CONFIGURATION):
        assert get_value(CONFIGURATION, key) == setting.render(value)
    assert get_value(CONFIGURATION, "cameras.main.source") == "rtsp://user:secret@cam/s"
    assert get_value(CONFIGURATION, "storage.stop_above") == "90%"


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("storage.stop_abov", "there is no key storage.stop_abov (did you mean storage.stop_above?)"),
        ("cameras.main.intervall", "(did you mean cameras.main.interval?)"),
        ("interval", "(did you mean cameras.NAME.interval?)"),
        ("base", "(did you mean supervisor.restart.base?)"),
        ("nothing", "there is no key nothing"),
        ("", "there is no key "),
        ("storage.stop_above.x", "there is no key storage.stop_above.x"),
        ("storage", "storage is a section: name one of its keys (storage.stop_above, storage.clean,"),
        ("cameras", "name one of its keys (cameras.NAME.source,"),
        ("cameras.main", "name one of its keys (cameras.main.source,"),
        ("cameras.main.controls", "is a section: name one of its keys (cameras.main.controls.NAME)"),
        ("cameras.main.controls.A.b", "there is no key cameras.main.controls.A.b"),
        ("cameras.main.controls.Sharpness", "cameras.main.controls.Sharpness is not set, and has no default"),
        ("cameras.main.tuning_file", "cameras.main.tuning_file is not set, and has no default"),
        ("cameras.main.brightness", "(did you mean cameras.main.ramp.brightness?)"),
        ("highest_gain", "(did you mean cameras.NAME.ramp.highest_gain?)"),
        ("NAME", "there is no key NAME"),
        ("cameras.mian.source", "there is no camera mian (did you mean main?)"),
        ("cameras.zzz.source", "there is no camera zzz (there is main, garden)"),
    ],
)
def test_get_of_what_is_no_setting_tells_what_was_meant(key: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        get_value(CONFIGURATION, key)
    assert told in str(caught.value)


def test_get_of_a_location_that_is_not_given_is_told() -> None:
    without = Configuration(PATH, "/x", {"main": CameraConfig("main")})
    with pytest.raises(UsageError, match=r"location\.latitude is not set, and has no default"):
        get_value(without, "location.latitude")


def test_show_of_secrets_has_their_names_and_reads_back() -> None:
    text = "output_dir: /x\nsecrets: /etc/s\ncameras:\n  main:\n    source: rtsp://${U}:${P}@cam/s?pwd=${P}\n"
    configuration = parse(text, PATH)
    assert parse(show(configuration), PATH) == configuration
    assert "secrets: /etc/s\n" in show(configuration)
    assert "source: rtsp://${U}:${P}@cam/s?pwd=${P}\n" in show(configuration)


def test_get_of_secrets_that_are_not_set_says_so() -> None:
    with pytest.raises(UsageError, match="secrets is not set, and has no default"):
        get_value(CONFIGURATION, "secrets")
