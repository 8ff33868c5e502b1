"""Reading whole files: what comes out, and every mistake at its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.mistakes import MistakesError
from shared.config.model import CameraConfig, Configuration, Location, RestartConfig, StorageConfig, SupervisorConfig
from shared.config.read import parse, read
from shared.errors import EX_CONFIG, ConfigError

PATH = "/etc/timelapse/timelapse.yml"
FULL = """\
# Everything there is.
output_dir: ../frames
require_mount: true
location: {latitude: -33.9, longitude: 18.4}
cameras:
  main: &main
    source: rtsp://user:hunter2@cam.local/stream
    resolution: 1280x720
    interval: 500ms
    quality: 75
    window: sunrise-30m..sunset+30m
  garden:
    <<: *main
    source: file:clip.mjpeg
    quality: "80"
  plain:
storage:
  stop_above: 95
  clean: false
  clean_above: 85.5%
  clean_to: 80%
  keep_min: 2h
  keep_days: 30
supervisor:
  restart: {base: 1s, max: 60s, stable: 30s}
  lease_caps: {open: 10s, grab: 1h}
"""
EIGHT = """\
output_dir: /srv/frames
require_mount: yes
cameras:
  main:
    source: rstp://user:secret@cam/stream
    intervall: 10s
    quality: 101
    window: sunrise..sunset
  b:
    source: [test]
    resolution: 1921x1080
storage:
  stop_above: 90%
  clean_to: 86%
"""
MINIMAL = "output_dir: /srv/frames\ncameras: {main: {source: test}}\n"


def mistakes_of(text: str) -> list[tuple[int, int, str, str]]:
    with pytest.raises(MistakesError) as caught:
        parse(text, PATH)
    return [(mistake.line, mistake.column, mistake.key, mistake.problem) for mistake in caught.value.mistakes]


def test_file_with_everything_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "timelapse.yml"
    path.write_text(FULL)
    window = "sunrise-30m..sunset+30m"
    assert read(str(path)) == Configuration(
        path=str(path),
        output_dir=str(tmp_path.parent / "frames"),
        require_mount=True,
        location=Location(-33.9, 18.4),
        cameras={
            "main": CameraConfig("main", "rtsp://user:hunter2@cam.local/stream", (1280, 720), 500, 75, window),
            "garden": CameraConfig("garden", str(tmp_path / "clip.mjpeg"), (1280, 720), 500, 80, window),
            "plain": CameraConfig("plain"),
        },
        storage=StorageConfig(95.0, False, 85.5, 80.0, 7200.0, 30.0),
        supervisor=SupervisorConfig(
            RestartConfig(1.0, 60.0, 30.0),
            {**SupervisorConfig().lease_caps_s, "open": 10.0, "grab": 3600.0},
        ),
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_file_with_other_line_ends_or_a_byte_order_mark_reads_the_same(tmp_path: Path, end: str, mark: str) -> None:
    path = tmp_path / "timelapse.yml"
    path.write_bytes((mark + FULL.replace("\n", end)).encode())
    assert read(str(path)) == parse(FULL, str(path))


def test_file_with_eight_mistakes_tells_exactly_those() -> None:
    with pytest.raises(MistakesError) as caught:
        parse(EIGHT, PATH)
    assert str(caught.value).splitlines() == [
        f"{PATH}:2:16: require_mount: 'yes' is neither true nor false (did you mean true?)",
        (
            f"{PATH}:5:13: cameras.main.source: 'rstp://user:***@cam/stream': no camera is reached by 'rstp://'"
            " (did you mean rtsp://?)"
        ),
        f"{PATH}:6:5: cameras.main.intervall: unknown key (did you mean interval?)",
        f"{PATH}:7:14: cameras.main.quality: '101' is out of range: from 1 to 100",
        (
            f"{PATH}:8:13: cameras.main.window: 'sunrise..sunset' goes by the sun, which takes location:"
            " {latitude: .., longitude: ..}"
        ),
        f"{PATH}:10:13: cameras.b.source: takes one value, such as rtsp://192.168.1.20/stream1, not a list",
        (
            f"{PATH}:11:17: cameras.b.resolution: '1921x1080' has an odd side, which JPEG and video can't halve"
            " (did you mean 1920x1080?)"
        ),
        (
            f"{PATH}:14:13: storage.clean_to: clean_to (86%) is not below clean_above (85%, the default):"
            " set storage.clean_above too"
        ),
    ]
    assert caught.value.status == EX_CONFIG
    assert [(mistake.line, mistake.column) for mistake in caught.value.mistakes] == [
        (2, 16), (5, 13), (6, 5), (7, 14), (8, 13), (10, 13), (11, 17), (14, 13)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "column", "key", "told"),
    [
        ("- a\n", 1, 1, "", "the file has to be a section of keys and values"),
        ("hello", 1, 1, "", "not one value"),
        (MINIMAL + "zzz: 1\n", 3, 1, "zzz", "unknown key (known here: output_dir"),
        (MINIMAL + "standby: auto\n", 3, 1, "standby", "unknown key here (did you mean supervisor.standby?)"),
        (MINIMAL + "supervisor: {standby: yes}\n", 3, 23, "supervisor.standby", "(did you mean always?)"),
        (MINIMAL + "rendered: 1\n", 3, 1, "rendered", "unknown key"),
        (MINIMAL + "interval: 5s\n", 3, 1, "interval", "unknown key here (did you mean cameras.NAME.interval?)"),
        (MINIMAL + "storage.clean: true\n", 3, 1, "'storage.clean'", "keys are nested, storage: {clean: ..}"),
        (MINIMAL + "output_dir: /x\n", 3, 1, "output_dir", "is given twice (first in line 1)"),
        (MINIMAL + "storage: [1]\n", 3, 10, "storage", "is a section of keys and values (stop_above"),
        (MINIMAL + "storage:\n  clean:\n", 4, 3, "storage.clean", "has no value"),
        (MINIMAL + "storage: {clean: ~}\n", 3, 18, "storage.clean", "or remove the line to have the default"),
        (MINIMAL + "storage: {stop_above: 0.9}\n", 3, 23, "storage.stop_above", "(did you mean 90%?)"),
        (MINIMAL + "storage: {stop_above: 101%}\n", 3, 23, "storage.stop_above", "from 1% to 100%"),
        (
            MINIMAL + "storage: {stop_above: 84%}\n",
            3,
            23,
            "storage.stop_above",
            "clean_above (85%, the default) is above",
        ),
        (
            MINIMAL + "storage: {clean_above: 80%}\n",
            3,
            24,
            "storage.clean_above",
            "clean_to (80%, the default) is not below",
        ),
        (MINIMAL + "storage: {keep_days: 1, keep_min: 2d}\n", 3, 22, "storage.keep_days", "keep_min (2d) is longer"),
        (MINIMAL + "storage: {keep_min: -1}\n", 3, 21, "storage.keep_min", "it can't be negative"),
        (MINIMAL + "location: {latitude: 1}\n", 3, 1, "location.longitude", "is missing"),
        (MINIMAL + "location: {latitude: 91, longitude: 1}\n", 3, 22, "location.latitude", "from -90 to 90"),
        (MINIMAL + "location: {latitude: 1, longitude: 181}\n", 3, 36, "location.longitude", "from -180 to 180"),
        (MINIMAL + "location: {latitude: 59,9, longitude: 1}\n", 3, 25, "location.9", "decimals take a point"),
        (
            MINIMAL + "supervisor: {restart: {base: 10m}}\n",
            3,
            30,
            "supervisor.restart.base",
            "is above max (5m, the default)",
        ),
        (MINIMAL + "supervisor: {lease_caps: {opn: 1s}}\n", 3, 27, "supervisor.lease_caps.opn", "(did you mean open?)"),
        (MINIMAL + "supervisor: {lease_caps: {open: 2d}}\n", 3, 33, "supervisor.lease_caps.open", "from 1s to 1d"),
        (MINIMAL + "? [a]\n: b\n", 3, 3, "", "a key is a word"),
        (MINIMAL + "require_mount: !env_var X\n", 3, 25, "require_mount", "the tag '!env_var' means nothing here"),
        ("cameras: {main: {}}\n", 1, 1, "output_dir", "is missing"),
        ("output_dir: /x\n", 1, 1, "cameras", "names no camera"),
        ("output_dir: /x\ncameras:\n", 2, 1, "cameras", "names no camera"),
        ("output_dir: http://u:secret@h/\ncameras: {m: {}}\n", 1, 13, "output_dir", "'http://u:***@h/' is an address"),
    ],
)
def test_file_with_one_mistake_tells_it_at_its_place(text: str, line: int, column: int, key: str, told: str) -> None:
    ((at_line, at_column, at_key, problem),) = mistakes_of(text)
    assert (at_line, at_column, at_key) == (line, column, key)
    assert told in problem


@pytest.mark.parametrize(
    ("camera", "column", "key", "told"),
    [
        ("Front Door: {}", 3, "'Front Door'", "(did you mean front-door?)"),
        ("storage: {}", 3, "storage", "the name of a worker"),
        ("render: {}", 3, "render", "the name of a worker"),
        ("-x: {}", 3, "-x", "begins with a letter or digit (did you mean x?)"),
        ("'': {}", 3, "''", "a camera's name is made of"),
        ("..: {}", 3, "'..'", "a camera's name is made of"),
        ("a/b: {}", 3, "'a/b'", "(did you mean a-b?)"),
        (f"{'x' * 33}: {{}}", 3, "x" * 33, "at most 32 characters, this one 33"),
        ("b: test", 6, "b", "is a section of keys and values (source,"),
        ("b: {interval: 10ms}", 17, "b.interval", "from 20ms to 24h"),
        ("b: {interval: 25h}", 17, "b.interval", "from 20ms to 24h"),
        ("b: {interval: 100.5ms}", 17, "b.interval", "not a whole number of milliseconds"),
        ("b: {quality: 0}", 16, "b.quality", "from 1 to 100"),
        ("b: {resolution: 14x16}", 19, "b.resolution", "each side from 16 to 16384"),
        ("b: {resolution: 1920}", 19, "b.resolution", "write WIDTHxHEIGHT"),
        ("b: {resolution: [1920, 1080]}", 19, "b.resolution", "not a list"),
        ("b: {window: 6-20}", 15, "b.window", "neither a time of day"),
        ("b: {source: tset}", 15, "b.source", "(did you mean test?)"),
        ("b: {exposure: rampe}", 17, "b.exposure", "(did you mean ramp?)"),
        ("b: {exposure: 1}", 17, "b.exposure", "'1' is not known here (known: auto, locked, ramp)"),
        ("b: {exposre: 1}", 7, "b.exposre", "(did you mean exposure?)"),
        ("b: {zzz: 1}", 7, "b.zzz", "(known here: source, resolution, interval,"),
        ("b: {Sharpness: 1}", 7, "b.Sharpness", "; a control of the camera's own goes into controls)"),
        ("b: {ramp: {brightnes: 1}}", 14, "b.ramp.brightnes", "(did you mean brightness?)"),
        ("b: {brightness: 40%}", 7, "b.brightness", "unknown key here (did you mean cameras.NAME.ramp.brightness?)"),
        ("b: {ramp: {brightness: 96%}}", 26, "b.ramp.brightness", "from 5% to 95%"),
        ("b: {controls: {'Gain, Auto': 1}}", 18, "b.controls.'Gain, Auto'", "(did you mean gain_auto?)"),
        ("b: {controls: {A: [1, 2]}}", 21, "b.controls.A", "takes one value, such as 1.5, not a list"),
        ("b: {controls: {A: }}", 18, "b.controls.A", "has no value (write one, such as 1.5"),
        ("b: {controls: {A: 1, A: 2}}", 24, "b.controls.A", "is given twice"),
        ("b: {controls: 5}", 17, "b.controls", "is a section of keys and values, not one value"),
        ("b: {control: {A: 1}}", 7, "b.control", "(did you mean controls?)"),
        ("b: {hdr: on}", 12, "b.hdr", "'on' is not known here (known: off, single, multi, multi-unmerged, night)"),
        ("b: {keep_open: true}", 18, "b.keep_open", "(did you mean always?)"),
        ("b: {tuning_file: 'http://x/y'}", 20, "b.tuning_file", "is an address, not a file"),
        ("b: {<<: 3}", 11, "b.<<", "merges a mapping"),
    ],
)
def test_camera_with_one_mistake_tells_it_at_its_place(camera: str, column: int, key: str, told: str) -> None:
    text = f"output_dir: /x\ncameras:\n  main: {{source: test}}\n  {camera}\n"
    ((line, at_column, at_key, problem),) = mistakes_of(text)
    assert (line, at_column, at_key) == (4, column, f"cameras.{key}")
    assert told in problem


def test_name_of_the_greatest_length_is_taken() -> None:
    name = "0_" + "x" * 30
    assert list(parse(f"output_dir: /x\ncameras: {{{name}: {{}}}}", PATH).cameras) == [name]


def test_key_misspelt_is_not_told_as_missing_too() -> None:
    assert [key for _, _, key, _ in mistakes_of("output_dirr: /x\ncameras: {main: {}}\n")] == ["output_dirr"]


def test_cameras_with_one_device_are_a_mistake_of_the_second() -> None:
    text = "output_dir: /x\ncameras:\n  a: {source: http://u:secret@cam/}\n  b: {source: http://cam:80}\n"
    assert mistakes_of(text) == [(4, 15, "cameras.b.source", "'http://cam:80' is the same camera as cameras.a.source")]


@pytest.mark.parametrize("source", ["test", "auto", "file:clip.mp4"])
def test_cameras_with_one_source_that_can_be_shared_are_taken(source: str) -> None:
    text = f"output_dir: /x\ncameras:\n  a: {{source: '{source}'}}\n  b: {{source: '{source}'}}\n"
    assert len(parse(text, PATH).cameras) == 2


def test_thresholds_of_cleaning_mean_nothing_where_nothing_is_cleaned() -> None:
    assert parse(MINIMAL + "storage: {stop_above: 50%, clean: false}\n", PATH).storage.stop_above_percent == 50.0


def test_rule_between_keys_is_silent_where_one_of_them_is_wrong_already() -> None:
    keys = [key for _, _, key, _ in mistakes_of(MINIMAL + "storage: {clean_above: 9O%, clean_to: 99%}\n")]
    assert keys == ["storage.clean_above"]


def test_mistake_in_a_shared_node_is_told_once() -> None:
    text = "output_dir: /x\ncameras:\n  a: &a {quality: 0}\n  b: *a\n  c: {<<: *a}\n"
    assert mistakes_of(text) == [(3, 19, "cameras.a.quality", "'0' is out of range: from 1 to 100")]


def test_alias_that_is_wrong_where_it_stands_is_told_there() -> None:
    text = "output_dir: &x /x\ncameras: {a: {quality: *x}}\n"
    assert mistakes_of(text) == [(2, 24, "cameras.a.quality", "'/x' is not a whole number")]


def test_section_with_everything_commented_out_is_not_there() -> None:
    text = MINIMAL + "location:\n  # latitude: 1\nstorage:\nsupervisor:\n  restart:\n"
    assert parse(text, PATH) == parse(MINIMAL, PATH)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "{path}: holds no configuration (config/timelapse.yml is an example)"),
        (b"# nothing\n", "{path}: holds no configuration (config/timelapse.yml is an example)"),
        ("output_dir: /größe\n".encode("latin-1"), "{path}:1:16: byte 0xf6 is no UTF-8: save the file as UTF-8"),
        ("output_dir: /x\n# größe".encode() + b"\xff", "{path}:2:8: byte 0xff is no UTF-8: save the file as UTF-8"),
        ("output_dir: /x\n".encode("utf-16"), "{path}:1:1: byte 0xff is no UTF-8: save the file as UTF-8"),
        (b"#" * 300_000, "{path}: is longer than 65536 characters: that is no configuration"),
        (b"#" * 70_000, "{path}: is longer than 65536 characters: that is no configuration"),
    ],
)
def test_file_that_holds_no_configuration_is_told(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "timelapse.yml"
    path.write_bytes(data)
    with pytest.raises(MistakesError) as caught:
        read(str(path))
    assert str(caught.value) == told.format(path=path)


def test_file_that_is_not_there_is_a_mistake_without_a_line(tmp_path: Path) -> None:
    with pytest.raises(MistakesError, match=r"none\.yml: can't be read: No such file or directory$") as caught:
        read(str(tmp_path / "none.yml"))
    assert (caught.value.mistakes[0].line, caught.value.mistakes[0].column) == (0, 0)


def test_file_that_is_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.yml")
    with pytest.raises(MistakesError, match="is no regular file"):
        read(str(tmp_path / "x.yml"))


def test_password_under_any_key_is_never_told() -> None:
    url = "rtsp://user:hunter2@cam/stream"
    for template in ("{url}: 1", "a: {url}", "output_dir: {url}", "source:{url}", "cameras: {{a: {url}}}",
                     "cameras: {{{url}: {{}}}}", "storage: {{keep_min: {url}}}", "cameras: {{a: {{source:{url}}}}}",
                     "cameras: {{a: {{window: '{url}'}}}}", "cameras: {{a: {{source: {url} x}}}}", "cameras: {url}: x",
                     "location: {{latitude: !{url} 1}}", "a: '{url}", "? [{url}]"):  # fmt: skip
        with pytest.raises(ConfigError) as caught:
            parse(template.format(url=url), PATH)
        assert "hunter2" not in str(caught.value), template


_PIECES = st.sampled_from(
    ["{", "}", "[", "]", ": ", ":", ",", "\n", "\n  ", "\t", "'", '"', "#", " #", "&a ", "*a", "<<: ", "!t ", "- ",
     "? ", "|", ">", "---\n", "...\n", "%YAML 1.1\n", "\\", "\\U99999999", "\x00", "\x85", "\u2028", "\r",
     "\ufeff", "~", "é"]
)  # fmt: skip


@given(st.text() | st.lists(_PIECES | st.sampled_from(["output_dir", "cameras", "main", "10s"])).map("".join))
def test_text_of_any_kind_raises_nothing_but_config_error(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, PATH)
    assert all(line.startswith(PATH) for line in str(caught.value).split("\n"))
    assert str(caught.value).replace("\n", "").isprintable()


@settings(max_examples=200)
@given(
    at=st.integers(0, len(FULL)),
    removed=st.integers(0, 30),
    pieces=st.lists(_PIECES | st.text(max_size=3), max_size=4),
)
def test_text_mutated_raises_nothing_but_config_error(at: int, removed: int, pieces: list[str]) -> None:
    text = FULL[:at] + "".join(pieces) + FULL[at + removed :]
    try:
        parse(text, PATH)
    except MistakesError as error:
        lines = text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + 1
        assert all(0 <= mistake.line <= lines for mistake in error.mistakes)  # noqa: PT017 - some are still right
        assert "hunter2" not in str(error) or "hunter2" not in FULL[:at] + FULL[at + removed :]  # noqa: PT017


def test_secrets_go_to_the_cameras_whose_sources_refer_to_one() -> None:
    cameras = "cameras: {a: {source: 'http://u:${P}@cam/'}, b: {source: 'http://u:p@cam2/'}}\n"
    configuration = parse(f"output_dir: /x\nsecrets: passwords\n{cameras}", PATH)
    path = str(Path(PATH).with_name("passwords"))
    assert configuration.secrets == path
    assert {name: camera.secrets for name, camera in configuration.cameras.items()} == {"a": path, "b": None}
    assert configuration.cameras["a"].source == "http://u:${P}@cam/"
    without = parse(f"output_dir: /x\n{cameras}", PATH)
    assert (without.secrets, without.cameras["a"].secrets) == (None, None)


def test_reference_that_is_none_or_out_of_place_is_a_mistake_with_its_place() -> None:
    text = "output_dir: /x\ncameras:\n  a: {source: 'http://u:${P@cam/'}\n  b:\n    source: http://${HOST}/\n"
    told = mistakes_of(text)
    assert [(line, column, key) for line, column, key, _ in told] == [
        (3, 15, "cameras.a.source"),
        (5, 13, "cameras.b.source"),
    ]
    assert "not closed" in told[0][3]
    assert "host or port" in told[1][3]
