"""What ffmpeg says, however it arrives."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as some

from render_worker.encoding.progress import LastWords, ProgressReader, Said

_TEXT = (
    b"frame=12\nfps=3.1\nbitrate=N/A\ntotal_size=N/A\nout_time_us=480000\nout_time_ms=480000\ndup_frames=0\n"
    b"progress=continue\nframe=25\ntotal_size=4711\nout_time_us=1000000\ndup_frames=2\nprogress=end\n"
)


@given(some.lists(some.integers(0, len(_TEXT)), max_size=8))
def test_progress_in_any_pieces_is_the_same(cuts: list[int]) -> None:
    reader = ProgressReader()
    places = [0, *sorted(cuts), len(_TEXT)]
    for begin, end in itertools.pairwise(places):
        reader.take(_TEXT[begin:end])
    assert reader.said == Said(pictures=25, seconds=1.0, bytes=4711, repeated=2, ended=True)


def test_half_a_block_does_not_count() -> None:
    reader = ProgressReader()
    reader.take(_TEXT[:40])
    assert reader.said == Said()


def test_size_that_is_not_told_stays_what_it_was() -> None:
    reader = ProgressReader()
    reader.take(b"total_size=900\nprogress=continue\ntotal_size=N/A\nprogress=continue\n")
    assert reader.said.bytes == 900


def test_cause_is_kept_however_much_follows() -> None:
    words = LastWords()
    words.take(b"[libx264 @ 0x5581] [error] broken at once\n" + b"[warning] again\r\n" * 10_000 + b"[error] the end")
    assert words.lines == ["broken at once", "the end"]


def test_warnings_are_the_cause_where_nothing_worse_is_said() -> None:
    words = LastWords()
    words.take(b"[mov @ 0x1] [warning] something is odd\n")
    assert words.lines == ["something is odd"]


def test_limit_of_a_files_size_is_no_full_disk() -> None:
    words = LastWords()
    words.take(b"[error] av_interleaved_write_frame(): File too large\n")
    assert (words.unwritten, words.is_full_disk) == (True, False)
    assert "File too large" in words.lines[0]


def test_line_without_end_is_not_kept_whole() -> None:
    words = LastWords()
    for _ in range(1000):
        words.take(b"x" * 10_000)
    assert sum(map(len, words.lines)) <= 500


def test_undecodable_pictures_are_counted_in_the_words_of_each_version() -> None:
    words = LastWords()
    words.take(b"[error] Error while decoding stream #0:0: Invalid data found when processing input\n")
    words.take(b"[vist#0:0/mjpeg @ 0x1] [dec:mjpeg @ 0x2] [error] Error submitting packet to decoder: Invalid data\n")
    assert words.undecodable == 2
    assert not words.unwritten


def test_last_piece_that_was_not_written_is_noticed() -> None:
    words = LastWords()
    words.take(b"[error] Error closing file file:/dev/full: No space left on device\n")
    assert (words.unwritten, words.is_full_disk) == (True, True)
