"""What is said crosses a pipe whole, and never holds the render up."""

from __future__ import annotations

import os

import pytest

from render_worker.telling import Failed, Finished, Progress, Teller, Told, line_of, told_by

FINISHED = Finished("/v/a.mp4", 25, 25, 0, 1, 2.5, 1234, 320, 180, 1.0, "a\nb", 25, 3, {"hang": 3}, "libx264", 5, 0.5)


@pytest.mark.parametrize("told", [Progress("measuring", 3, 10, "hot"), FINISHED, Failed("no", 69)])
def test_line_is_read_as_what_was_said(told: Told) -> None:
    line = line_of(told)
    assert line.endswith(b"\n")
    assert told_by(line) == told


@pytest.mark.parametrize("line", [b"", b"x", b"{}", b'{"kind":"other"}', b'{"kind":"failed","message":3,"status":1}'])
def test_line_that_says_nothing_known_is_none(line: bytes) -> None:
    assert told_by(line) is None


def test_reader_that_does_not_read_costs_lines_and_no_time_and_gets_the_last_whole() -> None:
    receiver, sender = os.pipe()
    with os.fdopen(receiver, "rb", buffering=0) as pipe:
        teller = Teller(sender)
        for number in range(5000):
            teller.progress(Progress("rendering", number, 5000, "x" * 50))
        read = pipe.read(1 << 17) or b""
        teller.last(Failed("in the end", 70))
        os.close(sender)
        read += pipe.read(1 << 17) or b""
    told = [told_by(line) for line in read.splitlines()]
    assert None not in told
    assert len(told) < 5000
    assert told[-1] == Failed("in the end", 70)


def test_reader_that_has_gone_is_no_error() -> None:
    receiver, sender = os.pipe()
    os.close(receiver)
    teller = Teller(sender)
    teller.progress(Progress("rendering", 1, 2))
    teller.last(FINISHED)
    os.close(sender)


def test_nothing_is_said_behind_the_last() -> None:
    receiver, sender = os.pipe()
    teller = Teller(sender)
    teller.last(Failed("in the end", 70))
    teller.progress(Progress("rendering", 1, 2))
    os.close(sender)
    with os.fdopen(receiver, "rb") as pipe:
        assert pipe.read() == line_of(Failed("in the end", 70))
