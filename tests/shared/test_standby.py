"""What a supervisor and its stand-by say to each other arrives as it was said."""

from __future__ import annotations

import os
import select
from pathlib import Path

import pytest

from shared.standby import LONGEST_ORDER_BYTES, StandbyPlace, arguments_of, order_for, parse_place
from shared.worker_identity import Identity, parse_identity


def test_place_survives_its_command_line() -> None:
    place = StandbyPlace(17, Path("/run/time=lapse"), 5, 6, 7)
    assert parse_place(place.arguments()) == place


@pytest.mark.parametrize("arguments", [[], ["--standby"], ["--standby", "worker"], ["--standby", "--parent-pid=one"]])
def test_command_line_that_is_off_is_refused(arguments: list[str]) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse_place(arguments)


def test_order_makes_the_worker_that_a_command_line_would_have_made() -> None:
    identity = Identity("capture.main", 7, os.getpid(), Path(os.fsdecode(b"/run/no \xff text")), 9)
    assert parse_identity(arguments_of(order_for(identity))) == identity


def test_longest_order_goes_into_a_pipe_whole_and_is_read_whole() -> None:
    identity = Identity(f"capture.{'x' * 255}", 1 << 60, 1 << 22, Path("/" + "r" * 107), 1 << 20)
    assert len(order_for(identity)) <= min(LONGEST_ORDER_BYTES, select.PIPE_BUF)
