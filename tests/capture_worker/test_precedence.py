"""Real-time scheduling: for the thread that asks and no other, and what is said where the kernel refuses."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_ASKING = """
import logging, os, resource, threading
from capture_worker.precedence import take_precedence
logging.basicConfig(format="%(message)s")
{become}
take_precedence()
policies = [os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK]
thread = threading.Thread(target=lambda: policies.append(os.sched_getscheduler(0)))
thread.start()
thread.join()
print(*policies, resource.getrlimit(resource.RLIMIT_RTTIME)[0])
"""
_NOBODY = """
resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
os.setresuid(65534, 65534, 65534)
"""


def _run(become: str = "") -> subprocess.CompletedProcess[str]:
    code = _ASKING.format(become=become)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_thread_that_asks_gets_it_and_those_that_it_starts_do_not() -> None:
    done = _run()
    if "not permitted" in done.stderr:
        pytest.skip("this user may not use real-time scheduling")
    own, started, most_us = done.stdout.split()
    assert (int(own), int(started)) == (os.SCHED_RR, os.SCHED_OTHER)
    assert 0 < int(most_us) <= 10_000_000, "the kernel ends what computes without end"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not")
def test_user_who_may_not_is_told_what_to_do_and_nothing_ends() -> None:
    done = _run(_NOBODY)
    assert "LimitRTPRIO=1" in done.stderr
    assert int(done.stdout.split()[0]) == os.SCHED_OTHER
