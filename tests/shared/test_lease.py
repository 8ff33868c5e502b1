"""Leases as they leave a worker."""

from __future__ import annotations

import os
from pathlib import Path

from shared.clock import NS_PER_S
from shared.lease import LeaseHolder
from shared.messages import Lease
from shared.worker_identity import Identity
from tests.rig.manual_clock import START_MONO_NS, ManualClock


def _holder(sent: list[Lease], clock: ManualClock) -> LeaseHolder:
    return LeaseHolder(Identity("capture.main", 3, 1, Path("/run")), "camera", clock, sent.append)


def test_declare_names_who_what_and_until_when() -> None:
    sent: list[Lease] = []
    _holder(sent, ManualClock()).declare("grab", 2.5)
    assert sent == [
        Lease(
            worker="capture.main",
            incarnation=3,
            pid=os.getpid(),
            thread="camera",
            operation="grab",
            declared_mono_ns=START_MONO_NS,
            deadline_mono_ns=START_MONO_NS + 2_500_000_000,
        )
    ]


def test_deadline_is_on_the_monotonic_clock_whatever_the_wall_clock_does() -> None:
    sent: list[Lease] = []
    clock = ManualClock()
    lease = _holder(sent, clock)
    clock.set_wall(0)
    clock.advance(7)
    lease.declare("write", 30)
    assert (sent[0].declared_mono_ns, sent[0].deadline_mono_ns) == (clock.mono, clock.mono + 30 * NS_PER_S)


def test_sleep_may_be_late_by_a_second() -> None:
    sent: list[Lease] = []
    clock = ManualClock()
    _holder(sent, clock).sleep(60)
    assert (sent[0].operation, sent[0].deadline_mono_ns) == ("sleep", clock.mono + 61 * NS_PER_S)


def test_sleep_that_a_longer_one_covers_is_not_said_again() -> None:
    sent: list[Lease] = []
    clock = ManualClock()
    lease = _holder(sent, clock)
    lease.sleep(10)
    clock.advance(3)
    lease.sleep(7)
    assert len(sent) == 1
    lease.sleep(7.1)
    assert len(sent) == 2, "it may end later"
    lease.declare("disk", 30)
    lease.sleep(1)
    assert [each.operation for each in sent] == ["sleep", "sleep", "disk", "sleep"], "and it is another operation"


def test_renewal_is_said_once_a_second_and_at_every_change() -> None:
    sent: list[Lease] = []
    clock = ManualClock()
    lease = _holder(sent, clock)
    for _ in range(65):
        lease.renew("wait", 7)
        clock.advance(1 / 32)
    assert [(held.declared_mono_ns - START_MONO_NS) // 10_000_000 for held in sent] == [0, 100, 200]
    assert all(held.deadline_mono_ns == held.declared_mono_ns + 7 * NS_PER_S for held in sent)
    lease.declare("grab", 2)
    lease.renew("wait", 7)
    lease.renew("wait", 7)
    assert [held.operation for held in sent[3:]] == ["grab", "wait"]


def test_release_has_no_deadline() -> None:
    sent: list[Lease] = []
    _holder(sent, ManualClock()).release()
    assert (sent[0].operation, sent[0].deadline_mono_ns) == ("ended", None)
