"""The pictures of a multipart stream, however it is cut into pieces and whatever cameras get wrong in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.cameras.multipart import LONGEST_PICTURE_BYTES, Multipart, NotMultipart, boundary_of

_BOUNDARY = b"--frame"


def _jpeg(scan: bytes, *, thumbnail: bytes = b"") -> bytes:
    """The skeleton of one: SOI, an APP1 that holds a picture of its own, SOS, the scan, EOI."""
    app1 = b"Exif" + thumbnail
    return b"\xff\xd8\xff\xe1" + (len(app1) + 2).to_bytes(2, "big") + app1 + b"\xff\xda\x00\x02" + scan + b"\xff\xd9"


_A, _B, _C = _jpeg(b"aaaa"), _jpeg(b"b" * 300), _jpeg(b"c")


def _part(body: bytes, *, length: bool = True, line_end: bytes = b"\r\n", boundary: bytes = _BOUNDARY) -> bytes:
    lines = [boundary, b"Content-Type: image/jpeg", *([b"Content-Length: %d" % len(body)] if length else []), b"", b""]
    return line_end.join(lines) + body + line_end


def _fed(stream: bytes, size: int = 1, boundary: bytes = _BOUNDARY) -> list[bytes]:
    parser = Multipart(boundary)
    return [picture for begin in range(0, len(stream), size) for picture in parser.feed(stream[begin : begin + size])]


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("length", [True, False])
def test_pictures_come_out_whole_in_order_in_whatever_pieces(size: int, line_end: bytes, length: bool) -> None:
    stream = b"".join(_part(each, length=length, line_end=line_end) for each in (_A, _B, _C))
    assert _fed(stream, size) == [_A, _B, _C]


@pytest.mark.parametrize("length", [True, False])
def test_picture_is_given_with_its_last_byte_and_not_with_the_next_one(length: bool) -> None:
    parser = Multipart(_BOUNDARY)
    stream = _part(_A, length=length)
    assert parser.feed(stream[:-3]) == []
    assert parser.feed(stream[-3:-2]) == [_A]


def test_thumbnail_does_not_end_the_picture() -> None:
    picture = _jpeg(b"scan", thumbnail=_jpeg(b"small"))
    assert _fed(_part(picture, length=False) + _part(_A, length=False)) == [picture, _A]


def test_what_is_no_jpeg_ends_at_the_boundary() -> None:
    """It is given as it is: whether it is sound is for the check to say."""
    assert _fed(_part(b"GIF89a", length=False) + _part(_A)) == [b"GIF89a", _A]


@pytest.mark.parametrize("announced", [b"--frame", b"--other", b"--"])
@pytest.mark.parametrize("used", [b"--frame", b"----frame"])
def test_boundary_that_is_used_counts(announced: bytes, used: bytes) -> None:
    stream = b"".join(_part(each, boundary=used) for each in (_A, _B))
    assert _fed(stream, boundary=announced) == [_A, _B]


def test_what_stands_before_the_first_part_is_left_out() -> None:
    assert _fed(b"hello\r\n\r\nthere\r\n" + _part(_A)) == [_A]


def test_parts_that_are_no_picture_or_empty_are_left_out() -> None:
    text = b"--frame\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi\r\n"
    assert _fed(text + _part(b"") + _part(_A)) == [_A]


def test_part_without_a_type_is_a_picture() -> None:
    assert _fed(b"--frame\r\nContent-Length: %d\r\n\r\n" % len(_A) + _A) == [_A]


@pytest.mark.parametrize("lie", [-20, 20])
def test_wrong_length_costs_what_it_concerns_and_the_stream_goes_on(lie: int) -> None:
    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (len(_B) + lie)
    pictures = _fed(head + _B + b"\r\n" + _part(_A) + _part(_C))
    assert pictures[-1] == _C
    assert _B not in pictures


@pytest.mark.parametrize("lie", [-100_000, 100_000])
def test_length_that_is_wrong_by_more_than_a_head_is_gone_on_from_all_the_same(lie: int) -> None:
    long = _jpeg(b"l" * 180_000)
    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (len(long) + lie)
    assert _fed(head + long + b"\r\n" + _part(long) + _part(_C), 1000)[-1] == _C


def test_part_without_a_length_has_an_open_end_until_it_has_come() -> None:
    parser = Multipart(_BOUNDARY)
    stream = _part(_A, length=False)
    assert not parser.has_open_end
    parser.feed(stream[:-3])
    assert parser.has_open_end
    parser.feed(stream[-3:] + _part(_B)[:-3])
    assert not parser.has_open_end, "this one says its length"


def test_stream_without_heads_is_refused() -> None:
    with pytest.raises(NotMultipart, match="no pictures"):
        _fed(b"--frame" + b"x" * 100_000, 1000)


def test_picture_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(NotMultipart, match="it announces a picture of"):
        _fed(b"--frame\r\nContent-Length: %d\r\n\r\n" % (LONGEST_PICTURE_BYTES * 2), 1000)
    endless = b"--frame\r\n\r\n" + b"x" * (LONGEST_PICTURE_BYTES + 1)
    with pytest.raises(NotMultipart, match="without a boundary"):
        _fed(endless, 1 << 20)


@given(st.binary(max_size=400), st.integers(1, 50))
def test_garbage_before_a_part_is_gone_through_and_never_raises(garbage: bytes, size: int) -> None:
    """Two parts come through at most one of which the garbage spoils, since it may look like a head."""
    stream = garbage + b"\r\n" + _part(_A) + _part(_B)
    try:
        pictures = _fed(stream, size)
    except NotMultipart:
        return
    assert all(picture for picture in pictures)
    if b"--" not in garbage:
        assert pictures == [_A, _B]


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/x-mixed-replace;boundary=frame", b"--frame"),
        ('multipart/x-mixed-replace; boundary="my frame"', b"--my frame"),
        ("multipart/x-mixed-replace; boundary=--frame", b"--frame"),
        ("Multipart/Mixed; Boundary=Frame", b"--Frame"),
        ("multipart/x-mixed-replace", b"--"),
        ("image/jpeg", None),
        ("text/html; boundary=frame", None),
        ("", None),
    ],
)
def test_boundary_of_a_content_type_is_found(content_type: str, boundary: bytes | None) -> None:
    assert boundary_of(content_type) == boundary


def _skimmed(stream: bytes, size: int, wanted: list[bool]) -> list[bytes | None]:
    """Feed it in pieces; of the parts that are not wanted everything that may be is left out."""
    parser = Multipart(_BOUNDARY)
    found: list[bytes | None] = []
    at = 0
    while at < len(stream):
        missing = parser.missing_bytes
        if missing and (parser.has_gap or not wanted[len(found) % len(wanted)]):
            count = min(missing, size, len(stream) - at)
            if parser.dropped(count):
                found.append(None)
        else:
            count = min(missing or size, size)
            found += parser.feed(stream[at : at + count])
        at += count
    return found


@pytest.mark.parametrize("size", [1, 7, 120])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_picture_that_is_dropped_is_counted_and_the_others_come_whole(size: int, line_end: bytes) -> None:
    stream = b"".join(_part(each, line_end=line_end) for each in (_B, _A, _B, _C, _B, _A))
    wanted = [False, True, True, False, False, True]
    found = _skimmed(stream, size, wanted)
    whole = [_B, _A, _B, _C, _B, _A]
    assert len(found) == 6
    assert all(one in (each, None) for one, each in zip(found, whole, strict=True))
    assert [one for one, is_wanted in zip(found, wanted, strict=True) if is_wanted] == [_A, _B, _A]
    assert found[0] is None
    assert found[4] is None, "longer than a piece, so there was something to drop"


def test_part_that_is_no_picture_is_dropped_without_being_counted() -> None:
    text = b"--frame\r\nContent-Type: text/plain\r\nContent-Length: 200\r\n\r\n" + b"h" * 200 + b"\r\n"
    assert _skimmed(text + _part(_B) + _part(_B), 50, [False, True]) == [None, _B]


def test_gap_is_over_with_its_part() -> None:
    parser = Multipart(_BOUNDARY)
    head, _, body = _part(_B).partition(b"\r\n\r\n")
    parser.feed(head + b"\r\n\r\n" + body[:100])
    assert parser.missing_bytes == len(_B) - 100
    assert not parser.dropped(10)
    assert parser.has_gap
    assert parser.dropped(parser.missing_bytes)
    assert (parser.has_gap, parser.missing_bytes) == (False, 0)
    assert parser.feed(b"\r\n" + _part(_A)) == [_A]


@pytest.mark.parametrize("lie", [-20, 20])
def test_wrong_length_of_what_is_dropped_costs_what_it_concerns(lie: int) -> None:
    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (len(_B) + lie)
    found = _skimmed(head + _B + b"\r\n" + _part(_A) + _part(_C), 50, [False, True, True])
    assert found[0] is None
    assert found[-1] == _C
