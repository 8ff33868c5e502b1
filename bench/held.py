"""What each process of a recorder holds at one moment: memory, descriptors, threads; and its processor time so far.

Owns: reading that, and its line in a JSON-lines file. Does not own: when to look, and what is made of it (`growth`).
Invariant: a process that ends while it is read has no sample, rather than half a one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import msgspec

from bench.process_tree import name_of, own_cpu_s, tree

_ROLLUP = {"Rss:": "rss_kb", "Pss:": "pss_kb", "Anonymous:": "anonymous_kb"}


class Held(msgspec.Struct, frozen=True):
    """Of one process; memory in kB (1024 bytes). `anonymous_kb` is its own: what no file stands behind."""

    at_s: float
    name: str
    pid: int
    rss_kb: int
    pss_kb: int
    anonymous_kb: int
    descriptors: int
    threads: int
    cpu_s: float


def held_by(pid: int, at_s: float) -> list[Held]:
    """Of a process and all its descendants."""
    return [held for each in tree(pid) for held in _held(each, at_s)]


def write_down(held: list[Held], file: TextIO) -> None:
    """A line for each, which is in the file when this returns."""
    file.writelines(msgspec.json.encode(each).decode() + "\n" for each in held)
    file.flush()


def _held(pid: int, at_s: float) -> Iterator[Held]:
    with contextlib.suppress(OSError):
        proc = Path(f"/proc/{pid}")
        sizes = dict.fromkeys(_ROLLUP.values(), 0)
        for line in (proc / "smaps_rollup").read_text().splitlines():
            label, _, rest = line.partition(" ")
            if label in _ROLLUP:
                sizes[_ROLLUP[label]] = int(rest.split()[0])
        yield Held(
            at_s=at_s,
            name=name_of(pid),
            pid=pid,
            descriptors=sum(1 for _ in (proc / "fd").iterdir()),
            threads=sum(1 for _ in (proc / "task").iterdir()),
            cpu_s=own_cpu_s(pid),
            **sizes,
        )
