"""Where the virtual machine is kept, and whether this machine can have one.

Owns: the cache directory, the lock on building, and the sentence for a machine that can't.
Does not own: installing what is missing (`scripts/test-vm`).
Invariant: nothing is made outside the cache, but for the directories of running machines, which end with them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project's tree."""
DISK_NEEDED_BYTES = 6 * 1024**3
_NEEDED = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mkfs.ext4": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "ssh": "openssh-client",
    "setpriv": "util-linux",
}
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def cache() -> Path:
    """`$XDG_CACHE_HOME/timelapse/vm`, made where it is missing. Raises OSError."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    place = Path(base) / "timelapse/vm"
    place.mkdir(parents=True, exist_ok=True)
    return place


def why_not() -> str | None:
    """Why this machine can't run the virtual machine: a sentence, or None where it can."""
    if platform.machine() != "x86_64":
        return f"The virtual machine is for x86-64, and this is {platform.machine()}."
    try:
        place = cache()
    except OSError as error:
        return f"The cache can't be made ({error}); set XDG_CACHE_HOME to another place."
    if lacking := missing_packages():
        return f"Missing: {' '.join(lacking)}. Install them with: sudo apt-get install {' '.join(lacking)}"
    if os.geteuid() != 0:
        return "Building the virtual machine takes root (it makes a root file system)."
    if shutil.disk_usage(place).free < DISK_NEEDED_BYTES:
        return f"{place} has less than {DISK_NEEDED_BYTES >> 30} GB free; set XDG_CACHE_HOME to another place."
    return None


def missing_packages() -> list[str]:
    """The Debian packages that this machine lacks for it."""
    return sorted({package for program, package in _NEEDED.items() if shutil.which(program, path=_PATH) is None})


def has_kvm() -> bool:
    """Whether this processor can run the machine itself; else it is emulated, some 14 times slower.

    Where it does not say that it can, /dev/kvm may be there all the same: one that fails at the first instruction.
    """
    if not {"vmx", "svm"} & set(Path("/proc/cpuinfo").read_text().split()):
        return False
    return os.access("/dev/kvm", os.R_OK | os.W_OK)


@contextmanager
def only_builder() -> Iterator[None]:
    """Hold the lock on building. Blocks while another holds it."""
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def hash_of(*parts: bytes | str) -> str:
    """A short name for what these parts are the recipe of."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()[:12]
