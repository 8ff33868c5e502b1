"""What is asked for by which words; and that a mistake says what to write."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from render_worker.request import Overlay, RenderRequest
from shared.clock import NS_PER_S
from shared.config.model import Configuration, Location, StorageConfig
from shared.errors import TimelapseError, UsageError
from shared.ledger.archive import Archive
from tests.rig.gray_frames import record
from tests.rig.zone import utc_ns, zone
from timelapse.cli import parser
from timelapse.render_request import NoFramesError, request_of, restore_range, size_of
from timelapse.where import Where

START_NS = utc_ns("2026-06-01T10:00:00")
NOW_NS = utc_ns("2026-06-02T12:00:00")
Ask = Callable[..., RenderRequest]


@pytest.fixture(autouse=True)
def _in_oslo() -> Iterator[None]:
    with zone("Europe/Oslo"):
        yield


def parsed(*words: str) -> argparse.Namespace:
    """The options, as `timelapse render` gets them."""
    arguments: argparse.Namespace = parser().parse_args(["render", *words])
    restore_range(arguments)
    return arguments


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """What these words ask for, of an archive with a frame each 10 s from 12:00 to 12:10."""
    record(tmp_path / "out", range(60), start_ns=START_NS)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def asked(*words: str, location: Location | None = None, stop_above: float = 90.0) -> RenderRequest:
        configuration = Configuration(
            "c", str(tmp_path / "out"), {}, location=location, storage=StorageConfig(stop_above_percent=stop_above)
        )
        return request_of(parsed(*words), Where(configuration), Archive(tmp_path / "out", None), NOW_NS)

    return asked


def test_without_any_word_it_is_the_day_up_to_the_newest_frame_in_a_minute(ask: Ask, tmp_path: Path) -> None:
    request = ask()
    newest_ms = START_NS // 1_000_000 + 590_000
    assert request.output == str(tmp_path / "here" / "main-2026-06-01.mp4")
    assert (request.picking.first_ms, request.picking.end_ms) == (newest_ms + 1 - 86_400_000, newest_ms + 1)
    assert (request.camera, request.kind, request.fps, request.gaps) == ("main", "video", 25.0, "hold")
    assert (request.picking.length_s, request.picking.every_ms, request.picking.between) == (60.0, 0, "")
    assert request.look.deflicker
    assert request.look.overlay.is_empty
    assert not request.replace


@pytest.mark.parametrize(
    ("words", "length_s", "every_ms"),
    [
        (["--length", "0"], 0.0, 0),
        (["--length", "2m"], 120.0, 0),
        (["--every", "10m"], 0.0, 600_000),
        (["--every", "10m", "--length", "30s"], 30.0, 600_000),
        (["--still", "keogram"], 0.0, 0),
        (["--still", "keogram", "--length", "30s"], 30.0, 0),
    ],
)
def test_length_is_a_minute_unless_said_otherwise(ask: Ask, words: list[str], length_s: float, every_ms: int) -> None:
    picking = ask(*words).picking
    assert (picking.length_s, picking.every_ms) == (length_s, every_ms)


def test_words_of_a_picture_come_as_they_were_given(ask: Ask) -> None:
    request = ask(
        *("--size", "720p", "--crop", "0.1,0,0.8,1", "--rotate", "90", "--blend", "3", "--gaps", "fade"),
        *("--fps", "29.97", "--no-deflicker", "--codec", "h265", "--crf", "0", "--hardware", "--small", "--force"),
        *("--title", "  A title "),
    )
    look = request.look
    assert (look.size, look.crop, look.rotation, look.blend, look.deflicker) == (
        (0, 720),
        (0.1, 0.0, 0.8, 1.0),
        90,
        3,
        False,
    )
    coding = request.encoding
    assert (coding.codec, coding.crf, coding.profile, coding.hardware) == ("h265", 0, "small", "auto")
    assert (request.fps, request.gaps, request.replace, request.title) == (29.97, "fade", True, "A title")


def test_words_over_a_picture_come_as_they_were_given(ask: Ask, tmp_path: Path) -> None:
    font = tmp_path / "a.ttf"
    font.touch()
    request = ask(
        "--timestamp", "--text", "{camera}", "--place", "top", "--font", str(font), "--text-size", "6", "--day-bar"
    )
    assert request.look.overlay == Overlay("%Y-%m-%d %H:%M", "{camera}", "top", str(font), 6.0, day_bar=True)


def test_timestamp_without_a_format_takes_no_word_from_the_range(ask: Ask) -> None:
    request = ask("--timestamp", "2026-06-01", "--fps", "10")
    assert request.look.overlay.timestamp == "%Y-%m-%d %H:%M"
    assert request.picking.first_ms == utc_ns("2026-05-31T22:00:00") // 1_000_000
    assert ask("--timestamp", "%H h", "2026-06-01").look.overlay.timestamp == "%H h"
    assert parsed("--timestamp", "last", "7", "days").range == ["last", "7", "days"]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1280x720", (1280, 720)),
        ("1280x", (1280, 0)),
        ("x720", (0, 720)),
        ("720p", (0, 720)),
        ("1080P", (0, 1080)),
        (" 640 x 480 ", (640, 480)),
    ],
)
def test_size_in_each_of_its_forms(text: str, size: tuple[int, int]) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["x", "", "720", "0x0", "8x8", "99999x1", "1280x720x3", "big"])
def test_size_that_is_none_says_what_to_write(text: str) -> None:
    with pytest.raises(UsageError, match="--size"):
        size_of(text)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--camera", "gate"], "no camera is called 'gate'; there are: main"),
        (["--fps", "0"], "from 0.25 to 240"),
        (["--fps", "nan"], "from 0.25 to 240"),
        (["--fps", "0.24"], "from 0.25 to 240"),
        (["--crf", "52"], "from 0 (best, largest) to 51"),
        (["--crf", "x"], "from 0 (best, largest) to 51"),
        (["--crop", "0.5,0,0.6,1"], "--crop '0.5,0,0.6,1' goes beyond"),
        (["--text-size", "90%", "--timestamp"], "from 1% to 25%"),
        (["--font", "/not/there.ttf", "--text", "a"], "there is no such file"),
        (["--blend", "1000"], "from 1 to 128"),
        (["--between", "sunrise-sunset"], "did you mean sunrise..sunset?"),
        (["--between", "solar-noon"], "where the camera stands"),
        (["--between", "sunrise..sunset"], "where the camera stands"),
        (["--codec", "copy", "--size", "720p"], "--size needs h264 or h265"),
        (["--codec", "copy", "--timestamp"], "--timestamp needs h264 or h265"),
        (["--still", "keogram", "--blend", "3"], "--blend is for videos"),
        (["--text", "{camra}"], "there is no field {camra}. There are {camera}"),
        (["--timestamp", "%Q"], "'%Q' is no directive of strftime"),
        (["--still", "keogram", "--codec", "h265"], "--codec is for videos"),
        (["--still", "average", "--no-deflicker"], "--no-deflicker is for videos"),
        (["--still", "average", "--small"], "--small is for videos"),
        (["--still", "average", "--fps", "10"], "--fps is for videos"),
        (["--still", "average", "--gaps", "skip"], "--gaps is for videos"),
        (["--still", "contact-sheet", "--place", "top"], "--place is for videos"),
        (["--codec", "copy", "--small"], "--small needs h264 or h265"),
        (["--codec", "copy", "--no-deflicker"], "--no-deflicker needs h264 or h265"),
        (["--codec", "copy", "--text-size", "6%"], "--text-size needs h264 or h265"),
        (["--place", "top"], "--place is for words, and there are none"),
        (["--text-size", "6%", "--day-bar"], "--text-size is for words, and there are none"),
        (["--font", __file__], "--font is for words, and there are none"),
        (["-o", "\udcff.mp4"], "\\udcff.mp4: is not of UTF-8 characters"),
        (["--title", "\udcff"], "\\udcff: is not of UTF-8 characters"),
        (["--still", "keogram", "-o", "a.mp4"], ".jpg or .jpeg or .png"),
        (["-o", "a.avi"], ".mp4 or .mkv"),
        (["-o", "-"], ".mp4 or .mkv"),
        (["sometime"], "is no time or span of time"),
    ],
)
def test_mistake_says_what_to_write(ask: Ask, words: list[str], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        ask(*words)
    assert said in str(raised.value)


def test_several_cameras_have_to_be_chosen_from(ask: Ask, tmp_path: Path) -> None:
    record(tmp_path / "out", range(2), start_ns=START_NS, camera="gate")
    with pytest.raises(UsageError, match=r"which --camera\? There are: gate, main"):
        ask()
    assert ask("-c", "gate").output.endswith("/gate-2026-06-01.mp4")


def test_no_camera_at_all_is_no_frame(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    where = Where(Configuration("c", str(tmp_path / "out"), {}))
    with pytest.raises(NoFramesError, match="no frame of any camera"):
        request_of(parsed(), where, Archive(tmp_path / "out", None), NOW_NS)


def test_range_without_a_frame_says_what_there_is(ask: Ask) -> None:
    with pytest.raises(TimelapseError) as raised:
        ask("2025")
    assert raised.value.status == 69
    assert "from 2026-06-01 12:00:00 to 2026-06-01 12:09:50" in str(raised.value)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["2026-06-01"], "main-2026-06-01.mp4"),
        (["2026-05..2026-07"], "main-2026-06-01..2026-06-03.mp4"),
        (["--codec", "copy"], "main-2026-06-03.mkv"),
        (["--still", "contact-sheet"], "main-2026-06-03-contact-sheet.jpg"),
        (["--still", "average", "-o", "x.PNG"], "x.PNG"),
    ],
)
def test_name_tells_the_camera_and_the_days_that_have_frames(
    ask: Ask, tmp_path: Path, words: list[str], name: str
) -> None:
    record(tmp_path / "out", range(1), start_ns=START_NS + 2 * 86_400 * NS_PER_S)
    # It is the future to `NOW_NS`, as where a clock was once ahead; a range that names it has it.
    span = words if words[0].startswith("20") else ["2026-06-03", *words]
    assert Path(ask(*span).output).name == name


def test_still_of_a_length_goes_by_the_pictures_of_a_second(ask: Ask) -> None:
    request = ask("--still", "contact-sheet", "--length", "2s", "--fps", "4", "--gaps", "skip")
    assert (request.fps, request.picking.length_s, request.gaps) == (4.0, 2.0, "skip")


def test_directory_of_bytes_that_are_no_text_is_refused(ask: Ask, tmp_path: Path) -> None:
    odd = tmp_path / "bad\udcff"
    odd.mkdir()
    os.chdir(odd)  # back by the fixture
    with pytest.raises(UsageError, match="is not of UTF-8 characters"):
        ask()


@pytest.mark.parametrize("first", ["2030-06-01T10:00:00", "9998-12-31T10:00:00"])
def test_frames_that_are_all_in_the_future_are_the_newest_there_are(tmp_path: Path, first: str) -> None:
    record(tmp_path / "out", range(3), start_ns=utc_ns(first))
    where = Where(Configuration("c", str(tmp_path / "out"), {}))
    request = request_of(parsed(), where, Archive(tmp_path / "out", None), NOW_NS)
    assert request.picking.end_ms == utc_ns(first) // 1_000_000 + 20_001
    assert Path(request.output).name == f"main-{first[:10]}.mp4"


def test_frames_of_the_epochs_first_day_are_found(tmp_path: Path) -> None:
    record(tmp_path / "out", range(3), start_ns=utc_ns("1970-01-01T00:00:00"))
    where = Where(Configuration("c", str(tmp_path / "out"), {}))
    for words in ("1970", "1970-01", "1970-01-01"):
        request = request_of(parsed(words), where, Archive(tmp_path / "out", None), NOW_NS)
        assert request.picking.first_ms == 0
        assert Path(request.output).name == "main-1970-01-01.mp4"


def test_output_that_is_a_directory_gets_the_name_in_it(ask: Ask, tmp_path: Path) -> None:
    assert ask("-o", str(tmp_path)).output == str(tmp_path / "main-2026-06-01.mp4")


def test_disk_of_the_archive_keeps_its_limit_and_another_one_may_be_filled(ask: Ask) -> None:
    assert ask(stop_above=70.0).stop_above_percent == 70.0
    assert ask("-o", "/proc/a.mp4", stop_above=70.0).stop_above_percent == 99.0


def test_place_of_the_camera_goes_along(ask: Ask) -> None:
    location = Location(59.9, 10.7)
    assert ask("--between", "solar-noon", location=location).picking.location == location
