"""What is told of a camera that was found.

Owns: the types, which `capture_worker.discovery` sends to the command line as JSON, and which go out as `--json`.
Does not own: looking, nor how it is shown. Invariant: nothing here can fail, block or change.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class FoundFormat(Struct, frozen=True, kw_only=True):
    """A format that a camera sends. `is_used`: whether a frame can be made of it. Sizes are (width, height, fps).

    fps is the highest frame rate, 0 where it is not known.
    """

    fourcc: str
    description: str
    is_used: bool
    sizes: tuple[tuple[int, int, float], ...] = ()


class FoundControl(Struct, frozen=True, kw_only=True):
    """A control that can be set: `values` says to what; `value` and `default` as they would be written."""

    name: str
    values: str
    value: str
    default: str


class FoundCamera(Struct, frozen=True, kw_only=True):
    """One camera. `source` is what to write in the configuration, `node` the device that it is at present.

    `is_stable`: whether `source` will name this camera tomorrow too. `used_by` is who has it, "" where nobody is known
    to. `problem` says why it can't be used or asked, with what to do; "" where all is well.
    """

    kind: Literal["pi", "usb"]
    source: str
    model: str
    make: str = ""
    driver: str = ""
    node: str = ""
    is_stable: bool = True
    used_by: str = ""
    problem: str = ""
    formats: tuple[FoundFormat, ...] = ()
    controls: tuple[FoundControl, ...] = ()

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """What can be asked for as `resolution`, the largest first."""
        sizes = {(width, height) for each in self.formats if each.is_used for width, height, _ in each.sizes}
        return sorted(sizes, key=lambda size: (size[0] * size[1], size), reverse=True)


class Found(Struct, frozen=True, kw_only=True):
    """All that was found, in the order in which `source: auto` takes them. `notes` are for a person."""

    cameras: tuple[FoundCamera, ...] = ()
    notes: tuple[str, ...] = ()
