"""The stand-by: one capture process that waits with everything loaded, for the first camera whose worker ends.

Owns: when there is one, whether it is fit, and who gets it. Does not own: restarts (`supervisor.policy`), which know
nothing of it: it is only the faster way to carry out a spawn. Nor its pipes (`supervisor.waiting`).
Invariant: there is at most one, a dying one included. It is told to take over only where a fresh process would be
started, so after the one before was reaped; from then on it is a worker's process and none of this module's business.
Nothing here blocks.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from shared.about import about
from shared.clock import NS_PER_MS, NS_PER_S, Clock
from shared.config.model import Configuration
from shared.status import StandbyStatus
from shared.transport import Poller
from supervisor import waiting
from supervisor.calm import CALM_S, is_calm, may_be_needed
from supervisor.delays import restart_delay_s
from supervisor.evidence import glance_at, of_process
from supervisor.policy import Timing
from supervisor.process import ChildProcess, spawn
from supervisor.room import Room, room_now, too_little
from supervisor.roster import CAPTURE_PACKAGE
from supervisor.states import Record
from supervisor.waiting import WaitingProcess

log = logging.getLogger(__name__)

LOAD_S = 120.0
"""From its start until everything is loaded: 0.3 s here, seconds on a small board, more from a busy card."""
LOOK_S = 5.0
"""How often it is looked at, and memory: in turns that the loop makes anyhow."""
_DELAYS = Timing()
_LASTED_NS = 60 * NS_PER_S
"""One that was there for so long has not failed when it ends."""
_SHORT_NS = 300 * NS_PER_S
"""How long none is started after one made room."""
_GONE_NS = 50 * NS_PER_MS
"""How long a shutdown waits for the end of what it has killed."""
_FIT = frozenset("SR")
"""The kernel's letters for a process that waits, or is just about to. Not stopped, traced, stuck, or dead."""


class Standby:
    """The stand-by's place. `configure` it, and let it have a `turn` in each of the loop's."""

    def __init__(self, runtime_dir: Path, poller: Poller, clock: Clock, *, room: Callable[[], Room] = room_now) -> None:
        self._runtime_dir = runtime_dir
        self._poller = poller
        self._clock = clock
        self._room = room
        self._configuration: Configuration | None = None
        self._waiting: WaitingProcess | None = None
        self._unwanted = "nothing is configured"
        self._calm_since_ns: int | None = None
        self._begun_ns = self._not_before_ns = self._look_ns = self._gone_ns = 0
        self._was_unfit = False
        self._failures = self._takeovers = 0
        self._failure = self._short = ""

    @property
    def state(self) -> str:
        """`off`; `due` once it is calm; `loading`, `ready`, and `ending` where it was killed."""
        if self._waiting is None:
            return "off" if self._unwanted else "due"
        if self._waiting.is_slain:
            return "ending"
        return "ready" if self._waiting.is_ready else "loading"

    def configure(self, configuration: Configuration) -> None:
        """Take over a configuration. What was loaded for other cameras is loaded anew."""
        before, self._configuration = self._configuration, configuration
        self._look_ns = 0
        if before is not None and _sources(before) != _sources(configuration):
            self._slay()

    def spawn(self, package: str, worker: str, incarnation: int, runtime_dir: Path) -> ChildProcess:
        """A process for a worker, as `process.spawn` gives it: the stand-by where one is ready, else a fresh one."""
        is_served = package == CAPTURE_PACKAGE and self.state == "ready"
        process = self._take_over(worker, incarnation, runtime_dir) if is_served else None
        return process or spawn(package, worker, incarnation, runtime_dir)

    def turn(self, records: Mapping[str, Record], ready: set[object]) -> None:
        """Take note of what has become of it and of the workers, and do what follows. `ready`: what may be read."""
        now_ns = self._clock.mono_ns()
        if self._waiting is not None:
            self._follow(self._waiting, ready, now_ns)
        if not is_calm(records.values(), now_ns):
            self._calm_since_ns = None
        elif self._calm_since_ns is None:
            self._calm_since_ns = now_ns
        if now_ns >= self._look_ns:
            self._look_ns = now_ns + int(LOOK_S * NS_PER_S)
            self._look(now_ns)
        self._unwanted = self._why_unwanted(records)
        if self._unwanted:
            self._slay()
        elif (due_ns := self.due_ns()) is not None and self._waiting is None and due_ns <= now_ns:
            self._begin(now_ns)

    def due_ns(self) -> int | None:
        """When it has something to do that nothing else announces."""
        if self.state == "loading":
            return self._begun_ns + int(LOAD_S * NS_PER_S)
        if self._waiting is not None:
            return self._gone_ns if self._clock.mono_ns() < self._gone_ns else None
        if self._unwanted or self._calm_since_ns is None:
            return None
        return max(self._calm_since_ns + int(CALM_S * NS_PER_S), self._not_before_ns)

    def end(self) -> None:
        """A shutdown has begun: it is killed, and there is none any more."""
        self._configuration = None
        self._unwanted = "the supervisor is stopping"
        self._slay()
        self._gone_ns = self._clock.mono_ns() + _GONE_NS

    def is_gone(self) -> bool:
        """After `end`: whether there is nothing more that a shutdown should wait for."""
        return self._waiting is None or self._clock.mono_ns() >= self._gone_ns

    def status(self) -> StandbyStatus:
        """Its part of the picture."""
        pid = self._waiting.pid if self._waiting else None
        return StandbyStatus(
            mode=self._mode,
            state=self.state,
            pid=pid,
            rss_bytes=None if pid is None else glance_at(pid).rss_bytes,
            takeovers=self._takeovers,
            detail=self._unwanted or self._failure,
        )

    @property
    def _mode(self) -> str:
        return self._configuration.supervisor.standby if self._configuration else "never"

    def _why_unwanted(self, records: Mapping[str, Record]) -> str:
        if self._mode == "never":
            return "standby: never"
        if not may_be_needed(records):
            return "no camera's worker would be started again"
        return self._short

    def _begin(self, now_ns: int) -> None:
        assert self._waiting is None, "there would be two of them"
        assert self._configuration is not None, "it is wanted"
        self._begun_ns, self._was_unfit = now_ns, False
        try:
            self._waiting = waiting.begin(self._configuration, self._runtime_dir, self._poller)
        except OSError as error:
            self._fail(f"can't be started: {error.strerror}", now_ns)

    def _follow(self, waiting: WaitingProcess, ready: set[object], now_ns: int) -> None:
        if waiting.process.fd in ready:
            self._reap(waiting, now_ns)
        elif waiting.hear(ready):
            self._failure = ""
            log.info("a stand-by (pid %d) is ready to take over", waiting.pid)
        elif (due_ns := self.due_ns()) is not None and now_ns >= due_ns:
            self._give_up(waiting, f"it has not loaded everything within {LOAD_S:g} s")

    def _look(self, now_ns: int) -> None:
        """What is not announced: whether memory has become short, or the process something that does not wait."""
        self._short = too_little(self._room(), has_begun=self._waiting is not None) if self._mode == "auto" else ""
        if self._waiting is None or self._waiting.is_slain:
            return
        if self._short:
            log.warning("the stand-by (pid %d) makes room: %s", self._waiting.pid, self._short)
            self._not_before_ns = now_ns + _SHORT_NS
        is_unfit = self._waiting.is_ready and glance_at(self._waiting.pid).state not in _FIT
        if is_unfit and self._was_unfit:
            self._give_up(self._waiting, "it does not wait any more")
        self._was_unfit = is_unfit

    def _take_over(self, worker: str, incarnation: int, runtime_dir: Path) -> ChildProcess | None:
        waiting = self._waiting
        assert waiting is not None, "it is ready"
        if glance_at(waiting.pid).state not in _FIT:
            # A fresh process is there long before the lease of one that is stopped would run out.
            self._give_up(waiting, "it can't take over")
            return None
        try:
            process = waiting.tell(worker, incarnation, runtime_dir)
        except OSError as error:
            self._give_up(waiting, f"it can't be told to take over: {error.strerror}")
            return None
        log.info("the stand-by (pid %d) takes over as %s", process.pid, worker, extra=about(worker=worker))
        self._waiting = None
        self._takeovers += 1
        self._failures = 0
        return process

    def _reap(self, waiting: WaitingProcess, now_ns: int) -> None:
        status = waiting.reap()
        if status is None:
            return
        words = waiting.process.last_words()
        waiting.process.close()
        self._waiting = None
        if not waiting.is_slain:
            self._fail(f"{status}: {words}" if words else str(status), now_ns)

    def _give_up(self, waiting: WaitingProcess, why: str) -> None:
        seen = of_process(waiting.pid)
        self._slay()
        self._fail(f"{why}\n{seen}" if seen else why, self._clock.mono_ns())

    def _fail(self, why: str, now_ns: int) -> None:
        """Begin another one later, and never at once: nothing waits for it."""
        if now_ns - self._begun_ns >= _LASTED_NS:
            self._failures = 0
        self._failures += 1
        delay_s = restart_delay_s(self._failures + 1, random.random(), _DELAYS)  # noqa: S311 - it keeps no secret
        self._not_before_ns = now_ns + int(delay_s * NS_PER_S)
        self._failure = why.partition("\n")[0]
        log.warning("the stand-by has failed: %s; the next one comes in %.0f s at the earliest", why, delay_s)

    def _slay(self) -> None:
        if self._waiting is not None and not self._waiting.is_slain:
            self._waiting.slay()


def _sources(configuration: Configuration) -> frozenset[str]:
    """What decides which libraries are loaded."""
    return frozenset(camera.source for camera in configuration.cameras.values())
