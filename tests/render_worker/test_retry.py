"""When a render that failed is tried again, and what is remembered of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from render_worker.notebook import FILE_NAME, Begun, Notebook
from render_worker.results import Result
from render_worker.retry import (
    LONGEST_DELAY_S,
    Tries,
    after_cancelling,
    after_failure,
    after_interruption,
    delay_s,
    not_before_s,
)

RESULT = Result("2026-06-01", "main", "video")
OTHER = Result("2026-05-20", "main", "keogram")
BEGUN = Begun(RESULT, 10, 11)


def test_delays_double_and_then_are_six_hours_each() -> None:
    assert [delay_s(failed) / 60 for failed in range(7)] == [0, 5, 10, 20, 40, 360, 360]


def test_tries_of_one_day_are_few() -> None:
    tries, now_s, count = Tries(), 0.0, 0
    while now_s < 86_400:
        count += 1
        tries = after_failure(tries, now_s, "x")
        now_s = not_before_s(tries, now_s) or 0.0
    assert count == 8


def test_result_that_never_failed_may_be_tried_at_once() -> None:
    assert not_before_s(None, 5.0) == 0.0
    assert not_before_s(Tries(), 5.0) == 0.0


def test_cancelled_result_is_not_tried_again_whatever_came_before() -> None:
    assert not_before_s(after_cancelling(Tries(), 0.0), 1e9) is None
    assert not_before_s(after_cancelling(after_failure(Tries(), 0.0, "x"), 0.0), 1e9) is None


def test_clock_that_was_put_back_puts_no_try_off() -> None:
    tries = after_failure(Tries(), 1e9, "x")
    assert not_before_s(tries, 1e9 - 1) == 0.0
    assert not_before_s(tries, 1e9) == 1e9 + 300


@pytest.mark.parametrize("failed", range(12))
def test_no_wait_is_longer_than_the_longest(failed: int) -> None:
    assert delay_s(failed) <= LONGEST_DELAY_S


def test_first_interruption_says_nothing_and_the_next_one_is_a_failure() -> None:
    once = after_interruption(Tries(), 5.0)
    assert not_before_s(once, 5.0) == 5.0 or not_before_s(once, 5.0) == 0.0
    twice = after_interruption(once, 6.0)
    assert (twice.failed, not_before_s(twice, 6.0)) == (1, 306.0)
    assert after_interruption(twice, 7.0).failed == 1, "after a failure it begins anew"


def test_notes_survive_the_worker(tmp_path: Path) -> None:
    book = Notebook(tmp_path)
    book.begun(BEGUN, "2026-05-26")
    assert book.failed(RESULT, 5.0, "x" * 9000).failed == 1
    again = Notebook(tmp_path)
    tries = again.tries_of(RESULT)
    assert tries is not None
    assert (tries.failed, tries.last_s, len(tries.message)) == (1, 5.0, 500)
    assert again.take_interrupted(6.0) is None
    again.finished(RESULT)
    assert Notebook(tmp_path).tries_of(RESULT) is None


def test_what_was_begun_and_not_ended_is_told_once(tmp_path: Path) -> None:
    Notebook(tmp_path).begun(BEGUN, "2026-05-26")
    assert Notebook(tmp_path).take_interrupted(5.0) == BEGUN
    book = Notebook(tmp_path)
    assert book.take_interrupted(5.0) is None
    assert book.tries_of(RESULT) == Tries(interrupted=1)


def test_what_was_given_up_by_order_is_no_try(tmp_path: Path) -> None:
    book = Notebook(tmp_path)
    book.begun(BEGUN, "2026-05-26")
    book.given_up()
    again = Notebook(tmp_path)
    assert (again.take_interrupted(5.0), again.tries_of(RESULT)) == (None, None)


def test_days_that_are_rendered_no_more_are_forgotten(tmp_path: Path) -> None:
    book = Notebook(tmp_path)
    book.failed(OTHER, 1.0, "x")
    book.begun(BEGUN, "2026-05-26")
    assert Notebook(tmp_path).tries_of(OTHER) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"{",
        b"[]",
        b'{"schema": 2}',
        b'{"schema": 1, "tries": {"a/b/c": 1}}',
        b'{"schema": 1, "tries": {"a": {}}}',
        b"[" * 100_000,
    ],
)
def test_damaged_notes_are_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    book = Notebook(tmp_path)
    assert book.take_interrupted(1.0) is None
    book.begun(BEGUN, "2026-05-26")
    assert Notebook(tmp_path).take_interrupted(1.0) == BEGUN


def test_notes_that_can_not_be_written_stop_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = Notebook(tmp_path / "gone")
    assert book.failed(RESULT, 5.0, "x").failed == 1
    assert "can't note how far the renders are" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_delays_that_are_forgotten_leave_the_count_and_what_was_cancelled(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path)
    unwanted = Result("2026-06-02", "main", "video")
    for _ in range(5):
        notebook.failed(RESULT, 9.0, "no ffmpeg")
    notebook.cancelled(unwanted, 9.0)
    notebook.forget_delays()
    again = Notebook(tmp_path)
    tries = again.tries_of(RESULT)
    assert tries is not None
    assert (tries.failed, tries.last_s) == (5, 0.0), "and so it is tried as soon as anybody looks"
    assert again.failed(RESULT, 9.0, "still none").failed == 6
    assert not_before_s(again.tries_of(unwanted), 9.0) is None
