"""Where a V4L2 camera is: its node, what is behind it, and the names of it that last.

Owns: paths below /dev and /sys, and what of them means one and the same camera.
Does not own: opening (`v4l2_device`), the lock (`shared.fence`).
Invariant: only directories and small files are read; nothing that a camera could hold up. Each function looks anew.

Every function takes `root`, below which /dev and /sys are, for tests.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path

ROOT = Path("/")
_NODE = re.compile(r"video(\d+)")
_V4L_MAJOR = 81


def node_of(path: str, root: Path = ROOT) -> str | None:
    """`video0` for a path that leads to that node; None where there is nothing, or a link that leads nowhere.

    Raises ValueError where it leads to something else than a video device, saying to what.
    """
    target = Path(os.path.realpath(_below(root, path)))
    try:
        mode = target.stat()
    except OSError:
        return None
    if root != ROOT:
        return target.name
    if not stat.S_ISCHR(mode.st_mode) or os.major(mode.st_rdev) != _V4L_MAJOR:
        raise ValueError("it is no video device")
    # The kernel's own name, whatever the path is called: a node may be made by hand, as for containers.
    device = root / "sys/dev/char" / f"{os.major(mode.st_rdev)}:{os.minor(mode.st_rdev)}"
    return Path(os.path.realpath(device)).name


def nodes(root: Path = ROOT) -> list[str]:
    """Every video node, in the kernel's order: `video0`, `video1`, `video10`."""
    try:
        names = [entry.name for entry in (root / "sys/class/video4linux").iterdir()]
    except OSError:
        return []
    numbers = sorted(int(found[1]) for name in names if (found := _NODE.fullmatch(name)))
    return [f"video{number}" for number in numbers]


def key_of(node: str, root: Path = ROOT) -> str:
    """What is really opened: the path in sysfs of the device behind a node, the same for all nodes of one camera."""
    return str(Path(os.path.realpath(root / "sys/class/video4linux" / node / "device")))


def index_of(node: str, root: Path = ROOT) -> int:
    """Which of its camera's nodes this is, from 0."""
    text = _read(root / "sys/class/video4linux" / node / "index")
    return int(text) if text.isdigit() else 0


def stable_path(node: str, root: Path = ROOT) -> str:
    """The best name that leads to this camera after it was unplugged, or the machine restarted.

    By what it is (`/dev/v4l/by-id/...`), unless another one calls itself the same; else by where it is plugged in
    (`/dev/v4l/by-path/...`); `/dev/video0` where udev has made neither.
    """
    by_id, by_path = (_links(root / "dev/v4l" / kind, node) for kind in ("by-id", "by-path"))
    names = by_path if _has_twin(node, root) else by_id + by_path
    return f"/{names[0].relative_to(root)}" if names else f"/dev/{node}"


def is_stable(path: str) -> bool:
    """Whether a path names a camera, and not a place in the order in which cameras were found."""
    return path.startswith("/dev/") and _NODE.fullmatch(path.removeprefix("/dev/")) is None


def is_usb(node: str, root: Path = ROOT) -> bool:
    """Whether a USB device is behind a node."""
    return _usb_device(node, root) is not None


def make_and_model(node: str, root: Path = ROOT) -> tuple[str, str]:
    """Who made a camera, and what it is called: the USB device's own words, else the driver's; "" where unknown."""
    usb = _usb_device(node, root)
    make, model = ("", "") if usb is None else (_read(usb / "manufacturer"), _read(usb / "product"))
    return make, model or _read(root / "sys/class/video4linux" / node / "name")


def _links(directory: Path, node: str) -> list[Path]:
    try:
        found = [entry for entry in directory.iterdir() if Path(os.path.realpath(entry)).name == node]
    except OSError:
        return []
    return sorted(found)


def _has_twin(node: str, root: Path) -> bool:
    """Whether another camera here has the same vendor, product and serial number: their by-id names are one."""
    identity = _identity(node, root)
    key = key_of(node, root)
    return identity is not None and any(
        _identity(other, root) == identity for other in nodes(root) if key_of(other, root) != key
    )


def _identity(node: str, root: Path) -> tuple[str, ...] | None:
    usb = _usb_device(node, root)
    return None if usb is None else tuple(_read(usb / name) for name in ("idVendor", "idProduct", "serial"))


def _usb_device(node: str, root: Path) -> Path | None:
    """The USB device whose interface is behind a node."""
    parent = Path(key_of(node, root)).parent
    return parent if (parent / "idVendor").exists() else None


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text("utf-8", "replace").strip()
    return ""


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
