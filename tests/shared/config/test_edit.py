"""Setting one key: the value arrives, and nothing else moves."""

from __future__ import annotations

import operator
from itertools import takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.edit import set_value
from shared.config.keys import flatten
from shared.config.mistakes import MistakesError
from shared.config.read import parse
from shared.config.show import get_value, setting_of
from shared.errors import UsageError

PATH = "/etc/timelapse/timelapse.yml"
BASE = "output_dir: /x\ncameras: {main: {source: test}}\n"


@pytest.mark.parametrize(
    ("text", "key", "value", "edited"),
    [
        # a value in the place of another
        (BASE, "output_dir", "/y", "output_dir: /y\ncameras: {main: {source: test}}\n"),
        (BASE, "cameras.main.source", "auto", "output_dir: /x\ncameras: {main: {source: auto}}\n"),
        (BASE + "require_mount:   true   # why\n", "require_mount", "false", BASE + "require_mount:   false   # why\n"),
        (BASE + "require_mount : true", "require_mount", "false", BASE + "require_mount : false"),
        (BASE + "? require_mount\n: true\n", "require_mount", "false", BASE + "? require_mount\n: false\n"),
        (
            BASE + "storage: {keep_min: '1h' , clean: true}\n",
            "storage.keep_min",
            "2h",
            BASE + "storage: {keep_min: '2h' , clean: true}\n",
        ),
        (
            BASE + 'storage:\n  "keep_min": "1h" # c\n',
            "storage.keep_min",
            "2h",
            BASE + 'storage:\n  "keep_min": "2h" # c\n',
        ),
        (
            BASE + "storage:\n  keep_min: |-\n    1h\n\n  # c\n  clean: true\n",
            "storage.keep_min",
            "2h",
            BASE + "storage:\n  keep_min: 2h\n\n  # c\n  clean: true\n",
        ),
        (
            BASE + "storage:\n  keep_min: &k !!str 1h # c\n",
            "storage.keep_min",
            "2h",
            BASE + "storage:\n  keep_min: &k !!str 2h # c\n",
        ),
        (BASE.replace("/x", "/a\n  b"), "output_dir", "/y", BASE.replace("/x", "/y")),
        # a key without a value
        (
            "output_dir: /x\ncameras:\n  main:\n    interval: # c\n    source: test\n",
            "cameras.main.interval",
            "5s",
            "output_dir: /x\ncameras:\n  main:\n    interval: 5s # c\n    source: test\n",
        ),
        (
            BASE + "storage: {keep_min: , clean: true}\n",
            "storage.keep_min",
            "2h",
            BASE + "storage: {keep_min: 2h , clean: true}\n",
        ),
        (
            BASE + "storage: {keep_min, clean: true}\n",
            "storage.keep_min",
            "2h",
            BASE + "storage: {keep_min: 2h, clean: true}\n",
        ),
        # a key that is missing in its section
        (
            BASE + "storage:\n    # c\n    clean: true # d\n    # keep_min: 1h\n\nsupervisor:\n",
            "storage.keep_min",
            "2h",
            BASE + "storage:\n    # c\n    clean: true # d\n    keep_min: 2h\n    # keep_min: 1h\n\nsupervisor:\n",
        ),
        (
            BASE + "supervisor:\n  restart: {base: 5s} # c\n",
            "supervisor.restart.max",
            "10m",
            BASE + "supervisor:\n  restart: {base: 5s, max: 10m} # c\n",
        ),
        (
            BASE + "storage: {\n  clean: true, # c\n}\n",
            "storage.keep_min",
            "2h",
            BASE + "storage: {\n  clean: true, keep_min: 2h, # c\n}\n",
        ),
        (BASE + "storage: { }\n", "storage.keep_min", "2h", BASE + "storage: {keep_min: 2h }\n"),
        (BASE + "storage: &s {}\n", "storage.keep_min", "2h", BASE + "storage: &s {keep_min: 2h}\n"),
        (BASE + "storage:\n  clean: true", "storage.keep_min", "2h", BASE + "storage:\n  clean: true\n  keep_min: 2h"),
        (
            "output_dir: /x\r\ncameras:\r\n  main:\r\n    source: test",
            "cameras.main.interval",
            "5s",
            "output_dir: /x\r\ncameras:\r\n  main:\r\n    source: test\r\n    interval: 5s",
        ),
        (
            "output_dir: /x\ncameras:\n  main:\n    source: >-\n      test\n\n  b:\n",
            "cameras.main.interval",
            "5s",
            "output_dir: /x\ncameras:\n  main:\n    source: >-\n      test\n    interval: 5s\n\n  b:\n",
        ),
        # a section that is missing, or has nothing in it
        (BASE, "storage.keep_min", "2h", BASE + "storage:\n  keep_min: 2h\n"),
        (BASE[:-1], "storage.keep_min", "2h", BASE + "storage:\n  keep_min: 2h"),
        (BASE + "# end\n", "supervisor.restart.base", "2s", BASE + "supervisor:\n  restart:\n    base: 2s\n# end\n"),
        (
            BASE + "storage: # thresholds\n  # clean: true\n",
            "storage.clean",
            "false",
            BASE + "storage: # thresholds\n  clean: false\n  # clean: true\n",
        ),
        (BASE + "storage:", "storage.clean", "false", BASE + "storage:\n  clean: false"),
        (BASE + "storage: ~ # c\n", "storage.clean", "false", BASE + "storage: {clean: false} # c\n"),
        (
            BASE + "supervisor: {restart: }\n",
            "supervisor.restart.base",
            "2s",
            BASE + "supervisor: {restart: {base: 2s} }\n",
        ),
        (
            BASE + "supervisor: {}\n",
            "supervisor.lease_caps.open",
            "9s",
            BASE + "supervisor: {lease_caps: {open: 9s}}\n",
        ),
        (
            "output_dir: /x\ncameras:\n    main:\n        source: test\n",
            "supervisor.restart.base",
            "2s",
            "output_dir: /x\ncameras:\n    main:\n        source: test\nsupervisor:\n    restart:\n        base: 2s\n",
        ),
        # a new camera
        (
            "output_dir: /x\ncameras:\n  main:\n    source: test\n# end\n",
            "cameras.garden.source",
            "auto",
            "output_dir: /x\ncameras:\n  main:\n    source: test\n  garden:\n    source: auto\n# end\n",
        ),
        (
            BASE,
            "cameras.garden.source",
            "auto",
            "output_dir: /x\ncameras: {main: {source: test}, garden: {source: auto}}\n",
        ),
        ("output_dir: /x\n", "cameras.main.source", "test", "output_dir: /x\ncameras:\n  main:\n    source: test\n"),
        # documents in other forms
        (
            "---\noutput_dir: /x\ncameras: {main: }\n...\n",
            "require_mount",
            "true",
            "---\noutput_dir: /x\ncameras: {main: }\nrequire_mount: true\n...\n",
        ),
        (
            "  output_dir: /x\n  cameras: {main: }\n",
            "require_mount",
            "true",
            "  output_dir: /x\n  cameras: {main: }\n  require_mount: true\n",
        ),
        (
            "{output_dir: /x, cameras: {main: }}",
            "storage.clean",
            "false",
            "{output_dir: /x, cameras: {main: }, storage: {clean: false}}",
        ),
        (
            "\ufeffoutput_dir: /x # é\ncameras: {main: }\n",
            "output_dir",
            "/y",
            "\ufeffoutput_dir: /y # é\ncameras: {main: }\n",
        ),
        # quotes where they are needed
        (BASE, "output_dir", "/y: z", "output_dir: '/y: z'\ncameras: {main: {source: test}}\n"),
        (BASE, "output_dir", "/y #z", "output_dir: '/y #z'\ncameras: {main: {source: test}}\n"),
        (BASE, "output_dir", "it's", "output_dir: it's\ncameras: {main: {source: test}}\n"),
        (BASE, "output_dir", "'y'", "output_dir: '''y'''\ncameras: {main: {source: test}}\n"),
        (BASE, "cameras.main.source", "http://h/a,b", "output_dir: /x\ncameras: {main: {source: 'http://h/a,b'}}\n"),
        (BASE, "cameras.main.source", "file:a}", "output_dir: /x\ncameras: {main: {source: 'file:a}'}}\n"),
        (BASE, "output_dir", "~", "output_dir: '~'\ncameras: {main: {source: test}}\n"),
        (BASE, "output_dir", "*y", "output_dir: '*y'\ncameras: {main: {source: test}}\n"),
        # anchors that this key alone has to do with
        (
            "output_dir: /x\ncameras:\n  a: &a {quality: 80}\n  b: {<<: *a}\n",
            "cameras.b.quality",
            "70",
            "output_dir: /x\ncameras:\n  a: &a {quality: 80}\n  b: {<<: *a, quality: 70}\n",
        ),
        (
            "output_dir: /x\ncameras:\n  a: {quality: &q 80}\n  b: {quality: *q} # c\n",
            "cameras.b.quality",
            "70",
            "output_dir: /x\ncameras:\n  a: {quality: &q 80}\n  b: {quality: 70} # c\n",
        ),
    ],
)
def test_value_set_arrives_and_nothing_else_moves(text: str, key: str, value: str, edited: str) -> None:
    assert set_value(text, key, value, PATH) == edited
    assert set_value(edited, key, value, PATH) == edited


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        (BASE, "storage.keep_mni", "there is no key storage.keep_mni (did you mean storage.keep_min?)"),
        (BASE, "storage", "storage is a section"),
        (BASE, "cameras.main", "cameras.main is a section"),
        (
            BASE,
            "cameras.mian.quality",
            "there is no camera mian (did you mean main?); to add it, set cameras.mian.source",
        ),
        (BASE, "cameras.Garden.source", "cameras.Garden: a camera's name is made of"),
        (BASE, "cameras.storage.source", "cameras.storage: storage is the name of a worker"),
        (BASE, "standby", "there is no key standby (did you mean supervisor.standby?)"),
        ("output_dir: /x\ncameras: {a: &a {}, b: *a}", "cameras.b.quality", f"{PATH}:2: this is shared by an alias"),
        (
            "output_dir: /x\ncameras: {a: &a {quality: 80}, b: *a}",
            "cameras.a.quality",
            "would change cameras.b.quality too",
        ),
        (
            "output_dir: /x\ncameras: {a: {quality: &q 80}, b: {quality: *q}}",
            "cameras.a.quality",
            "would change cameras.b",
        ),
        ("output_dir: /x\ncameras: {a: &a {quality: 80}, b: {<<: *a}}", "cameras.a.quality", "would change cameras.b"),
        (BASE + "storage: 5\n", "storage.clean", f"{PATH}:3: this is not written as a key with one value"),
        (BASE + "storage: {clean: [1]}\n", "storage.clean", f"{PATH}:3: this is not written as a key with one value"),
    ],
)
def test_value_that_can_not_be_set_alone_is_refused(text: str, key: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        set_value(text, key, "70", PATH)
    assert told in str(caught.value)


def test_value_that_is_wrong_is_refused_at_its_place() -> None:
    with pytest.raises(MistakesError) as caught:
        set_value(BASE, "storage.keep_min", "2 hours", PATH)
    assert str(caught.value) == (
        f"{PATH}:4:13: storage.keep_min: '2 hours' is not a duration: unknown unit 'hours' (did you mean h?)"
    )


def test_value_that_breaks_a_rule_between_keys_is_refused() -> None:
    with pytest.raises(MistakesError, match=r"clean_above \(85%, the default\) is above stop_above \(80%\)"):
        set_value(BASE, "storage.stop_above", "80%", PATH)


def test_value_that_mends_the_file_is_set() -> None:
    assert set_value(BASE + "require_mount: yes\n", "require_mount", "true", PATH) == BASE + "require_mount: true\n"


def test_value_with_a_line_break_can_not_smuggle_in_another_key() -> None:
    with pytest.raises(MistakesError, match="holds a control character"):
        set_value(BASE, "output_dir", "/y\nrequire_mount: true", PATH)


def test_file_that_is_no_yaml_is_refused() -> None:
    with pytest.raises(MistakesError, match="still open"):
        set_value("output_dir: {", "output_dir", "/y", PATH)


def test_empty_file_lacks_the_rest() -> None:
    with pytest.raises(MistakesError) as caught:
        set_value("# mine\n", "output_dir", "/y", PATH)
    assert [mistake.key for mistake in caught.value.mistakes] == ["cameras"]


_LAYOUTS = [
    """\
# Mine. é
output_dir: /srv/frames   # here

require_mount: false
location: {latitude: 1, longitude: 2}
cameras:
  main:
    source: test    # built in
    interval: "10s"
    # quality: 90

  garden: {source: auto, quality: 80,  window: always} # flow
storage:
    # stop_above: 90%
    keep_min: 1h

    # the end of it
supervisor:
  restart: {base: 5s,   # five
            max: 300s}
  lease_caps:
    open: 30s
# end
""",
    """\
cameras:
    garden:
        source: auto
        resolution: >-
            640x480
    main:
        'quality': 75
storage:
output_dir: "/srv/frames"
""",
    "{output_dir: /srv/frames, cameras: {main: , garden: {}}, supervisor: {restart: {}}}\n",
]
_DURATION = st.integers(1, 250).map(lambda n: f"{n}s")
_VALUES = {
    "output_dir": st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
    .map("/{}".format)
    .filter(lambda path: "://" not in path),
    "require_mount": st.sampled_from(["true", "false"]),
    "cameras.main.source": st.from_regex(r"\A/srv/[a-z,:{}#&*' \"]{0,9}x\Z").filter(lambda path: "//" not in path),
    "cameras.garden.source": st.sampled_from(["test", "http://u:p@h/a?b=c,d", "/dev/video0"]),
    "cameras.main.resolution": st.just("320x240"),
    "cameras.garden.interval": _DURATION,
    "cameras.main.quality": st.integers(1, 100).map(str),
    "cameras.garden.window": st.sampled_from(["06:00-20:00", "20:00..06:00"]),
    "cameras.garden.lens_position": st.sampled_from(["auto", "0", "0.5"]),
    "cameras.garden.region": st.sampled_from(["all", "0.25,0.25,0.5,0.5"]),
    "cameras.garden.hdr": st.sampled_from(["off", "night"]),
    "cameras.garden.ramp.highest_gain": st.sampled_from(["auto", "8"]),
    "cameras.main.copyright": st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=40),
    "storage.stop_above": st.integers(85, 100).map("{}%".format),
    "storage.clean": st.sampled_from(["true", "false"]),
    "storage.keep_min": _DURATION,
    "storage.keep_days": st.integers(1, 999).map(str),
    "storage.yield": st.integers(0, 100).map("{}%".format),
    "storage.ledger_commit": st.integers(1, 999).map("{}s".format),
    "supervisor.restart.base": _DURATION,
    "supervisor.restart.stable": _DURATION,
    "supervisor.lease_caps.open": _DURATION,
    "supervisor.lease_caps.prune": _DURATION,
}
_EDITS = st.sampled_from(sorted(_VALUES)).flatmap(lambda key: st.tuples(st.just(key), _VALUES[key]))


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: operator.eq(*pair), zip(one, other, strict=False)))


@settings(max_examples=200)
@given(layout=st.sampled_from(_LAYOUTS), edit=_EDITS, end=st.sampled_from(["\n", "\r\n"]), has_last_end=st.booleans())
def test_any_value_set_is_got_back_and_all_other_lines_are_identical(
    layout: str, edit: tuple[str, str], end: str, has_last_end: bool
) -> None:
    key, value = edit
    text = (layout if has_last_end else layout.rstrip("\n")).replace("\n", end)
    edited = set_value(text, key, value, PATH)
    before, after = parse(text, PATH), parse(edited, PATH)

    setting = setting_of(key)
    assert get_value(after, key) == setting.render(setting.parse(value, "/etc/timelapse"))
    changed = {k for (k, _, one), (_, _, other) in zip(flatten(before), flatten(after), strict=True) if one != other}
    assert changed <= {key}
    assert parse(set_value(edited, key, get_value(after, key), PATH), PATH) == after

    head = _common(text, edited)
    tail = _common(text[head:][::-1], edited[head:][::-1])
    removed = text[head : len(text) - tail]
    added = edited[head : len(edited) - tail]
    assert "#" not in removed
    assert removed.count("\n") <= 1, "a value in block form is the only one with a line end"
    assert added.count("\n") <= 3
    assert edited.replace("\r\n", "").count("\n") == (edited.count("\n") if end == "\n" else 0)
    assert edited.endswith(end) == text.endswith(end)


@given(st.text(max_size=20))
def test_any_value_is_set_or_refused(value: str) -> None:
    for key in ("output_dir", "cameras.main.window", "storage.keep_min"):
        try:
            edited = set_value(_LAYOUTS[0], key, value, PATH)
        except (MistakesError, UsageError):
            continue
        before, after = parse(_LAYOUTS[0], PATH), parse(edited, PATH)
        pairs = zip(flatten(before), flatten(after), strict=True)
        assert {k for (k, _, one), (_, _, other) in pairs if one != other} <= {key}


def test_secrets_that_were_not_set_can_be_set_and_moved() -> None:
    text = BASE.replace("test", "'http://u:${P}@cam/'")
    edited = set_value(text, "secrets", "passwords", PATH)
    assert edited == text + "secrets: passwords\n"
    assert set_value(edited, "secrets", "/etc/p", PATH) == text + "secrets: /etc/p\n"
