"""Which of the sensor's modes a picture is made from, and which part of it.

Owns: the order in which modes are tried, whether one shows the whole picture, sizes that can't be had, and `region` in
the sensor's own pixels. Does not own: configuring the camera, which alone knows what each mode shows.
Invariant: pure. A picture shows what the whole sensor shows, unless `region` says otherwise: a mode that is only the
middle of it is never chosen for its size.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from shared.errors import ConfigError

Size = tuple[int, int]
Rectangle = tuple[int, int, int, int]
"""Left, top, width, height."""

_NEARLY_ALL = 0.98
_LEAST_SIDE = 64
_TUNING_DIRECTORIES = (
    "/usr/local/share/libcamera/ipa/rpi/pisp",
    "/usr/local/share/libcamera/ipa/rpi/vc4",
    "/usr/share/libcamera/ipa/rpi/pisp",
    "/usr/share/libcamera/ipa/rpi/vc4",
)


def check_size(size: Size, modes: Sequence[Size], where: str) -> None:
    """Raise `ConfigError` where the sensor has too few pixels for this, or no picture can have such a size."""
    largest = native(modes)
    if size[0] % 2 or size[1] % 2:
        raise ConfigError(f"{where}: resolution {_text(size)}: width and height must be even")
    if min(size) < _LEAST_SIDE:
        raise ConfigError(f"{where}: resolution {_text(size)}: at least {_LEAST_SIDE} each way are needed")
    if size[0] > largest[0] or size[1] > largest[1]:
        there = ", ".join(_text(mode) for mode in sorted(set(modes), reverse=True))
        raise ConfigError(
            f"{where}: resolution {_text(size)}: the sensor has {_text(largest)} pixels (its modes: {there}); any "
            f"even size up to {_text(largest)} can be had"
        )


def native(modes: Sequence[Size]) -> Size:
    """The mode with all the pixels."""
    return max(modes, key=lambda mode: mode[0] * mode[1])


def candidates(size: Size, modes: Sequence[Size]) -> list[Size]:
    """Smaller modes than the native one that have pixels enough for `size`, the smallest first.

    Binned modes are faster and take less power, and lose nothing where the picture has no more pixels than they.
    """
    largest = native(modes)
    enough = {mode for mode in modes if mode[0] >= size[0] and mode[1] >= size[1] and mode != largest}
    return sorted(enough, key=lambda mode: mode[0] * mode[1])


def shows_all(shown: Rectangle, whole: Rectangle) -> bool:
    """Whether a mode shows (as good as) what the native one shows. Both in the sensor's own pixels."""
    return shown[2] * shown[3] >= _NEARLY_ALL * whole[2] * whole[3]


def crop_of(region: tuple[float, float, float, float], most: Rectangle, size: Size) -> Rectangle:
    """`region` (left, top, width, height, as parts) of the sensor's area `most`, in its own pixels.

    The largest part of it, from its middle, that has the shape of the picture: it would be stretched otherwise.
    """
    left, top = most[0] + region[0] * most[2], most[1] + region[1] * most[3]
    width, height = region[2] * most[2], region[3] * most[3]
    shaped_width = min(width, height * size[0] / size[1])
    shaped_height = min(height, width * size[1] / size[0])
    left += (width - shaped_width) / 2
    top += (height - shaped_height) / 2
    return _even(left), _even(top), max(2, _even(shaped_width)), max(2, _even(shaped_height))


def tuning_path(written: str, where: str) -> Path:
    """The tuning file of that path, or of that name among libcamera's own. Raises `ConfigError` where there is none."""
    if os.sep in written:
        tried = [Path(written).expanduser()]
    else:
        config = os.environ.get("LIBCAMERA_IPA_CONFIG_PATH", "")
        own = [f"{path}/rpi/{platform}" for path in config.split(":") if path for platform in ("vc4", "pisp")]
        tried = [Path(directory, written) for directory in (*own, *_TUNING_DIRECTORIES)]
    found = next((path for path in tried if path.is_file() and os.access(path, os.R_OK)), None)
    if found is None:
        raise ConfigError(f"{where}: tuning_file {written}: no such file that can be read; looked for {tried[0]}")
    return found


def _even(length: float) -> int:
    return int(length) // 2 * 2


def _text(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
