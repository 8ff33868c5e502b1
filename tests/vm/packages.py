"""A disk with all that `scripts/setup.sh` wants in the guest: it says what (`--needs`), and the guest has no network.

Owns: asking it, fetching Debian packages and wheels, and the disk in the cache: `debs/` (a source for apt), `wheels/`.
Does not own: the installation itself (`installation`).
Invariant: a disk holds exactly what was asked for, and what that needs; another answer makes another disk.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.vm.image import Image
from tests.vm.place import hash_of, only_builder
from tests.vm.tree import copy_tree

DISK_MB = 1024
"""At most. What is not used takes no room."""
_GLIBCS = (36, 35, 34, 31, 28, 27, 26, 24, 17)
"""Wheels for any of these, 2.36 at most: Debian 12's."""


class Needs(NamedTuple):
    """What `--needs` said."""

    debs: tuple[str, ...]
    requirements: tuple[str, ...]


def packages_of(image: Image) -> Path:
    """The disk, ext4. Found in the cache, or made: a minute. Raises CalledProcessError, ValueError."""
    needs = parse_needs(_ask(image))
    disk = image.directory / f"packages-{hash_of(*needs.debs, '', *needs.requirements)}.ext4"
    with only_builder():
        if not disk.exists():
            print(f"==> fetching what scripts/setup.sh wants on Debian {image.suite.version}", flush=True)
            _make(image, needs, disk)
    return disk


def parse_needs(said: str) -> Needs:
    """Lines of `apt NAME` and `pip REQUIREMENT`. Raises ValueError on any other."""
    wanted: dict[str, list[str]] = {"apt": [], "pip": []}
    for line in filter(None, map(str.strip, said.splitlines())):
        kind, _, what = line.partition(" ")
        if kind not in wanted or not what:
            raise ValueError(f"scripts/setup.sh --needs said {line!r}: neither 'apt NAME' nor 'pip REQUIREMENT'")
        wanted[kind].append(what)
    return Needs(tuple(wanted["apt"]), tuple(wanted["pip"]))


def _ask(image: Image) -> str:
    """On the guest's own system: what it says depends on the release, and on what is there."""
    inside = image.tree / "tmp/timelapse"
    with only_builder():
        shutil.rmtree(inside, ignore_errors=True)
        copy_tree(inside)
        try:
            command = ["chroot", str(image.tree), "/tmp/timelapse/scripts/setup.sh", "--needs"]
            env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
            return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env).stdout
        finally:
            shutil.rmtree(inside, ignore_errors=True)


def _make(image: Image, needs: Needs, disk: Path) -> None:
    with tempfile.TemporaryDirectory(dir=image.directory, prefix="packages-") as directory:
        top = Path(directory) / "disk"
        for part in ("debs", "wheels"):
            (top / part).mkdir(parents=True)
        _fetch_debs(image, needs.debs, top / "debs")
        _fetch_wheels(image, needs.requirements, top / "wheels")
        made = Path(directory) / "made"
        command = ["mkfs.ext4", "-q", "-F", "-L", "packages", "-d", str(top), str(made), f"{DISK_MB}M"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        made.rename(disk)


def _fetch_debs(image: Image, names: tuple[str, ...], into: Path) -> None:
    """With this machine's apt, as if it were the guest's, so that its way to the network is taken."""
    (into / "partial").mkdir()
    guest = {
        "Dir::State::status": image.tree / "var/lib/dpkg/status",
        "Dir::State::lists": image.apt / "lists",
        "Dir::Etc::sourcelist": image.apt / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::Cache::archives": into,
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
    }
    options = [f"--option={key}={value}" for key, value in guest.items()]
    subprocess.run(["apt-get", "-qq", "-y", "--download-only", *options, "install", *names], check=True)
    (into / "partial").rmdir()
    (into / "Packages").write_text("\n".join(map(_described, sorted(into.glob("*.deb")))))


def _described(deb: Path) -> str:
    """Its entry in apt's list of a source."""
    fields = subprocess.run(["dpkg-deb", "--field", str(deb)], check=True, capture_output=True, text=True).stdout
    digest = hashlib.sha256(deb.read_bytes()).hexdigest()
    return f"{fields.rstrip()}\nFilename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {digest}\n"


def _fetch_wheels(image: Image, requirements: tuple[str, ...], into: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
    command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={image.suite.python}"]
    command += [f"--platform=manylinux_2_{minor}_x86_64" for minor in _GLIBCS] + ["--platform=manylinux2014_x86_64"]
    subprocess.run([*command, "--dest", str(into), *requirements], check=True)
