"""Names of frames: there and back in every zone, unique whatever the clock on the wall shows, and nobody else's."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import NS_PER_MS, NS_PER_S
from shared.frame_name import FrameName, frame_beside, is_raw, parse, path_of, raw_beside, utc_offset_min
from tests.rig.planted_frames import path_in_zone
from tests.rig.zone import utc_ns, zone

ZONES = [
    "UTC",
    "Europe/Oslo",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Africa/Monrovia",
]
_MINUTE_NS = 60 * NS_PER_S
_YEAR_1902_MS, _YEAR_2261_MS = -2_145_916_800_000, 9_183_110_400_000
_SLOTS = st.integers(_YEAR_1902_MS, _YEAR_2261_MS).map(lambda slot_ms: slot_ms * NS_PER_MS)
_NAMES = st.builds(
    "{:%Y%m%dT%H%M%S}.{:03d}{}{:02d}{:02d}{}.jpg".format,
    st.datetimes(min_value=dt.datetime(1000, 1, 2)),  # noqa: DTZ001 - it is text
    st.integers(0, 999),
    st.sampled_from("+-"),
    st.one_of(st.just(0), st.integers(0, 99)),
    st.one_of(st.just(0), st.integers(0, 99)),
    st.sampled_from(["", "-1", "-2", "-10", "-999999"]),
)
_SHAPE = re.compile(r"\d{8}T\d{6}\.\d{3}[+-]\d{4}(-\d{1,6})?\.jpg", re.ASCII)


@pytest.mark.parametrize("name", ZONES)
@given(slot_ns=_SLOTS, take=st.integers(1, 999_999))
def test_name_of_any_slot_in_any_zone_means_it_again(name: str, slot_ns: int, take: int) -> None:
    with zone(name):
        frame = FrameName(slot_ns, take)
        directory, _, file_name = frame.path().rpartition("/")
    assert parse(file_name) == frame
    assert directory == f"{file_name[:4]}/{file_name[4:6]}/{file_name[6:8]}"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Europe/Oslo", "2026-03-29T01:00"),
        ("Europe/Oslo", "2026-10-25T01:00"),
        ("America/New_York", "2026-11-01T06:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:00"),  # by half an hour
        ("Africa/Casablanca", "2026-02-15T02:00"),  # back for Ramadan
        ("Pacific/Apia", "2011-12-30T10:00"),  # a whole day left out
        ("Africa/Monrovia", "1972-01-07T00:44:30"),  # from -0:44:30
    ],
)
def test_names_on_both_sides_of_a_change_of_zone_are_unique(name: str, change: str) -> None:
    change_ns = utc_ns(change)
    with zone(name):
        assert utc_offset_min(change_ns - _MINUTE_NS) != utc_offset_min(change_ns + _MINUTE_NS)
        slots = range(change_ns - 26 * 60 * _MINUTE_NS, change_ns + 26 * 60 * _MINUTE_NS, _MINUTE_NS)
        paths = [FrameName(slot_ns).path() for slot_ns in slots]
    assert len(set(paths)) == len(slots)
    assert [frame and frame.slot_ns for frame in (parse(path[11:]) for path in paths)] == list(slots)


@pytest.mark.parametrize(
    ("name", "moment", "path"),
    [
        ("Europe/Oslo", "2026-10-25T00:30", "2026/10/25/20261025T023000.000+0200.jpg"),
        ("Europe/Oslo", "2026-10-25T01:30", "2026/10/25/20261025T023000.000+0100.jpg"),
        ("Asia/Kathmandu", "2026-01-01T00:00:00.5", "2026/01/01/20260101T054500.500+0545.jpg"),
        ("America/St_Johns", "2026-01-01T00:00", "2025/12/31/20251231T203000.000-0330.jpg"),
        ("Africa/Monrovia", "1970-01-01T00:00", "1969/12/31/19691231T231500.000-0045.jpg"),
        ("UTC", "1969-12-31T23:59:59.999", "1969/12/31/19691231T235959.999+0000.jpg"),
    ],
)
def test_path_shows_local_time_and_its_offset(name: str, moment: str, path: str) -> None:
    with zone(name):
        assert FrameName(utc_ns(moment)).path() == path


def test_path_of_a_later_take_ends_with_it() -> None:
    with zone("UTC"):
        assert FrameName(0, 2).path() == "1970/01/01/19700101T000000.000+0000-2.jpg"


def test_frames_sort_by_instant_then_take() -> None:
    frames = [FrameName(20, 1), FrameName(10, 2), FrameName(10, 11), FrameName(-5, 3), FrameName(10, 1)]
    assert sorted(frames) == [FrameName(-5, 3), FrameName(10, 1), FrameName(10, 2), FrameName(10, 11), FrameName(20, 1)]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "frame.jpg",
        "20260101T000000.000+0000.jpeg",
        "20260101T000000.000+0000.JPG",
        "20260101T000000.000+0000.jpg\n",
        ".20260101T000000.000+0000.jpg",
        "20260101T000000.000+0000.jpg.new",
        "20260101T000000+0000.jpg",
        "20260101T000000.000Z.jpg",
        "20260230T000000.000+0000.jpg",
        "20261301T000000.000+0000.jpg",
        "20260100T000000.000+0000.jpg",
        "20260101T240000.000+0000.jpg",
        "20260101T006000.000+0000.jpg",
        "20260101T000060.000+0000.jpg",
        "20260101T000000.000+0060.jpg",
        "20260101T000000.000+9900.jpg",
        "20260101T000000.000-0000.jpg",
        "20260101T000000.000+0000-0.jpg",
        "20260101T000000.000+0000-1.jpg",
        "20260101T000000.000+0000-02.jpg",
        "20260101T000000.000+0000--2.jpg",
        "20260101T000000.000+0000-2 (1).jpg",
        "20260101T000000.000+0000-1000000.jpg",
        "٢0260101T000000.000+0000.jpg",
    ],
)
def test_parse_of_a_foreign_name_gives_none(name: str) -> None:
    assert parse(name) is None


@given(name=_NAMES)
def test_parse_of_a_name_in_shape_gives_none_or_the_one_frame_of_that_name(name: str) -> None:
    frame = parse(name)
    if frame is not None:
        offset_min = int(name[20:22]) * 60 + int(name[22:24])
        path = path_in_zone(frame.slot_ns, frame.take, offset_min if name[19] == "+" else -offset_min)
        assert path.rpartition("/")[2] == name


@given(name=st.text())
def test_parse_of_any_text_raises_nothing(name: str) -> None:
    assert parse(name) is None or _SHAPE.fullmatch(name)


@given(slot_ns=_SLOTS, take=st.integers(1, 999_999))
def test_raw_file_beside_a_frame_is_no_frame_and_leads_back_to_it(slot_ns: int, take: int) -> None:
    path = FrameName(slot_ns, take).path()
    raw = raw_beside(path)
    assert raw == f"{path[:-4]}.dng"
    assert parse(raw.rpartition("/")[2]) is None
    assert (frame_beside(raw), frame_beside(path)) == (path, path)
    assert (is_raw(raw), is_raw(path)) == (True, False)


def test_path_of_a_name_is_the_day_that_it_names_whatever_the_zone_is_by_now() -> None:
    with zone("Pacific/Kiritimati"):
        path = FrameName(utc_ns("2026-06-15T23:00")).path()
    with zone("America/New_York"):
        assert path_of(path.rpartition("/")[2]) == path
