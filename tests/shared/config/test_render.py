"""`render`: its values as a person writes them, and what they have to do with other keys."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render_worker import request
from shared.config import model, render_values
from shared.config.changes import compare
from shared.config.edit import set_value
from shared.config.mistakes import MistakesError
from shared.config.model import ALL_CAMERAS, Configuration, OverlayConfig, RenderConfig
from shared.config.read import parse
from shared.config.show import get_value, show

PATH = "/etc/timelapse/timelapse.yml"
HEAD = "output_dir: /srv\ncameras: {main: {source: test}, garden: {source: test}}\n"


def configuration_of(render: str, rest: str = "") -> Configuration:
    return parse(f"{HEAD}render: {render}\n{rest}", PATH)


def mistakes_of(render: str, rest: str = "") -> list[str]:
    with pytest.raises(MistakesError) as caught:
        configuration_of(render, rest)
    return str(caught.value).splitlines()


def test_without_the_section_nothing_is_rendered_by_itself() -> None:
    assert parse(HEAD, PATH).render == RenderConfig()
    assert RenderConfig().daily_minute is None


def test_section_with_everything_is_read_whole() -> None:
    text = """
  daily: 00:30
  cameras: [garden]
  kinds: [video, keogram, brightest]
  fps: 29.97
  length: all
  between: 06:00-20:00
  size: 0x720
  codec: h265
  crf: 28
  deflicker: false
  gaps: fade
  overlay: {timestamp: "%H:%M", text: "{camera} {exposure}", place: top, font: f.ttf, height: 2.5%, day_bar: true}
  keep_days: 30
  pause_above: 70
"""
    configuration = configuration_of(text)
    assert configuration.render == RenderConfig(
        daily_minute=30,
        cameras=("garden",),
        kinds=("video", "keogram", "brightest"),
        fps=29.97,
        length_s=0.0,
        between="06:00-20:00",
        size=(0, 720),
        codec="h265",
        crf=28,
        deflicker=False,
        gaps="fade",
        overlay=OverlayConfig("%H:%M", "{camera} {exposure}", "top", "/etc/timelapse/f.ttf", 2.5, True),
        keep_days=30.0,
        pause_above_c=70.0,
    )
    assert parse(show(configuration), PATH) == configuration


@pytest.mark.parametrize(
    ("render", "mistake"),
    [
        ("{daily: 24:00}", "3:17: render.daily: '24:00' is no time of day (from 00:00 to 23:59)"),
        ("{daily: 12:60}", "'12:60' is no time of day"),
        ("{daily: never}", "'never' is no time of day (did you mean off?)"),
        ("{daily: noon}", "'noon' is no time of day (write 00:30, or off)"),
        ("{cameras: [main, graden]}", "3:19: render.cameras: there is no camera 'graden' (did you mean garden?)"),
        ("{cameras: x}", "there is no camera 'x' (there is main, garden)"),
        ("{cameras: []}", "names no camera"),
        ("{cameras: 'main,,garden'}", "a camera is missing here"),
        ("{kinds: [vidio]}", "'vidio' is not known here (did you mean video?)"),
        ("{kinds: []}", "names nothing to make"),
        ("{fps: 0}", "'0' is out of range: from 1 to 120"),
        ("{length: 0.5s}", "'0.5s' is out of range: from 1s to 1d, or all"),
        ("{length: al}", "'al' is not known here (did you mean all?)"),
        ("{between: sunrise..sunset}", "goes by the sun, which takes location"),
        ("{size: 0x0}", "'0x0': one side has to be given (0 is for the other one), or auto"),
        ("{size: 1921x1080}", "a side is even, from 16 to 16384 pixels, or 0"),
        ("{size: 720p}", "is not a resolution"),
        ("{codec: av1}", "'av1' is not known here"),
        ("{crf: 52}", "'52' is out of range: from 0 to 51, or auto"),
        ("{codec: copy, size: 640x480}", "render.size: is for a video that is encoded anew"),
        ("{codec: copy, deflicker: true}", "render.deflicker: is for a video that is encoded anew"),
        ("{codec: copy, overlay: {text: x}}", "render.overlay.text: is for a video that is encoded anew"),
        ("{overlay: {text: '{kamera}'}}", "'{kamera}': there is no field {kamera}. There are {camera} {date}"),
        ("{overlay: {text: 'a{b'}}", "a brace itself is {{ or }}"),
        ("{overlay: {timestamp: '100%'}}", "'100%': '%' is no directive of strftime"),
        ("{overlay: {height: 90%}}", "'90%' is out of range: from 1% to 25%"),
        ("{overlay: {place: middle}}", "'middle' is not known here"),
        ("{pause_above: 20}", "'20' is out of range: from 40 to 120, or never"),
        ("{keep: 30}", "unknown key (did you mean keep_days?)"),
        ("00:30", "is a section of keys and values"),
    ],
)
def test_mistake_is_told_at_its_place(render: str, mistake: str) -> None:
    (told,) = mistakes_of(render)
    assert mistake in told
    assert told.startswith(f"{PATH}:3:")


def test_all_that_a_copy_does_not_do_may_be_written_as_not_wanted() -> None:
    configuration_of("{codec: copy, deflicker: false, crf: auto, size: auto, overlay: {text: ''}}")


@pytest.mark.parametrize(("daily", "keep_days"), [("00:30", "1"), ("23:00", "1.9")])
def test_day_whose_frames_go_before_it_is_rendered_is_a_mistake(daily: str, keep_days: str) -> None:
    (told,) = mistakes_of(f"{{daily: {daily}}}", f"storage: {{keep_days: {keep_days}}}\n")
    assert f"a day is rendered at daily ({daily}) of the next one, when its first frames are gone: keep_days" in told
    configuration_of(f"{{daily: {daily}}}", "storage: {keep_days: 2}\n")
    configuration_of("{daily: off}", f"storage: {{keep_days: {keep_days}}}\n")


def test_window_by_the_sun_is_right_where_the_place_is_known() -> None:
    assert configuration_of("{between: sunrise..sunset}", "location: {latitude: 1, longitude: 2}\n").location


@pytest.mark.parametrize("text", ["{{x}} {camera}", "{date} {time} {frame}/{frames}", "", "50 %"])
def test_text_that_can_be_drawn_is_taken(text: str) -> None:
    assert render_values.parse_text(text) == text


@pytest.mark.parametrize("text", ["%Y-%m-%d %H:%M", "%-d. %b", "100 %%", "", "%Ex"])
def test_time_stamp_that_strftime_knows_is_taken(text: str) -> None:
    assert render_values.parse_timestamp(text) == text


@given(st.none() | st.integers(0, 1439))
def test_time_of_day_reads_back_as_the_same(minute: int | None) -> None:
    assert render_values.parse_daily(render_values.format_daily(minute)) == minute


@given(st.none() | st.integers(0, 51))
def test_crf_reads_back_as_the_same(crf: int | None) -> None:
    assert render_values.parse_crf(render_values.format_crf(crf)) == crf


@given(st.none() | st.floats(40, 120))
def test_limit_of_heat_reads_back_as_the_same(degrees_c: float | None) -> None:
    rounded = None if degrees_c is None else round(degrees_c, 3)
    assert render_values.parse_pause_above_c(render_values.format_pause_above(rounded)) == rounded


def test_set_and_get_know_its_keys() -> None:
    text = f"{HEAD}render:\n  # at night\n  daily: 00:30 # early\n"
    text = set_value(text, "render.cameras", "main, garden", PATH)
    text = set_value(text, "render.daily", "01:15", PATH)
    assert "  # at night\n  daily: 01:15 # early\n" in text
    configuration = parse(text, PATH)
    assert get_value(configuration, "render.cameras") == "main, garden"
    assert get_value(configuration, "render.daily") == "01:15"


def test_each_change_of_it_is_applied_by_a_reload() -> None:
    old, new = configuration_of("{daily: 00:30}"), configuration_of("{daily: 01:00, cameras: main, crf: 20}")
    changes = compare(old, new)
    assert changes.applied == ("render.daily", "render.cameras", "render.crf")
    assert not changes.needs_restart


def test_words_are_those_that_a_request_knows() -> None:
    """The configuration is no part of the render worker, and has its own list of each."""
    assert get_args(model.RenderKind) == get_args(request.Kind)
    assert get_args(model.RenderCodec) == get_args(request.Codec)
    assert get_args(model.RenderGaps) == get_args(request.Gaps)
    assert get_args(model.OverlayPlace) == get_args(request.Place)
    assert ALL_CAMERAS == render_values.ALL
