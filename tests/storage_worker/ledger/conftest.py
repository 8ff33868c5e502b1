"""A keeper of a real directory, whose events are said by the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared import wire
from shared.clock import NS_PER_S, SystemClock
from shared.config.model import CameraConfig, Configuration, StorageConfig
from shared.events import FrameMissed, FrameWritten
from shared.ledger.archive import Archive
from shared.ledger.database import LedgerError
from shared.ledger.reading import reading
from shared.ledger.rows import FrameRow
from shared.messages import Event
from storage_worker.ledger.following import Following
from storage_worker.ledger.keeper import Keeper
from storage_worker.ledger.pending import Pending
from tests.rig.planted_frames import plant

INTERVAL_NS = 10 * NS_PER_S
SLOT_NS = 1_780_000_000 * NS_PER_S
"""A time in June 2026, on the grid."""


class MovedClock(SystemClock):
    """The machine's clocks, moved forward by hand."""

    ahead_ns = 0

    def mono_ns(self) -> int:
        """See `Clock.mono_ns`."""
        return super().mono_ns() + self.ahead_ns

    def wall_ns(self) -> int:
        """See `Clock.wall_ns`."""
        return super().wall_ns() + self.ahead_ns


class Kept:
    """A directory with a keeper that can be started anew."""

    def __init__(self, output_dir: Path, runtime_dir: Path) -> None:
        output_dir.mkdir(exist_ok=True)
        self.output_dir = output_dir
        self.clock = MovedClock()
        self._runtime_dir = runtime_dir
        self._seq = 0
        self._tseq: dict[str, int] = {}
        self.keeper = self._made()

    def start_anew(self) -> None:
        """Let the keeper go as a kill does: what waits in it is lost. Then another one."""
        if self.keeper._database is not None:
            self.keeper._database.close()
            self.keeper._database = None
        self.keeper._batch = type(self.keeper._batch)()
        self.keeper.close()
        self.keeper = self._made()

    def written(
        self,
        number: int,
        *,
        size: int = 100,
        synchronised: bool | None = None,
        interval_ns: int | None = None,
        checksum: int | None = None,
    ) -> str:
        """A frame is put into the tree and told; its path."""
        path = plant(self.output_dir, "main", SLOT_NS + number * INTERVAL_NS, size=size)
        self.say(
            "frame.written",
            FrameWritten(
                camera="main",
                slot_ns=SLOT_NS + number * INTERVAL_NS,
                take=1,
                path=path,
                bytes=size,
                width=1,
                height=1,
                brightness_percent=40.0,
                synchronised=synchronised,
                interval_ns=interval_ns,
                checksum=checksum,
            ),
        )
        return path

    def missed(self, first: int, last: int, cause: Any = "hang") -> None:
        """A miss is told."""
        self.say(
            "frame.missed",
            FrameMissed(
                camera="main",
                first_slot_ns=SLOT_NS + first * INTERVAL_NS,
                last_slot_ns=SLOT_NS + last * INTERVAL_NS,
                interval_ns=INTERVAL_NS,
                count=last - first + 1,
                cause=cause,
            ),
        )

    def say(self, topic: str, data: object) -> None:
        """An event as the tap has it."""
        self._seq += 1
        self._tseq[topic] = self._tseq.get(topic, 0) + 1
        self.keeper.take_in(
            Event(
                v=1,
                topic=topic,
                source="test",
                boot="b",
                seq=self._seq,
                tseq=self._tseq[topic],
                wall_ns=0,
                mono_ns=0,
                data=wire.check_event_data(topic, data),
            )
        )

    def work(self, later_s: float = 60.0) -> None:
        """So much later: everything that is due."""
        self.clock.ahead_ns += int(later_s * NS_PER_S)
        for _ in range(50):
            now_ns = self.clock.mono_ns()
            if self.keeper.due_mono_ns > now_ns:
                return
            self.keeper.work(now_ns + NS_PER_S)
            self.clock.ahead_ns += NS_PER_S

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What another process reads."""
        try:
            with reading(self.output_dir) as reader:
                return reader._database.rows(statement)
        except LedgerError:
            return []

    def paths(self) -> set[str]:
        """The paths of all rows."""
        return {f"main/{FrameRow(*key).path()}" for key in self.rows("SELECT slot_ms, take, offset_min FROM frames")}

    def read(self) -> list[str]:
        """The frames as a reader tells them."""
        with reading(self.output_dir) as reader:
            return [f"main/{row.path()}" for row in Archive(self.output_dir, reader).frames("main", 0, 1 << 53)]

    def close(self) -> None:
        """Leave nothing open."""
        self.keeper.close()

    def _made(self) -> Keeper:
        configuration = Configuration(
            path="timelapse.yml",
            output_dir=str(self.output_dir),
            cameras={"main": CameraConfig("main")},
            storage=StorageConfig(ledger_commit_s=10.0),
        )
        pending = Pending(self._runtime_dir, self.output_dir)
        return Keeper(self.output_dir, configuration, self.clock, Following(self._runtime_dir), pending)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A keeper of a directory of this test's."""
    made = Kept(tmp_path / "out", tmp_path)
    yield made
    made.close()
