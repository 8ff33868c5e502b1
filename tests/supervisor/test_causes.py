"""Causes: from how a process ended, never from what it said."""

from __future__ import annotations

import signal
from typing import get_args

import pytest

from shared.causes import MissCause, WorkerCause
from supervisor.causes import MISS_CAUSES, cause_of
from supervisor.process import ExitStatus


@pytest.mark.parametrize(
    ("status", "hung", "asked", "cause"),
    [
        pytest.param(ExitStatus(69, None), False, "", "camera", id="status-69"),
        pytest.param(ExitStatus(68, None), False, "", "camera", id="status-68"),
        pytest.param(ExitStatus(74, None), False, "", "disk", id="status-74"),
        pytest.param(ExitStatus(75, None), False, "", "busy", id="status-75"),
        pytest.param(ExitStatus(78, None), False, "", "configuration", id="status-78"),
        pytest.param(ExitStatus(70, None), False, "", "crash", id="status-70"),
        pytest.param(ExitStatus(1, None), False, "", "crash", id="any-other-status"),
        pytest.param(ExitStatus(0, None), False, "", "crash", id="an-end-that-nobody-asked-for"),
        pytest.param(ExitStatus(None, signal.SIGSEGV), False, "", "crash", id="signal"),
        pytest.param(ExitStatus(None, signal.SIGKILL), False, "", "crash", id="killed-by-a-stranger"),
        pytest.param(ExitStatus(None, signal.SIGABRT), True, "", "hang", id="hang"),
        pytest.param(ExitStatus(69, None), True, "operator", "hang", id="hang-whatever-else"),
        pytest.param(ExitStatus(0, None), False, "stopped", "stopped", id="stop"),
        pytest.param(ExitStatus(None, signal.SIGKILL), False, "operator", "operator", id="kill-by-an-operator"),
    ],
)
def test_cause_of_an_end(status: ExitStatus, hung: bool, asked: WorkerCause, cause: WorkerCause) -> None:
    assert cause_of(status, hung=hung, asked=asked) == cause


def test_every_cause_of_an_end_is_a_cause_of_a_miss() -> None:
    assert set(MISS_CAUSES) == set(get_args(WorkerCause))
    assert set(MISS_CAUSES.values()) <= set(get_args(MissCause))
