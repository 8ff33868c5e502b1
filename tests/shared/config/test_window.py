"""Windows: what each notation means, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.window import (
    ALWAYS,
    LONGEST_OFFSET_S,
    MINUTES_A_DAY,
    SUN_EVENTS,
    Edge,
    FixedEdge,
    SunEdge,
    Window,
    format_window,
    parse_window,
)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("always", ALWAYS),
        ("00:00-24:00", ALWAYS),
        ("06:00-20:00", Window(FixedEdge(360), FixedEdge(1200))),
        ("20:00-06:30", Window(FixedEdge(1200), FixedEdge(390))),
        (" 6:00 - 24:00 ", Window(FixedEdge(360), FixedEdge(1440))),
        ("06:00..20:00", Window(FixedEdge(360), FixedEdge(1200))),
        ("sunrise-30m..sunset+30m", Window(SunEdge("sunrise", -1800.0), SunEdge("sunset", 1800.0))),
        ("06:00..sunset", Window(FixedEdge(360), SunEdge("sunset"))),
        ("dusk + 1h .. dawn", Window(SunEdge("dusk", 3600.0), SunEdge("dawn"))),
        ("noon..24:00", Window(SunEdge("noon"), FixedEdge(1440))),
        ("noon-90..noon+0.5h", Window(SunEdge("noon", -90.0), SunEdge("noon", 1800.0))),
    ],
)
def test_window_in_each_notation_means_its_edges(text: str, window: Window) -> None:
    assert parse_window(text) == window


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("allways", "'allways' is not a window (did you mean always?)"),
        ("daylight", "(write always, 06:00-20:00 or sunrise-30m..sunset+30m)"),
        ("sunrise-sunset", "(did you mean sunrise..sunset?)"),
        ("06:00-sunset", "(did you mean 06:00..sunset?)"),
        ("sunrize..sunset", "'sunrize' is not a sun event (did you mean sunrise?)"),
        ("moon..sunset", "'moon' is not a sun event (did you mean noon?)"),
        ("xyz..sunset", "(known: dawn, sunrise, noon, sunset, dusk)"),
        ("06:00..", "one side of '06:00..' is neither"),
        ("25:00-26:00", "'25:00' is not a time of day"),
        ("06:60-07:00", "'06:60' is not a time of day"),
        ("06:00-24:01", "'24:01' is not a time of day"),
        ("24:00-06:00", "starts at 24:00"),
        ("06:00-06:00", "starts and ends at the same time"),
        ("sunset..sunset+0m", "starts and ends at the same time"),
        ("sunrise-13h..sunset", "more than 12h"),
        ("sunrise-5x..sunset", "unknown unit 'x'"),
        ("", "'' is not a window"),
        ("6-20", "'6' in '6-20' is neither"),
    ],
)
def test_window_that_is_none_is_refused_with_a_reason(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="'") as caught:
        parse_window(text)
    assert told in str(caught.value)


def test_window_by_the_sun_on_either_side_needs_a_location() -> None:
    assert parse_window("06:00..sunset").needs_location
    assert parse_window("sunset..06:00").needs_location
    assert not parse_window("06:00..07:00").needs_location
    assert not ALWAYS.needs_location


_FIXED = st.integers(0, MINUTES_A_DAY - 1).map(FixedEdge)
_SUN = st.builds(
    SunEdge, st.sampled_from(SUN_EVENTS), st.integers(-int(LONGEST_OFFSET_S), int(LONGEST_OFFSET_S)).map(float)
)
_EDGES: st.SearchStrategy[Edge] = _FIXED | _SUN


@given(start=_EDGES, end=_EDGES | st.just(FixedEdge(MINUTES_A_DAY)))
def test_window_formatted_and_parsed_is_the_same(start: Edge, end: Edge) -> None:
    window = Window(start, end)
    if start != end:
        assert parse_window(format_window(window)) == window


@given(st.text() | st.from_regex(r"[a-z0-9:]{0,8}(\.\.|-)[a-z0-9:+-]{0,9}"))
def test_window_from_any_text_raises_nothing_but_value_error(text: str) -> None:
    try:
        window = parse_window(text)
    except ValueError:
        return
    assert parse_window(format_window(window)) == window
