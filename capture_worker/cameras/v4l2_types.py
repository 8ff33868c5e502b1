"""What a V4L2 device says of itself: types, and how they are read from the kernel's answers.

Owns: capability, formats with their sizes, controls with their ranges and entries, the format in force.
Does not own: the calls (`v4l2_device`); what a value of a control may be as text (`v4l2_values`).
Invariant: pure. A control's name is spelled as v4l2-ctl spells it.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from capture_worker.cameras import v4l2_abi as abi

ControlKind = Literal["integer", "boolean", "menu", "integer menu", "bitmask", "button", "other"]

_KINDS: dict[int, ControlKind] = {
    abi.CTRL_INTEGER: "integer",
    abi.CTRL_BOOLEAN: "boolean",
    abi.CTRL_MENU: "menu",
    abi.CTRL_INTEGER_MENU: "integer menu",
    abi.CTRL_BITMASK: "bitmask",
    abi.CTRL_BUTTON: "button",
}
_NOT_CAMERAS = frozenset(
    {"bcm2835-codec", "bcm2835-isp", "pispbe", "rpivid", "rpi-hevc-dec", "rpi-hvs", "unicam", "rp1-cfe"}
)
"""Drivers of the Pi's image and video processing, and of its sensors' raw data, for which it takes libcamera."""


class Capability(Struct, frozen=True):
    """The device: its driver, what it calls itself, where it is plugged in, and what this node can do."""

    driver: str
    card: str
    bus: str
    caps: int

    @property
    def is_camera(self) -> bool:
        """Whether pictures can be had from this node: not of a metadata node, a codec, an image processor."""
        wanted = abi.CAP_VIDEO_CAPTURE | abi.CAP_STREAMING
        unwanted = abi.CAP_VIDEO_OUTPUT | abi.CAPS_OF_CODECS | abi.CAP_IO_MC
        return self.caps & wanted == wanted and not self.caps & unwanted and self.driver not in _NOT_CAMERAS


class Sizes(Struct, frozen=True):
    """The sizes of a format: `discrete` ones, or, where there are none, any from `least` to `most` by `step`.

    `fastest_fps` has the highest frame rate of each discrete size, 0 where it is not known; or it is empty.
    """

    discrete: tuple[tuple[int, int], ...] = ()
    fastest_fps: tuple[float, ...] = ()
    least: tuple[int, int] = (0, 0)
    most: tuple[int, int] = (0, 0)
    step: tuple[int, int] = (1, 1)

    def has(self, size: tuple[int, int]) -> bool:
        """Whether it is one of them."""
        if self.discrete:
            return size in self.discrete
        return all(
            least <= length <= most and (length - least) % max(step, 1) == 0
            for length, least, most, step in zip(size, self.least, self.most, self.step, strict=True)
        )


class Format(Struct, frozen=True):
    """A format that the camera can send, by its four characters, with the driver's words for it."""

    fourcc: str
    description: str
    sizes: Sizes = Sizes()


class MenuEntry(Struct, frozen=True):
    """One entry of a menu: the number that sets it, and its name, which is a number for an integer menu."""

    index: int
    name: str


class Control(Struct, frozen=True):
    """Something that can be set. `entries` are those of a menu. `is_inactive`: another control stands in its way."""

    id: int
    name: str
    kind: ControlKind
    minimum: int = 0
    maximum: int = 0
    step: int = 1
    default: int = 0
    value: int | None = None
    entries: tuple[MenuEntry, ...] = ()
    is_inactive: bool = False
    is_settable: bool = True
    is_readable: bool = True


class Layout(Struct, frozen=True):
    """The format in force: what the bytes of a frame mean."""

    fourcc: str
    width: int
    height: int
    bytes_per_line: int = 0
    is_full_range: bool = True


def parse_capability(raw: bytes) -> Capability:
    """An answer of QUERYCAP: what this node can do, not all nodes of the device together."""
    driver, card, bus, _, device_caps, caps = abi.CAPABILITY.unpack(raw)
    own = caps if device_caps & abi.CAP_DEVICE_CAPS else device_caps
    return Capability(abi.text_of(driver), abi.text_of(card), abi.text_of(bus), own)


def parse_format(raw: bytes) -> Format:
    """An answer of ENUM_FMT, without its sizes."""
    _, _, _, description, number = abi.FORMAT_DESCRIPTION.unpack(raw)
    return Format(abi.fourcc_of(number), abi.text_of(description))


def parse_sizes(answers: list[bytes]) -> Sizes:
    """All answers of ENUM_FRAMESIZES for one format."""
    discrete = []
    for raw in answers:
        _, _, kind, *numbers = abi.FRAME_SIZE.unpack(raw)
        if kind != abi.FRAME_SIZES_DISCRETE:
            least_x, most_x, step_x, least_y, most_y, step_y = numbers
            return Sizes(least=(least_x, least_y), most=(most_x, most_y), step=(step_x, step_y))
        discrete.append((numbers[0], numbers[1]))
    return Sizes(discrete=tuple(dict.fromkeys(discrete)))


def parse_fastest_fps(answers: list[bytes]) -> float:
    """All answers of ENUM_FRAMEINTERVALS for one size: the highest frame rate, 0 where there is none."""
    # Where any interval will do, the first fraction is the shortest, as one of a list is itself.
    fractions = [abi.FRAME_INTERVAL.unpack(raw)[5:7] for raw in answers]
    return max((denominator / numerator for numerator, denominator in fractions if numerator), default=0.0)


def parse_control(raw: bytes) -> Control | None:
    """An answer of QUERY_EXT_CTRL, without value and entries; None for a heading and for what is switched off."""
    id_, kind, name, minimum, maximum, step, default, flags, _, _, dimensions = abi.QUERIED_CONTROL.unpack(raw)
    if kind == abi.CTRL_CLASS or flags & abi.CTRL_DISABLED:
        return None
    known = "other" if dimensions else _KINDS.get(kind, "other")
    return Control(
        id=id_,
        name=name_of(abi.text_of(name)),
        kind=known,
        minimum=minimum,
        maximum=maximum,
        step=max(step, 1),
        default=default,
        is_inactive=bool(flags & abi.CTRL_INACTIVE),
        is_settable=known != "other" and not flags & (abi.CTRL_READ_ONLY | abi.CTRL_GRABBED),
        is_readable=known not in {"other", "button"} and not flags & abi.CTRL_WRITE_ONLY,
    )


def parse_menu_entry(raw: bytes, kind: ControlKind) -> MenuEntry:
    """An answer of QUERYMENU."""
    _, index, name = abi.MENU_ENTRY.unpack(raw)
    is_number = kind == "integer menu"
    return MenuEntry(index, str(int.from_bytes(name[:8], "little", signed=True)) if is_number else abi.text_of(name))


def parse_layout(raw: bytes) -> Layout:
    """An answer of S_FMT for a capture node with one plane."""
    pixels = abi.PIXELS.unpack_from(raw, abi.FORMAT_PREFIX_BYTES)
    width, height, fourcc, _, bytes_per_line, _, colorspace, _, _, _, quantization, _ = pixels
    is_full = quantization == abi.QUANTIZATION_FULL or (
        quantization != abi.QUANTIZATION_LIMITED and colorspace == abi.COLORSPACE_JPEG
    )
    return Layout(abi.fourcc_of(fourcc), width, height, bytes_per_line, is_full)


def name_of(title: str) -> str:
    """`White Balance, Automatic` as v4l2-ctl writes it: `white_balance_automatic`."""
    words = "".join(char.lower() if char.isascii() and char.isalnum() else " " for char in title).split()
    return "_".join(words)
