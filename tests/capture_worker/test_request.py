"""The one request between two threads: answered once, by whoever is first."""

from __future__ import annotations

import threading
import time

from capture_worker.request import Request, RequestPlace


def test_request_is_open_until_it_is_claimed() -> None:
    place, request = RequestPlace(), Request(10, 20)
    assert place.open_request() is None
    assert place.ask(request)
    assert place.open_request() is request
    assert place.claim(request)
    assert place.open_request() is None


def test_second_request_is_refused_until_the_first_is_claimed() -> None:
    place, first, second = RequestPlace(), Request(10, 20), Request(20, 30)
    assert place.ask(first)
    assert not place.ask(second)
    assert place.open_request() is first
    assert place.claim(first)
    assert place.ask(second)


def test_request_is_claimed_once() -> None:
    place, request = RequestPlace(), Request(10, 20)
    place.ask(request)
    assert [place.claim(request), place.claim(request)] == [True, False]


def test_claim_of_a_request_that_was_given_up_fails_though_its_like_is_open() -> None:
    """After the clock was put back a slot may be asked for a second time: the first one's answer is not its."""
    place, given_up, again = RequestPlace(), Request(10, 20), Request(10, 20)
    place.ask(given_up)
    place.claim(given_up)
    place.ask(again)
    assert not place.claim(given_up)
    assert place.open_request() is again


def test_claim_by_two_threads_at_once_succeeds_for_one() -> None:
    for _ in range(300):
        place, request = RequestPlace(), Request(10, 20)
        place.ask(request)
        together, claims = threading.Barrier(2), list[bool]()

        def claim(
            place: RequestPlace = place,
            request: Request = request,
            together: threading.Barrier = together,
            claims: list[bool] = claims,
        ) -> None:
            together.wait()
            claims.append(place.claim(request))

        threads = [threading.Thread(target=claim) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(claims) == [False, True]


def test_wait_ends_with_the_request() -> None:
    place, request = RequestPlace(), Request(10, 20)
    threading.Timer(0.05, place.ask, [request]).start()
    assert place.wait(10) is request


def test_wait_finds_a_request_that_was_there_before() -> None:
    place, request = RequestPlace(), Request(10, 20)
    place.ask(request)
    began = time.monotonic()
    assert place.wait(10) is request
    assert time.monotonic() - began < 5


def test_wait_without_a_request_ends_in_time() -> None:
    began = time.monotonic()
    assert RequestPlace().wait(0.05) is None
    assert 0.05 <= time.monotonic() - began < 5
