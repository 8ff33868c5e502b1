"""Whether the file system shows by now what was deleted."""

from __future__ import annotations

from shared.clock import NS_PER_S
from shared.disk import DiskUsage
from storage_worker.settling import Settling

_GB = 10**9
_ENDED_NS = 50 * NS_PER_S
_SETTLING = Settling(
    used_bytes_before=90 * _GB, written_bytes_before=7 * _GB, freed_bytes=10 * _GB, ended_mono_ns=_ENDED_NS
)


def _usage(used_gb: float) -> DiskUsage:
    return DiskUsage(used_gb, round((100 - used_gb) * _GB), 100 * _GB, None)


def test_settling_while_the_old_figures_stand_is_not_over() -> None:
    assert not _SETTLING.is_over(_usage(90), 7 * _GB, _ENDED_NS + NS_PER_S)


def test_settling_when_most_of_it_shows_is_over() -> None:
    assert _SETTLING.is_over(_usage(80.9), 7 * _GB, _ENDED_NS)


def test_settling_with_frames_written_meanwhile_counts_them() -> None:
    assert not _SETTLING.is_over(_usage(82), 7 * _GB, _ENDED_NS)
    assert _SETTLING.is_over(_usage(82), 8 * _GB, _ENDED_NS)


def test_settling_after_a_commit_interval_is_over_whatever_shows() -> None:
    assert _SETTLING.is_over(_usage(95), 7 * _GB, _ENDED_NS + 35 * NS_PER_S)


def test_settling_when_nothing_was_deleted_is_over_though_others_wrote() -> None:
    nothing = Settling(used_bytes_before=_GB, written_bytes_before=0, freed_bytes=0, ended_mono_ns=_ENDED_NS)
    assert nothing.is_over(_usage(95), 0, _ENDED_NS)
