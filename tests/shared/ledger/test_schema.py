"""What stands in ledgers that were written long ago."""

from __future__ import annotations

from shared.ledger.schema import KIND_OF_CAUSE


def test_numbers_of_the_causes_of_the_first_version_stay() -> None:
    first = "hang crash camera_lost stale damaged disk_full disk_error overrun starting clock_step stopped down unknown"
    assert [KIND_OF_CAUSE[cause] for cause in first.split()] == list(range(1, 14))
