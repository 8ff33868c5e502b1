"""A Debian as it is after its installation: root file system, kernel and initial RAM disk, from its own packages.

Owns: what is installed, and the image in the cache.
Does not own: the settings of the guest (`guest/`, `customize`), nor what `scripts/setup.sh` will want (`packages`).
Invariant: an image is put into the cache whole, and never changed: machines run on overlays of it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.vm.place import cache, hash_of, only_builder

_HERE = Path(__file__).parent
_GUEST = _HERE / "guest"
_CUSTOMIZE = _HERE / "customize"
ROOT_MB = 4096
"""Of the root disk. What is not used takes no room."""
_PACKAGES = (
    "busybox",
    "dbus",
    "e2fsprogs",
    "initramfs-tools",
    "iproute2",
    "kmod",
    "linux-image-amd64",
    "openssh-server",
    "procps",
    "systemd",
    "systemd-sysv",
    "tzdata",
    "udev",
)
_UNWANTED_FILES = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*")
_UNWANTED_MODULES = (
    "drivers/comedi",
    "drivers/gpu",
    "drivers/iio",
    "drivers/infiniband",
    "drivers/media/dvb-frontends",
    "drivers/media/pci",
    "drivers/media/tuners",
    "drivers/net/ethernet",
    "drivers/net/wireless",
    "drivers/staging",
    "fs/xfs",
    "fs/ocfs2",
    "sound/pci",
    "sound/soc",
)


class BuildError(Exception):
    """An image could not be built; with the last words of what failed."""


class Suite(NamedTuple):
    """A release of Debian."""

    name: str
    version: int
    python: str
    """The version of its Python, for which wheels are fetched."""


BOOKWORM = Suite("bookworm", 12, "3.11")
TRIXIE = Suite("trixie", 13, "3.13")
SUITES = (BOOKWORM, TRIXIE)


class Image(NamedTuple):
    """A built one."""

    suite: Suite
    directory: Path

    @property
    def disk(self) -> Path:
        """The root disk, raw."""
        return self.directory / "root.ext4"

    @property
    def kernel(self) -> Path:
        """What QEMU starts."""
        return self.directory / "vmlinuz"

    @property
    def initrd(self) -> Path:
        """The initial RAM disk."""
        return self.directory / "initrd"

    @property
    def tree(self) -> Path:
        """The same root file system as a directory, to look things up in."""
        return self.directory / "root"

    @property
    def apt(self) -> Path:
        """`sources.list` and `lists` that it was made from."""
        return self.directory / "apt"

    @property
    def key(self) -> Path:
        """The private key that opens a shell."""
        return self.directory / "key"


def image_of(suite: Suite) -> Image:
    """Find it, or build it: some two minutes, as root. Raises BuildError."""
    image = Image(suite, cache() / f"{suite.name}-{_recipe(suite)}")
    if not image.directory.exists():
        with only_builder():
            if not image.directory.exists():
                _build(image)
    return image


def _build(image: Image) -> None:
    for left in cache().glob("build-*"):
        shutil.rmtree(left)
    print(f"==> building Debian {image.suite.version} for the virtual machine (some minutes, once)", flush=True)
    with tempfile.TemporaryDirectory(dir=cache(), prefix="build-") as directory:
        # Inside the temporary directory, since moving that one itself would leave nothing to clean up.
        under_way = Image(image.suite, Path(directory) / "image")
        under_way.directory.mkdir()
        with (Path(directory) / "log").open("w+") as log:
            try:
                _make(under_way, log.fileno())
            except subprocess.CalledProcessError:
                log.seek(0)
                raise BuildError(
                    f"Debian {image.suite.version} could not be built:\n{''.join(log.readlines()[-15:])}"
                ) from None
        under_way.directory.rename(image.directory)


def _make(image: Image, log: int) -> None:
    def run(*command: str | Path, **environment: str) -> None:
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root", **environment}
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)

    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "timelapse-vm", "-f", image.key)
    public = image.key.with_suffix(".pub")
    run(*_debootstrap(image), RIG_KEY=str(public), RIG_APT=str(image.apt))
    for name, target in (("vmlinuz-*", image.kernel), ("initrd.img-*", image.initrd)):
        (found,) = (image.tree / "boot").glob(name)
        shutil.copy(found, target)
    run("mkfs.ext4", "-q", "-F", "-L", "root", "-d", image.tree, image.disk, f"{ROOT_MB}M")


def _debootstrap(image: Image) -> list[str | Path]:
    excluded = [*_UNWANTED_FILES, *(f"/usr/lib/modules/*/kernel/{part}/*" for part in _UNWANTED_MODULES)]
    excluded += [path.removeprefix("/usr") for path in excluded if "/modules/" in path]
    # The guest's files come before its packages: the kernel's makes the initial RAM disk as they say.
    files = f'tar --owner=0 --group=0 -C "{_GUEST}" -cf - etc usr | tar --no-overwrite-dir -C "$1" -xf -'
    return [
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude={path}" for path in excluded),
        "--include=" + ",".join(_PACKAGES),
        f"--extract-hook={files}",
        f"--customize-hook={_CUSTOMIZE}",
        image.suite.name,
        image.tree,
        *sources(image.suite),
    ]


def sources(suite: Suite) -> list[str]:
    """The lines for apt of a release, from the mirrors that this machine's apt uses."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(ORIGIN)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split(maxsplit=2) for line in asked.stdout.splitlines()]
    debian = {"security" if "-security" in row[1] else "main": row[0] for row in rows if row[2:] == ["Debian"]}
    mirror = debian.get("main", "http://deb.debian.org/debian")
    security = debian.get("security", "http://deb.debian.org/debian-security")
    return [
        f"deb {mirror} {suite.name} main",
        f"deb {mirror} {suite.name}-updates main",
        f"deb {security} {suite.name}-security main",
    ]


def _recipe(suite: Suite) -> str:
    guest = sorted(path for path in _GUEST.rglob("*") if path.is_file())
    files = [part for path in (*guest, _CUSTOMIZE) for part in (str(path.relative_to(_HERE)), path.read_bytes())]
    return hash_of(suite.name, str(ROOT_MB), *_PACKAGES, *_UNWANTED_FILES, *_UNWANTED_MODULES, *files)
