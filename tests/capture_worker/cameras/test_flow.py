"""The bytes of an answer over real connections: in order, dropped exactly, stamped when they came."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capture_worker.cameras.flow import HEAD_BYTES, AnswerFlow, Flow, SocketFlow, flow_of
from capture_worker.cameras.http_get import HttpGet
from capture_worker.cameras.reach import parse
from shared.clock import NS_PER_MS, NS_PER_S, Clock, SystemClock
from tests.rig.http_cameras import answer, camera, self_signed
from tests.rig.manual_clock import ManualClock

_LETTERS = bytes(range(256)) * 4096  # a megabyte in which each place tells where it is


@contextmanager
def flow_from(
    speaking: Callable[[socket.socket], None],
    *headers: str,
    tls: ssl.SSLContext | None = None,
    clock: Clock | None = None,
    patience_s: float = 10.0,
) -> Iterator[Flow]:
    """The flow of an answer whose body `speaking` sends."""

    def answering(connection: socket.socket, _: str) -> None:
        connection.sendall(answer(b"", *headers))
        speaking(connection)

    with camera(answering, tls) as url:
        get = HttpGet(parse(f"{url}/stream"), tls_verify=False)
        with get.ask() as answered:
            get.deadline.until_s = time.monotonic() + patience_s
            yield flow_of(answered, get.deadline, clock or SystemClock())


def _whole(flow: Flow) -> bytes:
    pieces = []
    while piece := flow.read(0):
        pieces.append(piece)
    return b"".join(pieces)


def _drop_all(flow: Flow, count: int) -> None:
    while count > 0:
        dropped = flow.drop(count)
        assert 0 < dropped <= count
        count -= dropped


@pytest.mark.parametrize("drops", [[], [1], [5, 300_000], [700_000], [len(_LETTERS) - 1]])
def test_what_is_dropped_is_gone_and_the_rest_comes_whole(drops: list[int]) -> None:
    with flow_from(lambda connection: connection.sendall(_LETTERS)) as flow:
        for count in drops:
            _drop_all(flow, count)
        assert isinstance(flow, SocketFlow)
        assert _whole(flow) == _LETTERS[sum(drops) :]
        assert flow.drop(1) == 0, "it has ended"


def test_bytes_that_are_missing_are_waited_for() -> None:
    """The sender is slow; the reader is not woken for each piece."""
    go_on = threading.Event()

    def speaking(connection: socket.socket) -> None:
        connection.sendall(b"ab")
        go_on.wait()
        for at in range(0, 10_000, 1000):
            connection.sendall(_LETTERS[at : at + 1000])
            time.sleep(0.002)  # a network's pace

    with flow_from(speaking) as flow:
        assert flow.read(0) == b"ab"
        go_on.set()
        first = flow.read(10_000)
        assert first + flow.read(10_000 - len(first)) == _LETTERS[:10_000], "in two pieces, or in one"


def test_arrival_is_when_it_came_and_not_when_it_was_read() -> None:
    sent = threading.Event()
    go_on = threading.Event()

    def speaking(connection: socket.socket) -> None:
        connection.sendall(b"first")
        go_on.wait()
        connection.sendall(b"second")
        sent.set()
        time.sleep(1.0)  # the end must not come before the reading

    with flow_from(speaking) as flow:
        assert flow.read(0) == b"first"
        time.sleep(0.2)  # the kernel begins to stamp a moment after it was asked to, and tells nobody
        go_on.set()
        assert sent.wait(5.0)
        sent_ns = time.monotonic_ns()
        time.sleep(0.3)  # this process is not let run
        assert flow.read(0) == b"second"
        assert flow.arrived_mono_ns < sent_ns + 100 * NS_PER_MS
        assert flow.arrived_mono_ns > sent_ns - NS_PER_S


def test_clock_that_is_set_tells_of_no_arrival_before_the_last_one_or_after_now() -> None:
    clock = ManualClock(wall_ns=time.time_ns() + 3600 * NS_PER_S)
    go_on = threading.Event()

    def speaking(connection: socket.socket) -> None:
        connection.sendall(b"first")
        go_on.wait()
        connection.sendall(b"second")

    with flow_from(speaking, clock=clock) as flow:
        flow.read(0)
        time.sleep(0.2)  # as above
        before_ns = flow.arrived_mono_ns
        clock.advance(0.1)
        go_on.set()
        assert flow.read(0) == b"second"
        assert flow.arrived_mono_ns == before_ns, "it did not come an hour ago"
        clock.set_wall(0)
        assert flow.read(0) == b""
        assert before_ns <= flow.arrived_mono_ns <= clock.mono_ns()


def test_gathering_goes_on_until_its_moment_and_no_longer() -> None:
    ended = threading.Event()

    def speaking(connection: socket.socket) -> None:
        connection.sendall(b"first")
        while not ended.wait(0.01):
            connection.sendall(b"x" * 10)

    with flow_from(speaking) as flow:
        flow.read(0)
        began_ns = time.monotonic_ns()
        while len(flow.read(0)) == 10 and time.monotonic_ns() < began_ns + 5 * NS_PER_S:
            pass  # what lay there already
        began_ns = time.monotonic_ns()
        gathered = flow.read(0, began_ns + 300 * NS_PER_MS)
        took_ns = time.monotonic_ns() - began_ns
        ended.set()
    assert took_ns >= 290 * NS_PER_MS or len(gathered) > 10, "nothing was there to begin with"
    assert took_ns < 2 * NS_PER_S


def test_gathering_ends_with_the_stream() -> None:
    go_on = threading.Event()

    def speaking(connection: socket.socket) -> None:
        connection.sendall(b"first")
        go_on.wait()

    with flow_from(speaking) as flow:
        flow.read(0)
        go_on.set()
        began_s = time.monotonic()
        assert flow.read(0, time.monotonic_ns() + 8 * NS_PER_S) == b""
        assert time.monotonic() - began_s < 4.0


def test_answer_that_ends_with_its_head_says_so() -> None:
    with pytest.raises(EOFError), flow_from(lambda _: None):
        pass


def test_no_more_is_read_at_once_than_asked_for() -> None:
    sent = threading.Event()

    def speaking(connection: socket.socket) -> None:
        connection.sendall(b"a")
        sent.wait()
        connection.sendall(_LETTERS[:100_000])

    with flow_from(speaking) as flow:
        assert flow.read(0) == b"a"
        sent.set()
        assert len(flow.read(100_000)) > HEAD_BYTES
        assert len(flow.read(0)) <= HEAD_BYTES
        assert len(flow.read(0, most=16_000)) <= 16_000


@pytest.mark.parametrize("missing", [0, 100_000])
def test_silence_ends_at_the_deadline(missing: int) -> None:
    ended = threading.Event()

    def speaking(connection: socket.socket) -> None:
        connection.sendall(b"a")
        ended.wait()

    with flow_from(speaking, patience_s=0.3) as flow:
        flow.read(0)
        with pytest.raises(TimeoutError):
            flow.read(missing)
        ended.set()


def test_camera_that_drips_is_given_up_at_the_deadline() -> None:
    """Each byte is one in time; all of them never come."""
    ended = threading.Event()

    def speaking(connection: socket.socket) -> None:
        while not ended.wait(0.02):
            connection.sendall(b".")

    with flow_from(speaking, patience_s=0.5) as flow:
        with pytest.raises(TimeoutError):
            _drop_all(flow, 1_000_000)
        ended.set()


def _under_tls(directory: Path) -> tuple[tuple[str, ...], ssl.SSLContext | None, bytes]:
    return (), self_signed(directory)[0], _LETTERS


def _in_chunks(_: Path) -> tuple[tuple[str, ...], ssl.SSLContext | None, bytes]:
    chunks = b"".join(b"%x\r\n%s\r\n" % (65536, _LETTERS[at : at + 65536]) for at in range(0, len(_LETTERS), 65536))
    return ("Transfer-Encoding: chunked",), None, chunks + b"0\r\n\r\n"


@pytest.mark.parametrize("form", [_under_tls, _in_chunks])
def test_answer_that_is_not_the_sockets_own_bytes_is_read_all_the_same(
    form: Callable[[Path], tuple[tuple[str, ...], ssl.SSLContext | None, bytes]], tmp_path: Path
) -> None:
    headers, tls, sent = form(tmp_path)
    with flow_from(lambda connection: connection.sendall(sent), *headers, tls=tls) as flow:
        assert isinstance(flow, AnswerFlow)
        _drop_all(flow, 500_000)
        assert _whole(flow) == _LETTERS[500_000:]
