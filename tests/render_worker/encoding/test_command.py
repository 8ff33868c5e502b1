"""What a plan becomes: ffmpeg's words, and the pictures that come of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from msgspec.structs import replace

from render_worker.encoding.command import Pipes, arguments, check
from render_worker.encoding.plan import Plan, StripPlace
from render_worker.request import Encoding, Look, Overlay
from shared.errors import UsageError
from tests.rig.tiny_video import SIZE, decoded, encode, look_at, number_in, numbered, pictures_of, plain, plan

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 180, 40), (0, 0, 0), (255, 255, 255), (128, 128, 128)]


def _words(of: Plan, *, small: bool = False) -> list[str]:
    return arguments(of, Pipes(4, tuple(range(5, 5 + len(of.strips))), 9), "ffmpeg", small=small)


def _after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


def _graph(of: Plan) -> str:
    return _after(_words(of), "-filter_complex")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "v.mp4"


def test_filters_stand_in_the_order_of_the_look() -> None:
    of = replace(
        plan(Path("v"), Look(size=(640, 0), crop=(0, 0, 0.5, 1), rotation=90, blend=3)),
        commands_files=(Path("/tmp/a b"),),
        deflicker_filter="eq@deflicker",
        strips=(StripPlace(10, 10, 1, 2), StripPlace(20, 10, 3, 4)),
    )
    graph = _graph(of)
    wanted = ["fps=fps=25", "crop=", "transpose=clock", "scale=w=640", "colorspace=", "sendcmd=f=/tmp/a b,eq@deflicker"]
    wanted += [
        "tmix=frames=3",
        "[under1][strip1]overlay=x=1:y=2",
        "[under2][strip2]overlay=x=3:y=4",
        "format=yuv420p[out]",
    ]
    places = [graph.index(words) for words in wanted]
    assert places == sorted(places)


def test_path_of_the_commands_is_no_part_of_the_graph() -> None:
    graph = _graph(replace(plan(Path("v")), commands_files=(Path("/tmp/it's: a,b;[c]\\d"),), deflicker_filter="eq"))
    assert r"sendcmd=f=/tmp/it\\\'s\\: a\,b\;\[c\]\\\\d,eq" in graph


def test_name_of_the_output_is_no_option_and_no_protocol() -> None:
    assert _words(plan(Path("-y:pipe:1")))[-1] == "file:-y:pipe:1"


@pytest.mark.parametrize(
    ("look", "what"),
    [
        (Look(size=(640, 0)), "another size"),
        (Look(crop=(0, 0, 0.5, 0.5)), "a crop"),
        (Look(rotation=90), "a rotation"),
        (Look(blend=2), "blending"),
        (Look(overlay=Overlay(day_bar=True)), "an overlay"),
    ],
)
def test_copy_with_a_look_is_refused_by_name(look: Look, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        check(plan(Path("v.mkv"), look, Encoding(codec="copy")))


def test_copy_without_a_look_is_no_encoding() -> None:
    words = _words(plan(Path("v.mkv"), encoding=Encoding(codec="copy")))
    assert _after(words, "-c:v") == "copy"
    assert "-filter_complex" not in words


@pytest.mark.parametrize("fps", [0, -1, 2000])
def test_rate_that_no_video_has_is_refused(fps: float) -> None:
    with pytest.raises(UsageError, match="pictures a second"):
        check(plan(Path("v.mp4"), fps=fps))


def test_small_h265_that_would_not_be_small_is_refused_with_what_to_choose() -> None:
    of = plan(Path("v.mp4"), encoding=Encoding(codec="h265", profile="small"))
    check(of)
    with pytest.raises(UsageError, match="--codec h264, a --size of 1024x576"):
        check(replace(of, source=(1920, 1080)))
    check(replace(of, source=(1920, 1080), encoding=Encoding(codec="h265", profile="auto")))
    check(replace(of, source=(1920, 1080), encoder="hevc_v4l2m2m"))


def test_small_profile_has_one_thread_and_little_ahead() -> None:
    words = _words(plan(Path("v.mp4")), small=True)
    assert words.count("-threads") == 2
    assert "rc-lookahead=1" in _after(words, "-x264-params")
    assert "-x264-params" not in _words(plan(Path("v.mp4")))


@pytest.mark.parametrize("size", [SIZE, (1280, 720)])
def test_colours_are_those_of_the_jpeg(output: Path, size: tuple[int, int]) -> None:
    jpegs = [plain(colour, size) for colour in COLOURS]
    encode(replace(plan(output, encoding=Encoding(crf=10)), source=size), jpegs)
    assert look_at(output).colours == ("tv", "bt709" if size[1] == 720 else "smpte170m")
    for jpeg, picture in zip(jpegs, pictures_of(output), strict=True):
        wanted, got = decoded(jpeg)[size[1] // 2, size[0] // 2], picture[size[1] // 2, size[0] // 2]
        assert np.abs(wanted.astype(int) - got).max() <= 4


@pytest.mark.parametrize("subsampling", ["422", "444", "Gray"])
def test_other_samplings_have_the_same_colours(output: Path, subsampling: str) -> None:
    colour = (90, 90, 90) if subsampling == "Gray" else (180, 90, 30)
    pixels = np.full((180, 320, 3), colour, np.uint8)
    jpeg = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels[:, :, :1]) if subsampling == "Gray" else pixels,
        95,
        "Gray" if subsampling == "Gray" else "RGB",
        subsampling,
    )
    encode(plan(output, encoding=Encoding(crf=10)), [jpeg] * 3)
    assert pictures_of(output)[1][90, 160] == pytest.approx(np.array(colour), abs=4)


def _corners() -> bytes:
    """Red, green over blue, white: which way is up can be seen."""
    image = np.zeros((180, 320, 3), np.uint8)
    image[:90, :160], image[:90, 160:], image[90:, :160], image[90:] = (255, 0, 0), (0, 255, 0), (0, 0, 255), image[90:]
    image[90:, 160:] = 255
    jpeg: bytes = simplejpeg.encode_jpeg(image, 95, "RGB")
    return jpeg


def _named(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    """The corners, clockwise from the left upper one."""
    names = {(255, 0, 0): "r", (0, 255, 0): "g", (0, 0, 255): "b", (255, 255, 255): "w", (0, 0, 0): "k"}
    height, width = picture.shape[:2]
    found = ""
    for y, x in ((0.2, 0.2), (0.2, 0.8), (0.8, 0.8), (0.8, 0.2)):
        colour = tuple(255 * int(value > 127) for value in picture[int(y * height), int(x * width)])
        found += names[colour[0], colour[1], colour[2]]
    return found


@pytest.mark.parametrize(
    ("look", "size", "corners"),
    [
        (Look(), (320, 180), "rgwb"),
        (Look(rotation=90), (180, 320), "brgw"),
        (Look(rotation=180), (320, 180), "wbrg"),
        (Look(rotation=270), (180, 320), "gwbr"),
        (Look(size=(160, 0)), (160, 90), "rgwb"),
        (Look(size=(0, 360)), (640, 360), "rgwb"),
        (Look(size=(320, 60)), (320, 60), "kkkk"),
        (Look(crop=(0.5, 0, 0.5, 1)), (160, 180), "ggww"),
        (Look(crop=(0, 0.5, 1, 0.5), rotation=90, size=(0, 100)), (28, 100), "bbww"),
    ],
)
def test_look_is_seen_in_the_video(output: Path, look: Look, size: tuple[int, int], corners: str) -> None:
    done = encode(plan(output, look, Encoding(crf=12)), [_corners()] * 2)
    assert look_at(output).size == (done.width, done.height) == size
    assert _named(pictures_of(output)[1]) == corners


def test_blending_averages_and_keeps_the_number_of_pictures(output: Path) -> None:
    done = encode(plan(output, Look(blend=2), Encoding(crf=10)), [numbered(0), numbered(0), numbered(8), numbered(8)])
    assert done.pictures == 4
    assert [number_in(picture) for picture in pictures_of(output)] == [0, 0, 4, 8]


def test_commands_steer_the_filter_picture_by_picture(output: Path, tmp_path: Path) -> None:
    steering = tmp_path / "it's: a, file"
    steering.write_text(
        "".join(f"{number / 25 - 0.02:.3f} eq@deflicker brightness {number * 0.05};\n" for number in range(1, 6))
    )
    of = replace(
        plan(output, encoding=Encoding(crf=10)), commands_files=(steering,), deflicker_filter="eq@deflicker=gamma=1.001"
    )
    encode(of, [plain((60, 60, 60))] * 6)
    levels = [float(picture.mean()) for picture in pictures_of(output)]
    steps = np.diff(levels)
    assert steps == pytest.approx([15] * 5, abs=3)


@pytest.mark.parametrize(("container", "tag"), [("mp4", "hvc1"), ("mkv", "[0][0][0][0]")])
def test_h265_is_tagged_for_every_player(tmp_path: Path, container: str, tag: str) -> None:
    of = replace(plan(tmp_path / "v", encoding=Encoding(codec="h265")), container=container)
    encode(of, [numbered(number) for number in range(6)])
    seen = look_at(tmp_path / "v")
    assert (seen.codec, seen.tag, seen.pictures, seen.pixels) == ("hevc", tag, 6, "yuv420p")


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_copy_has_the_very_bytes_of_the_frames(tmp_path: Path, container: str) -> None:
    jpegs = [numbered(number) for number in range(7)]
    of = replace(plan(tmp_path / "v", encoding=Encoding(codec="copy")), container=container)
    done = encode(of, jpegs)
    seen = look_at(tmp_path / "v")
    assert (done.pictures, seen.codec, seen.pictures, float(seen.rate)) == (7, "mjpeg", 7, 25)
    data = (tmp_path / "v").read_bytes()
    assert [data.count(jpeg) for jpeg in jpegs] == [1] * 7


def test_h264_is_what_every_browser_plays(output: Path) -> None:
    encode(plan(output), [numbered(number) for number in range(6)])
    seen = look_at(output)
    assert (seen.codec, seen.profile, seen.pixels, seen.tag) == ("h264", "High", "yuv420p", "avc1")
    data = output.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_words_about_it_stand_in_the_file(tmp_path: Path, container: str) -> None:
    words = {"title": "Gärten = schön; -y", "comment": "a\nb", "artist": "timelapse"}
    of = replace(plan(tmp_path / "v"), container=container, metadata={**words, "creation_time": "2026-11-24T00:00:00Z"})
    encode(of, [numbered(0)] * 2)
    titles = {name.lower(): text for name, text in look_at(tmp_path / "v").titles.items()}
    assert {name: titles[name] for name in words} == words
    assert titles["creation_time"].startswith("2026-11-24T00:00:00")


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (plan(Path("v"), fps=0.24), "0.25 to 1000"),
        (plan(Path("v"), Look(size=(16_384, 16_384))), "134 megapixels"),
        (plan(Path("v"), Look(size=(16_386, 2))), "16384 in each direction"),
    ],
)
def test_what_ffmpeg_could_not_make_is_refused(of: Plan, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check(of)
