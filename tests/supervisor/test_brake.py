"""The brake: what was dropped is said once a minute, however much it was."""

from __future__ import annotations

import pytest

from shared.clock import NS_PER_S
from shared.transport import Tally
from supervisor.brake import Brake

NOW_NS = 1_000 * NS_PER_S


def test_flood_of_bad_messages_makes_one_line_a_minute_with_the_counts_since_the_last(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tally = Tally()
    brake = Brake(tally, NOW_NS)
    for second in range(121):
        for _ in range(100):
            tally.count("workers", "not a map")
        if second >= 60:
            tally.count("leases", "too large")
        brake.say(NOW_NS + second * NS_PER_S)
    assert [record.getMessage() for record in caplog.records] == [
        "dropped messages: 100 on workers; the last: not a map",
        "dropped messages: 6000 on workers, 1 on leases; the last: too large",
        "dropped messages: 6000 on workers, 60 on leases; the last: too large",
    ]


def test_nothing_dropped_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    tally = Tally()
    brake = Brake(tally, NOW_NS)
    brake.say(NOW_NS)
    tally.count("control", "2 frames")
    brake.say(NOW_NS + NS_PER_S)
    for minutes in range(1, 10):
        brake.say(NOW_NS + minutes * 60 * NS_PER_S)
    assert len(caplog.records) == 1
