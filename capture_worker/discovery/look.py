"""Looking for every camera of this machine.

Owns: the order in which `source: auto` takes them: the Pi's own first, then the others by the names that last.
Does not own: looking at one kind (`pi`, `usb`).
Invariant: nothing is sent into the network: its cameras have to be named.
"""

from __future__ import annotations

from capture_worker.discovery.pi import note_on_pi, pi_cameras, pi_sources
from capture_worker.discovery.usb import usb_cameras, usb_sources
from shared.found_cameras import Found


def sources() -> list[str]:
    """What `source: auto` stands for, the first choice first. Takes some milliseconds, and asks no camera itself."""
    return [*pi_sources(), *usb_sources()]


def look(*, free_only: bool = False) -> Found:
    """All cameras with what they have. Blocks: up to 20 s for libcamera, 5 s for each camera that answers nothing.

    `free_only` as for `usb_cameras`; libcamera opens none to list them.
    """
    pi = pi_cameras()
    note = "" if pi else note_on_pi()
    return Found(cameras=(*pi, *usb_cameras(free_only=free_only)), notes=(note,) if note else ())
