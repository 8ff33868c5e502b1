"""What has to be known of the renders when the worker or the service begins anew: the tries, and what was begun.

Owns: the file `render.json` in the runtime directory. Does not own: what follows from it (`retry`).
Invariant: the file is whole or not there; one that is damaged is begun anew, and one that can't be written is no reason
to render nothing. What is older than any day that is still rendered is forgotten.
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
from msgspec import Struct

from render_worker.results import Result
from render_worker.retry import Tries, after_cancelling, after_failure, after_interruption, without_delay
from shared.durable import replace_file

log = logging.getLogger(__name__)

FILE_NAME = "render.json"
_SCHEMA = 1
_MOST_BYTES = 1 << 20
_LONGEST_MESSAGE = 500


class Begun(Struct, frozen=True):
    """A render that was begun and has not ended: by the worker `worker_pid`, in the process `pid`."""

    result: Result
    worker_pid: int
    pid: int


class _File(Struct, frozen=True):
    """The day stands in each key, so that old ones can be told."""

    schema: int
    tries: dict[str, Tries] = {}
    under_way: Begun | None = None


class Notebook:
    """The notes of one output directory's renders. Blocks for the file, which is in memory on any ordinary system."""

    def __init__(self, runtime_dir: Path) -> None:
        self._path = runtime_dir / FILE_NAME
        self._notes = _read(self._path)

    def tries_of(self, result: Result) -> Tries | None:
        """The tries of a result; None where it has never failed."""
        return self._notes.tries.get(result.key)

    def take_interrupted(self, now_s: float) -> Begun | None:
        """What the worker before this one was at, if it ended in the middle. Told once."""
        begun = self._notes.under_way
        if begun is not None:
            tries = self._notes.tries.get(begun.result.key, Tries())
            self._ended(begun.result, after_interruption(tries, now_s))
        return begun

    def begun(self, begun: Begun, oldest_day: str) -> None:
        """It is under way. Tries of days before `oldest_day` are forgotten."""
        tries = {key: each for key, each in self._notes.tries.items() if key.split("/")[1] >= oldest_day}
        self._write(_File(_SCHEMA, tries, begun))

    def given_up(self) -> None:
        """What is under way ends with this worker, which was told to end: that is no try."""
        self._write(_File(_SCHEMA, self._notes.tries))

    def finished(self, result: Result) -> None:
        """It is there: its tries don't matter any more."""
        self._ended(result, None)

    def failed(self, result: Result, now_s: float, message: str) -> Tries:
        """It has failed; its tries by now."""
        tries = after_failure(self._notes.tries.get(result.key, Tries()), now_s, message[:_LONGEST_MESSAGE])
        self._ended(result, tries)
        return tries

    def cancelled(self, result: Result, now_s: float) -> None:
        """An operator does not want it."""
        self._ended(result, after_cancelling(self._notes.tries.get(result.key, Tries()), now_s))

    def forget_delays(self) -> None:
        """What has failed may be tried at once; what was cancelled is not."""
        if self._notes.tries:
            tries = {key: without_delay(each) for key, each in self._notes.tries.items()}
            self._write(_File(_SCHEMA, tries, self._notes.under_way))

    def _ended(self, result: Result, tries: Tries | None) -> None:
        others = {key: each for key, each in self._notes.tries.items() if key != result.key}
        self._write(_File(_SCHEMA, others | ({result.key: tries} if tries else {})))

    def _write(self, notes: _File) -> None:
        self._notes = notes
        try:
            replace_file(self._path, msgspec.json.encode(notes))
        except OSError as error:
            log.warning("%s: can't note how far the renders are: %s", self._path, error.strerror)


def _read(path: Path) -> _File:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        notes = msgspec.json.decode(data, type=_File)
    except FileNotFoundError:
        return _File(_SCHEMA)
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        log.warning("%s can't be read, and is begun anew: %s", path, error)
        return _File(_SCHEMA)
    sane = {key: tries for key, tries in notes.tries.items() if key.count("/") == 2}
    return _File(_SCHEMA, sane, notes.under_way) if notes.schema == _SCHEMA else _File(_SCHEMA)
