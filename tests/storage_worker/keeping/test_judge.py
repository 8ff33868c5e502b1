"""Which frame goes, which stays, and by which rule: against a plain specification."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from storage_worker.keeping.judge import Moment, judge, least_age_ns
from storage_worker.pressure import Need

_NOW_NS = 1_800_000_000 * NS_PER_S
_HOUR_S = 3600


class _Frame(Struct, frozen=True, order=True):
    slot_ns: int
    camera: str
    size: int


_FRAMES = st.lists(
    st.builds(
        _Frame,
        slot_ns=st.integers(-72, 24).map(lambda hours: _NOW_NS + hours * _HOUR_S * NS_PER_S),
        camera=st.sampled_from(["a", "b", "c"]),
        size=st.integers(0, 5),
    ),
    unique_by=lambda frame: (frame.slot_ns, frame.camera),
    max_size=40,
)
_STORAGE = st.builds(
    StorageConfig, keep_min_s=st.sampled_from([0.0, 3600.0, 36_000.0]), keep_days=st.sampled_from([0.0, 0.5, 1.0, 2.0])
)
_SETTLED = st.integers(0, 20).map(lambda hours: hours * _HOUR_S * NS_PER_S)


def _newest(frames: list[_Frame]) -> set[_Frame]:
    return {max(frame for frame in frames if frame.camera == camera) for camera in {frame.camera for frame in frames}}


def _pruned(frames: list[_Frame], storage: StorageConfig, need: Need, now: Moment) -> tuple[dict[_Frame, str], Need]:
    """The deleted frames with the rule that each went by, and what is left of the need: `judge`, oldest first."""
    newest = _newest(frames)
    deleted: dict[_Frame, str] = {}
    for frame in sorted(frames):
        decision = judge(frame.slot_ns, newest=frame in newest, need=need, now=now, storage=storage)
        if decision.rule == "room enough":
            break
        if decision.delete:
            deleted[frame] = decision.rule
            need = need.less(frame.size, 1)
    return deleted, need


def _may_go(frame: _Frame, storage: StorageConfig, now: Moment) -> bool:
    """The specification of what is never deleted, but for the newest."""
    age_ns = now.settled_ns if frame.slot_ns > now.wall_ns else now.wall_ns - frame.slot_ns
    return age_ns >= storage.keep_min_s * NS_PER_S


@given(frames=_FRAMES, storage=_STORAGE, need=st.integers(0, 120), settled_ns=_SETTLED)
def test_pruning_any_archive_keeps_to_the_specification(
    frames: list[_Frame], storage: StorageConfig, need: int, settled_ns: int
) -> None:
    now = Moment(_NOW_NS, settled_ns)
    deleted, left = _pruned(frames, storage, Need(bytes=need), now)
    newest = _newest(frames)
    may_go = sorted(frame for frame in frames if frame not in newest and _may_go(frame, storage, now))
    days_ns = storage.keep_days * 86_400 * NS_PER_S
    expired = {frame for frame in may_go if storage.keep_days and _NOW_NS - frame.slot_ns > days_ns}

    assert deleted.keys() <= set(may_go), "one was deleted that has to stay"
    assert expired <= deleted.keys(), "one stayed longer than keep_days"
    assert list(deleted) == may_go[: len(deleted)], "not the oldest ones"
    assert {frame for frame, rule in deleted.items() if rule == "keep_days"} == expired
    assert left.met or len(deleted) == len(may_go), "gave up too early"
    by_pressure = [frame for frame, rule in deleted.items() if rule == "pressure"]
    assert not by_pressure or sum(frame.size for frame in list(deleted)[:-1]) < need, "more than was needed"


@given(frames=_FRAMES, storage=_STORAGE, need=st.integers(0, 120), order=st.randoms())
def test_pruning_whatever_the_order_of_the_input_deletes_the_same(
    frames: list[_Frame], storage: StorageConfig, need: int, order: object
) -> None:
    now = Moment(_NOW_NS, 0)
    shuffled = sorted(frames, key=lambda _: order.random())  # type: ignore[attr-defined]  # hypothesis' own Random
    assert _pruned(frames, storage, Need(bytes=need), now) == _pruned(shuffled, storage, Need(bytes=need), now)


def test_judging_the_newest_while_the_disk_is_full_keeps_it() -> None:
    storage = StorageConfig(keep_min_s=0, keep_days=1)
    decision = judge(0, newest=True, need=Need(bytes=1), now=Moment(_NOW_NS, _NOW_NS), storage=storage)
    assert (decision.delete, decision.rule) == (False, "newest of its camera")


def test_judging_at_the_edge_of_keep_min_deletes_from_that_age_on() -> None:
    storage, now = StorageConfig(keep_min_s=3600), Moment(_NOW_NS, 0)
    slots = [_NOW_NS - 3600 * NS_PER_S + 1, _NOW_NS - 3600 * NS_PER_S]
    rules = [judge(slot, newest=False, need=Need(bytes=1), now=now, storage=storage).rule for slot in slots]
    assert rules == ["keep_min", "pressure"]


def test_judging_a_frame_in_the_future_keeps_it_until_it_must_be_old_enough() -> None:
    storage, slot_ns = StorageConfig(keep_min_s=3600), _NOW_NS + 10**18
    rules = [
        judge(
            slot_ns, newest=False, need=Need(bytes=1), now=Moment(_NOW_NS, settled_s * NS_PER_S), storage=storage
        ).rule
        for settled_s in (0, 3599, 3600)
    ]
    assert rules == ["keep_min", "keep_min", "pressure"]


def test_judging_a_frame_in_the_future_by_keep_days_never_deletes_it() -> None:
    storage = StorageConfig(keep_min_s=0, keep_days=0.001)
    decision = judge(_NOW_NS + 1, newest=False, need=Need(), now=Moment(_NOW_NS, 10**18), storage=storage)
    assert decision.rule == "room enough"


def test_least_age_of_a_past_slot_is_by_the_wall_clock() -> None:
    assert least_age_ns(_NOW_NS - 5, Moment(_NOW_NS, 10**18)) == 5
