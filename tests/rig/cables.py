"""Cameras on a switch, with cables that can be pulled: network namespaces, joined by virtual Ethernet.

Owns: the namespaces, one for the recorder, one for the switch and one for each camera; their addresses; the cables.
Does not own: the processes that run in them.
Invariant: what is sent while a cable is out is lost, and nobody hears of it; the machine's own network stays as it is;
nothing is left when the block ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from functools import lru_cache
from types import TracebackType
from typing import Self


@lru_cache(maxsize=1)
def missing() -> str | None:
    """What there are no cables for; None where nothing is missing."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "pulling cables takes root and iproute2's ip"
    name = f"tl{os.getpid()}probe"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return "this machine gives nobody a network namespace"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return None


class Cables:
    """`count` cameras, numbered from 0, and a recorder, each on a cable of its own to one switch. A context manager."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._prefix = f"tl{os.getpid()}"

    def __enter__(self) -> Self:
        try:
            _ip(f"netns add {self._switch}")
            _ip(f"-n {self._switch} link add name switch type bridge", f"-n {self._switch} link set switch up")
            self._connect("recorder", self._name("recorder"), 254)
            for number in range(self._count):
                self._connect(f"camera{number}", self._name(f"camera{number}"), number + 1)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._remove()

    @property
    def at_recorder(self) -> list[str]:
        """What runs a command where the recorder stands."""
        return ["ip", "netns", "exec", self._name("recorder")]

    def at_camera(self, number: int) -> list[str]:
        """What runs a command in a camera."""
        return ["ip", "netns", "exec", self._name(f"camera{number}")]

    @staticmethod
    def address(number: int) -> str:
        """A camera's; from a network that is for documentation alone."""
        return f"198.51.100.{number + 1}"

    def pull(self, number: int) -> None:
        """Take a camera's cable out of the switch."""
        _ip(f"-n {self._switch} link set camera{number} down")

    def plug(self, number: int) -> None:
        """Put it in again."""
        _ip(f"-n {self._switch} link set camera{number} up")

    def call_router(self, number: int) -> None:
        """Have a camera ask for its router, as one that has just been switched on does, and be known by that."""
        subprocess.run([*self.at_camera(number), "bash", "-c", "echo > /dev/udp/198.51.100.253/9"], check=True)

    @property
    def _switch(self) -> str:
        return self._name("switch")

    def _name(self, what: str) -> str:
        return f"{self._prefix}{what}"

    def _connect(self, port: str, end: str, last: int) -> None:
        _ip(
            f"netns add {end}",
            f"-n {self._switch} link add name {port} type veth peer name cable netns {end}",
            f"-n {self._switch} link set {port} master switch up",
            f"-n {end} address add 198.51.100.{last}/24 dev cable",
            f"-n {end} link set cable up",
            f"-n {end} link set lo up",
        )

    def _remove(self) -> None:
        every = ["recorder", "switch", *(f"camera{number}" for number in range(self._count))]
        for name in every:
            subprocess.run(["ip", "netns", "del", self._name(name)], capture_output=True, check=False)


def _ip(*commands: str) -> None:
    _each(command.split() for command in commands)


def _each(commands: Iterable[list[str]]) -> None:
    for command in commands:
        subprocess.run(["ip", *command], check=True, capture_output=True)
