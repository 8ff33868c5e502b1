"""Sources: what is taken, what it becomes, and which two are one camera."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.source import Kind, file_path, identity, kind_of, parse_source

BASE = "/etc/timelapse"


@pytest.mark.parametrize(
    ("text", "source", "kind"),
    [
        ("auto", "auto", Kind.AUTO),
        (" test ", "test", Kind.TEST),
        ("picamera2", "picamera2", Kind.PICAMERA2),
        ("picamera2:1", "picamera2:1", Kind.PICAMERA2),
        ("/dev/video0", "/dev/video0", Kind.DEVICE),
        ("/dev/v4l/by-id/usb-x", "/dev/v4l/by-id/usb-x", Kind.DEVICE),
        ("/dev//video0", "/dev/video0", Kind.DEVICE),
        ("rtsp://u:p@h:554/s", "rtsp://u:p@h:554/s", Kind.RTSP),
        ("rtsps://h/s", "rtsps://h/s", Kind.RTSP),
        ("http://h/s?x=1", "http://h/s?x=1", Kind.HTTP),
        ("https://[::1]:8443/", "https://[::1]:8443/", Kind.HTTP),
        ("rtsp://${U}:${P}@h:554/${S}?x=${X}", "rtsp://${U}:${P}@h:554/${S}?x=${X}", Kind.RTSP),
        ("http://u:p$@h/$s", "http://u:p$@h/$s", Kind.HTTP),
        ("/srv/clip.mp4", "/srv/clip.mp4", Kind.FILE),
        ("file:clip.mp4", "/etc/timelapse/clip.mp4", Kind.FILE),
        ("file:../clip.mp4", "/etc/clip.mp4", Kind.FILE),
        ("file:///srv/clip.mp4", "/srv/clip.mp4", Kind.FILE),
        ("file:/dev/shm/clip.mjpeg", "file:/dev/shm/clip.mjpeg", Kind.FILE),
    ],
)
def test_source_of_each_kind_is_taken(text: str, source: str, kind: Kind) -> None:
    assert parse_source(text, BASE) == source
    assert kind_of(source) is kind
    assert parse_source(source, "/elsewhere") == source


def test_source_below_home_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/pi")
    assert parse_source("~/clip.mp4", BASE) == "/home/pi/clip.mp4"
    assert file_path(parse_source("file:~/clip.mp4", BASE)) == "/home/pi/clip.mp4"


def test_source_of_a_file_among_devices_keeps_its_path() -> None:
    assert file_path("file:/dev/shm/clip.mjpeg") == "/dev/shm/clip.mjpeg"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tets", "'tets' is not a source (did you mean test?)"),
        ("picamera", "(did you mean picamera2?)"),
        ("picamera:0", "(did you mean picamera2?)"),
        ("picamera2:x", "(did you mean picamera2?)"),
        ("video0", "(did you mean /dev/video0?)"),
        ("v4l/by-id/x", "(did you mean /dev/v4l/by-id/x?)"),
        ("rtsp:/h/s", "(did you mean rtsp://?)"),
        ("rstp://h/s", "(did you mean rtsp://?)"),
        ("RTSP://h/s", "(did you mean rtsp://?)"),
        ("gopher://h/s", "(known: rtsp://, rtsps://, http://, https://)"),
        ("clip.mp4", "(did you mean file:clip.mp4?)"),
        ("../clips/one", "(did you mean file:../clips/one?)"),
        ("nothing known", "(known: auto, picamera2"),
        ("http://", "names no host"),
        ("http://h:0/", "names no port"),
        ("http://h:99999/", "host and port can't be told apart"),
        ("rtsp://u:pa#ss@h/", "as %2F"),
        ("http://h/a b", "holds a space"),
        ("http://h/\x1b", "holds a control character"),
        ("rtsp://u:${P@h/", "'rtsp://u:***@h/': a ${ is not closed (write ${NAME} for a secret, %24{ for"),
        ("rtsp://u:${P-1}@h/", "'rtsp://u:***@h/': the name in ${..} is not made of"),
        ("${S}://h/", "no secret can stand for the scheme"),
        ("rtsp://${H}/s", "no secret can stand for host or port"),
        ("rtsp://u:p@h:${P}/s", "no secret can stand for host or port: write it as it is"),
        ("rtsp://h/s#${F}", "no secret can stand for what follows a #"),
        ("${SOURCE}", "stands for a secret in a network camera's address alone"),
        ("/srv/${F}.mp4", "stands for a secret in a network camera's address alone"),
        ("file:///srv/${F}.mp4", "stands for a secret in a network camera's address alone"),
        ("ftp://u:${P}@h/", "no camera is reached by 'ftp://'"),
        ("/dev/", "names no device"),
        ("/dev/../etc/passwd", "names no device"),
        ("file:", "a path is missing"),
        ("file://host/clip.mp4", "names a host"),
        ("~nobody-of-this-name/clip.mp4", "there is no user 'nobody-of-this-name'"),
        ("", "'' is not a source"),
    ],
)
def test_source_that_is_none_is_refused_with_a_reason(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_source(text, BASE)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["rstp://u:hunter2@h/", "rtsp://u:hunter2#x@h/", "http://u:hunter2@h/a b", "u:hunter2@h", "rtsp:u:hunter2@h"],
)
def test_source_refused_does_not_show_its_password(text: str) -> None:
    with pytest.raises(ValueError, match=r"\*\*\*") as caught:
        parse_source(text, BASE)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("picamera2", "picamera2:0"),
        ("rtsp://a:b@Cam/s", "rtsp://cam:554/s"),
        ("http://cam", "http://cam:80/"),
        ("/dev/video0", "/dev/video0"),
    ],
)
def test_sources_of_one_camera_have_one_identity(one: str, other: str) -> None:
    assert identity(one) == identity(other) is not None


@pytest.mark.parametrize(("one", "other"), [("http://cam/?ch=1", "http://cam/?ch=2"), ("picamera2:0", "picamera2:1")])
def test_sources_of_two_cameras_have_two_identities(one: str, other: str) -> None:
    assert identity(one) != identity(other)


@pytest.mark.parametrize("source", ["auto", "test", "/srv/clip.mp4", "file:/dev/shm/x"])
def test_sources_that_can_be_shared_have_no_identity(source: str) -> None:
    assert identity(source) is None


@given(st.text() | st.from_regex(r"(rtsp://|http://|file:|/dev/|~|picamera2:)[^\n]{0,20}"))
def test_source_from_any_text_raises_nothing_but_value_error(text: str) -> None:
    try:
        source = parse_source(text, BASE)
    except ValueError:
        return
    assert parse_source(source, BASE) == source
    identity(source)
