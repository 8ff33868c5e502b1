"""What the log says of one worker: the words, and how bad each of them is.

Owns: the lines of a worker's life, their levels, and that no failure that repeats is said more than once a minute.
Does not own: what happens (`supervisor.supervised`), nor the events, of which none is held back.
Invariant: a level says what a person has to do: a warning nothing yet, since the worker is started again by itself, an
error something that no restart mends.
"""

from __future__ import annotations

import logging

from shared.about import about
from shared.brake import Brake
from shared.causes import WorkerCause

log = logging.getLogger(__name__)

LEVELS: dict[WorkerCause, int] = {
    "operator": logging.INFO,
    "stopped": logging.INFO,
    "hang": logging.WARNING,
    "camera": logging.WARNING,
    "busy": logging.WARNING,
    "crash": logging.ERROR,
    "disk": logging.ERROR,
    "configuration": logging.ERROR,
    "spawn": logging.ERROR,
}
"""Of the line that says why a worker has ended."""


class WorkerLog:
    """The lines about the worker `name`. `now_ns` is monotonic."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._brakes: dict[tuple[str, WorkerCause], Brake] = {}

    def hangs(self, detail: str, now_ns: int) -> None:
        """A lease has run out."""
        self._say("hangs", "hang", logging.WARNING, f"{self._name} hangs: {detail}", now_ns)

    def ended(self, pid: int, cause: WorkerCause, detail: str, now_ns: int) -> None:
        """Its process was reaped. An end that somebody asked for is said each time."""
        level = LEVELS.get(cause, logging.WARNING)
        line = f"{self._name} (pid {pid}) has ended: {cause}, {detail}"
        if level == logging.INFO:
            log.info("%s", line, extra=about(worker=self._name, cause=cause))
        else:
            self._say("ended", cause, level, line, now_ns)

    def no_process(self, detail: str, now_ns: int) -> None:
        """None could be started."""
        self._say("ended", "spawn", LEVELS["spawn"], f"{self._name} {detail}", now_ns)

    def backs_off(self, delay_s: float, cause: WorkerCause) -> None:
        """It waits before it is started again; nothing is said where that is at once."""
        if delay_s > 0:
            log.info("%s is started again in %.1f s", self._name, delay_s, extra=about(worker=self._name, cause=cause))

    def waits(self, cause: WorkerCause) -> None:
        """Trying again is no use before something is changed."""
        log.error(
            "%s is not started again by itself: mend what it says, then 'timelapse reload' or 'timelapse restart %s'",
            self._name,
            self._name,
            extra=about(worker=self._name, cause=cause),
        )

    def quarantined(self, pid: int, *, wanted: bool) -> None:
        """SIGKILL did not end it. Where it was not wanted any more, that is mostly a machine that takes its time."""
        log.log(
            logging.ERROR if wanted else logging.INFO,
            "%s (pid %d) has not ended on SIGKILL; nothing is started in its place",
            self._name,
            pid,
            extra=about(worker=self._name, cause="hang"),
        )

    def _say(self, what: str, cause: WorkerCause, level: int, line: str, now_ns: int) -> None:
        brake = self._brakes.setdefault((what, cause), Brake(log))
        brake.say(now_ns, level, line, about(worker=self._name, cause=cause), stacklevel=3)
