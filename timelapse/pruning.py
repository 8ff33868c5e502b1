"""Deleting what the rules let go, now; or telling what that would be.

Owns: who does it (the storage worker that runs, or this process in its place), and the words. Does not own: any rule
(`storage_worker`), nor the order's way (`supervisor`).
Invariant: nobody deletes beside a running storage worker: without a supervisor its lock is taken first. A dry run
changes nothing, and needs nobody.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from shared.clock import NS_PER_MS, SystemClock, is_synchronised
from shared.config.locate import locate
from shared.config.model import Configuration
from shared.disk import usage_of
from shared.errors import EX_OK, EX_TEMPFAIL, DiskError, NotRunningError, UsageError
from shared.events import OperationFinished
from timelapse.client import Client, find
from timelapse.operation import asked_and_finished
from timelapse.show.words import count, plain, size

_WORDS = {
    "keep": "no rule of storage.keep keeps it",
    "keep_days": "older than storage.keep_days",
    "max_size": "the archive is larger than storage.max_size",
    "pressure": "the disk is fuller than storage.clean_above",
}


def prune(arguments: argparse.Namespace) -> int:
    """Do it, or tell it; the exit status. Blocks."""
    client = _client(arguments)
    try:
        if arguments.dry_run:
            return _tell(_configuration(arguments, client), arguments)
        if client is not None:
            _refuse_to_vouch(arguments)
            finished = asked_and_finished(client, "prune", "storage", arguments.timeout)
        else:
            finished = _prune_here(_configuration(arguments, None), _synchronised(arguments))
    finally:
        if client is not None:
            client.close()
    return _told(finished, as_json=arguments.json)


def _client(arguments: argparse.Namespace) -> Client | None:
    try:
        return find(arguments.runtime_dir)
    except NotRunningError:
        if arguments.runtime_dir is not None:
            raise
        return None


def _configuration(arguments: argparse.Namespace, client: Client | None) -> Configuration:
    """The file as it is now, so that rules can be tried before they are put in force."""
    from shared.config.read import read

    if arguments.config is None and client is not None:
        _, status = client.status()
        return read(status.config.path)
    return read(locate(arguments.config))


def _told(finished: OperationFinished, *, as_json: bool) -> int:
    if as_json:
        fields = {name: getattr(finished, name) for name in ("ok", "frames", "bytes", "detail")}
        print(msgspec.json.encode(fields).decode())
    elif finished.ok:
        print(f"{count(finished.frames, 'frame')} deleted, {size(finished.bytes)} freed")
        if finished.detail:
            print(plain(finished.detail))
    else:
        print(f"timelapse: nothing was deleted: {plain(finished.detail)}", file=sys.stderr)
    return EX_OK if finished.ok else EX_TEMPFAIL


def _refuse_to_vouch(arguments: argparse.Namespace) -> None:
    if arguments.trust_clock:
        raise UsageError(
            "--trust-clock is for --dry-run and for when no supervisor runs: the storage worker that does goes by what "
            "the kernel says of its clock"
        )
    if arguments.config is not None:
        raise UsageError(
            "--config is for --dry-run and for when no supervisor runs: the one that does has its file already"
        )


def _synchronised(arguments: argparse.Namespace) -> bool | None:
    return True if arguments.trust_clock else is_synchronised()


def _prune_here(configuration: Configuration, synchronised: bool | None) -> OperationFinished:
    """In the place of the storage worker, under its lock."""
    from storage_worker.claim import OutputDirectory
    from storage_worker.cleaner import Cleaner

    output_dir = _present(configuration)
    claim = OutputDirectory(output_dir, require_mount=configuration.require_mount)
    clock = SystemClock()
    cleaner = Cleaner(output_dir, configuration.storage, clock, lambda: synchronised)
    while configuration.storage.max_size_bytes and cleaner.counting.bytes is None:
        cleaner.counting.again()
        cleaner.counting.work()
    cleaner.prune("here")
    while not (done := cleaner.take_prunings()):
        claim.check(require_mount=configuration.require_mount)
        cleaner.consider(usage_of(output_dir))
        while cleaner.active:
            cleaner.work(clock.mono_ns() + 100 * NS_PER_MS)
    return OperationFinished(
        operation="here", ok=done[0].ok, frames=done[0].frames, bytes=done[0].bytes, detail=done[0].detail
    )


def _tell(configuration: Configuration, arguments: argparse.Namespace) -> int:
    from storage_worker.trial import look

    output_dir = _present(configuration)
    try:
        usage = usage_of(output_dir)
    except OSError as error:
        raise DiskError(f"{output_dir}: the disk does not say how full it is: {error.strerror}") from error
    synchronised = _synchronised(arguments)
    found = look(output_dir, configuration.storage, usage, wall_ns=time.time_ns(), synchronised=synchronised)
    freed = sum(each.bytes for each in found.would_go)
    notes = [*found.complaints, *(f"more should go: {detail}" for detail in found.details)]
    if not configuration.storage.clean:
        notes.append("storage.clean is false: nothing is deleted")
    elif synchronised is False and (configuration.storage.keep or configuration.storage.keep_days):
        notes.append("the clock is not synchronised: nothing goes by its age, unless --trust-clock vouches for it")
    if arguments.json:
        whole = {
            "config": configuration.path,
            "output_dir": str(output_dir),
            "frames": len(found.would_go),
            "bytes": freed,
            "notes": notes,
            "would_go": found.would_go,
        }
        print(msgspec.json.encode(whole).decode())
        return EX_OK
    for each in found.would_go:
        print(f"{each.path}  {size(each.bytes):>9}  {each.rule}")
    _sum_up(Counter(each.rule for each in found.would_go), len(found.would_go), freed, configuration.path, notes)
    return EX_OK


def _sum_up(rules: Counter[str], frames: int, freed: int, config_path: str, notes: list[str]) -> None:
    print(f"{count(frames, 'frame')} would go and free {size(freed)}, by {plain(config_path)}; nothing was deleted")
    for rule, number in rules.items():
        print(f"  {rule}: {count(number, 'frame')} ({_WORDS.get(rule, rule)})")
    for note in notes:
        print(f"  {plain(note)}")


def _present(configuration: Configuration) -> Path:
    output_dir = Path(configuration.output_dir)
    if not output_dir.is_dir():
        raise DiskError(f"{output_dir}: there is no such directory (output_dir in {configuration.path})")
    if not os.access(output_dir, os.R_OK | os.X_OK):
        raise DiskError(f"{output_dir}: no permission to read it. Try it with sudo")
    return output_dir
