"""One render under way, seen by a clock that the test moves: how far, how long, and whether it hangs."""

from __future__ import annotations

import pytest

from render_worker.results import Result
from render_worker.telling import Failed, Finished, Progress, Told
from render_worker.under_way import ENDING_NS, SILENCE_NS, UnderWay
from shared.clock import NS_PER_S
from shared.errors import DiskError
from tests.rig.manual_clock import ManualClock

RESULT = Result("2026-06-01", "main", "video")
DONE = Finished("/out/x.mp4", 10, 10, 0, 0, 1.0, 100, 320, 180, 0.4)


class SaidProcess:
    """What the process would say and what it is told, as lists."""

    fd = -1
    pid = 4711

    def __init__(self) -> None:
        self.ended = False
        self.outcome: Finished | Failed | None = None
        self.says: list[Told] = []
        self.told: list[str] = []

    def lines(self) -> list[Told]:
        """All of it at once."""
        says, self.says = self.says, []
        return says

    def pause(self, reason: str) -> None:
        """Kept."""
        self.told.append(f"pause {reason}")

    def resume(self) -> None:
        """Kept."""
        self.told.append("resume")

    def cancel(self) -> None:
        """Kept."""
        self.told.append("cancel")

    def kill(self) -> None:
        """Kept."""
        self.told.append("kill")

    def wait(self, timeout_s: float | None = None) -> int | None:
        """It ends on a kill alone."""
        self.told.append(f"wait {timeout_s:g}")
        return 137 if "kill" in self.told else None

    def close(self) -> None:
        """Kept."""
        self.told.append("close")

    def end(self, outcome: Finished | Failed) -> None:
        """It has ended."""
        self.ended, self.outcome = True, outcome


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="process")
def _process() -> SaidProcess:
    return SaidProcess()


@pytest.fixture(name="under_way")
def _under_way(process: SaidProcess, clock: ManualClock) -> UnderWay:
    return UnderWay(RESULT, "main/videos/2026-06-01.mp4", 1, process, clock)


def _say(under_way: UnderWay, process: SaidProcess, stage: str, done: int, total: int = 100) -> None:
    assert stage in {"choosing", "measuring", "rendering", "finishing"}
    process.says.append(Progress(stage, done, total))  # type: ignore[arg-type]  # asserted above
    assert under_way.hear() is None


def test_news_come_each_five_seconds_and_at_a_change(
    under_way: UnderWay, process: SaidProcess, clock: ManualClock
) -> None:
    assert under_way.news() is not None
    assert under_way.news() is None
    _say(under_way, process, "rendering", 1)
    assert under_way.news() is not None, "another stage"
    _say(under_way, process, "rendering", 2)
    clock.advance(4.9)
    assert under_way.news() is None
    assert under_way.due_ns() == clock.mono_ns() + NS_PER_S // 10
    clock.advance(0.1)
    told = under_way.news()
    assert told is not None
    assert (told.camera, told.day, told.kind, told.done, told.total) == ("main", "2026-06-01", "video", 2, 100)
    under_way.stand_still("heat")
    told = under_way.news()
    assert told is not None
    assert told.paused == "heat"
    assert under_way.news() is None


def test_time_left_is_told_from_the_pace_of_the_stage_without_its_pauses(
    under_way: UnderWay, process: SaidProcess, clock: ManualClock
) -> None:
    clock.advance(100)
    _say(under_way, process, "rendering", 0)
    clock.advance(2)
    _say(under_way, process, "rendering", 10)
    told = under_way.news()
    assert told is not None
    assert told.left_s is None, "too early to tell"
    under_way.stand_still("heat")
    clock.advance(1000)
    under_way.stand_still("")
    clock.advance(2)
    _say(under_way, process, "rendering", 20)
    told = under_way.news()
    assert told is not None
    assert told.left_s == 16.0
    assert under_way.took_s == 1104.0


def test_pause_is_told_to_the_process_once_for_each_time(under_way: UnderWay, process: SaidProcess) -> None:
    for why in ("", "71 degrees", "72 degrees", "", "", "late"):
        under_way.stand_still(why)
    assert process.told == ["pause 71 degrees", "resume", "pause late"]
    assert under_way.paused == "late"


def test_silence_is_a_hang_unless_it_stands_still(
    under_way: UnderWay, process: SaidProcess, clock: ManualClock
) -> None:
    under_way.stand_still("heat")
    clock.advance(10 * SILENCE_NS / NS_PER_S)
    under_way.watch()
    under_way.stand_still("")
    clock.advance(SILENCE_NS / NS_PER_S - 1)
    under_way.watch()
    assert "cancel" not in process.told
    clock.advance(1)
    under_way.watch()
    assert process.told[-1] == "cancel"
    process.end(Failed("cancelled", 130))
    outcome = under_way.hear()
    assert isinstance(outcome, Failed)
    assert outcome.message == "it made no progress for 10 minutes (choosing)"


def test_one_that_does_not_end_is_killed_and_one_in_the_kernel_ends_the_worker(
    under_way: UnderWay, process: SaidProcess, clock: ManualClock
) -> None:
    under_way.cancel("op")
    under_way.cancel("another")
    assert (process.told, under_way.cancelling) == (["cancel"], ["op", "another"])
    clock.advance(ENDING_NS / NS_PER_S - 1)
    under_way.watch()
    clock.advance(1)
    under_way.watch()
    assert process.told == ["cancel", "kill"]
    under_way.watch()
    assert under_way.due_ns() > clock.mono_ns(), "it is not asked without a rest"
    clock.advance(10)
    with pytest.raises(DiskError, match="hangs in the kernel"):
        under_way.watch()


def test_outcome_is_its_own_and_one_without_a_word_is_a_failure(under_way: UnderWay, process: SaidProcess) -> None:
    process.ended = True
    assert under_way.hear() == Failed("it ended without a word", 75)
    process.end(DONE)
    assert under_way.hear() == DONE
    under_way.cancel("op")
    assert under_way.hear() == DONE, "it was faster than the order"


def test_end_now_asks_and_then_kills(under_way: UnderWay, process: SaidProcess) -> None:
    assert not under_way.end_now(0.1)
    assert process.told == ["cancel", "wait 0.1", "kill"]
