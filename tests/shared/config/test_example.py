"""The files that people begin with."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import structs

from shared.config.keys import all_names, all_settings
from shared.config.model import CameraConfig, Configuration, OverlayConfig, RenderConfig
from shared.config.read import parse, read
from shared.config.setting import USERS_OWN

EXAMPLE = Path(__file__).parents[3] / "config" / "timelapse.yml"
IN_THE_README = """\
    output_dir: /var/lib/timelapse
    require_mount: false        # true: refuse to record unless a file system is mounted there
    location: {latitude: 59.9, longitude: 10.7}     # for sun times and EXIF
    cameras:
      main:
        source: auto            # auto | picamera2[:N] | /dev/video0 | rtsp://... | http://... | file | test
        resolution: 1920x1080
        interval: 10s
        quality: 90
        window: always          # always | 06:00-20:00 | sunrise-30m..sunset+30m
    storage:
      stop_above: 90%           # refuse to write
      clean: true               # false: never delete anything
      clean_above: 85%          # start deleting the oldest ...
      clean_to: 80%             # ... down to here
      keep_min: 1h              # never younger than this, even if other programs fill the disk
      keep_days: 0              # 0: as long as there is room
    supervisor:
      restart: {base: 5s, max: 300s, stable: 60s}
"""


WITHOUT_DEFAULT = CameraConfig(
    "main",
    artist="Jane Doe",
    copyright="© 2026 Jane Doe",
    controls={"Sharpness": "1.5", "AwbMode": "Daylight"},
    tuning_file="/usr/share/libcamera/ipa/rpi/vc4/imx219_noir.json",
)


def _with_defaults_shown() -> str:
    """The example with its commented-out keys in force, for a camera that has all of them."""
    text = EXAMPLE.read_text().replace("source: test", "source: auto")
    return re.sub(rf"^( *)# (?=({'|'.join(all_names())}): )", r"\1", text, flags=re.MULTILINE)


def test_example_is_the_built_in_camera_and_every_default() -> None:
    frames = str(EXAMPLE.parents[1] / "frames")
    expected = Configuration(str(EXAMPLE), frames, {"main": CameraConfig("main", source="test")})
    assert read(str(EXAMPLE)) == expected


def test_example_shows_defaults_that_are_the_defaults() -> None:
    shown = parse(_with_defaults_shown(), str(EXAMPLE))
    assert shown.secrets == str(EXAMPLE.with_name("secrets"))
    assert shown.cameras == {"main": WITHOUT_DEFAULT}
    days = {"all": 7, "every 1m": 30, "every 1h": 365}
    assert shown.storage.keep == {**{name: 86_400 * count for name, count in days.items()}, "every 1d": None}
    plain = {"main": CameraConfig("main", source="test")}
    storage = structs.replace(shown.storage, keep={})
    font = str(EXAMPLE.with_name("DejaVuSans.ttf"))
    assert shown.render == RenderConfig(overlay=OverlayConfig("%Y-%m-%d %H:%M", "{camera}", font=font))
    changed = structs.replace(shown, location=None, secrets=None, cameras=plain, storage=storage, render=RenderConfig())
    assert changed == read(str(EXAMPLE))


def test_example_explains_every_key() -> None:
    lines = _with_defaults_shown()
    for key in all_settings():
        if key.endswith(f".{USERS_OWN}"):
            continue  # the user's own choice; its section is there with an example
        assert re.search(rf"\b{key.rpartition('.')[2]}: ", lines), key


def test_example_of_the_documentation_is_every_default_but_the_place() -> None:
    configuration = parse(IN_THE_README, "/etc/timelapse/timelapse.yml")
    expected = Configuration(
        "/etc/timelapse/timelapse.yml",
        "/var/lib/timelapse",
        {"main": CameraConfig("main")},
        location=configuration.location,
    )
    assert configuration == expected
    assert configuration.location is not None
