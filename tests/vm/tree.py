"""The project's tree as a guest gets it: what is installed, and what installs it.

Owns: which files those are. Does not own: how they get there.
Invariant: tests, documents and everything that is made from the tree stay behind: no guest sees their changes.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from tests.vm.place import ROOT, hash_of

_STAY = {"tests", "bench", "docs", "frames", "demo-frames", "build", "dist"}


def files() -> Iterator[Path]:
    """Relative to the tree, in order."""
    for top in sorted(ROOT.iterdir()):
        if top.name.startswith(".") or top.name in _STAY or top.name.endswith(".egg-info"):
            continue
        inside = sorted(top.rglob("*")) if top.is_dir() else [top]
        yield from (path.relative_to(ROOT) for path in inside if path.is_file() and "__pycache__" not in path.parts)


def copy_tree(to: Path) -> None:
    """Onto a directory that is not there yet."""
    for path in files():
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, to / path)


def packed() -> bytes:
    """As a tar archive."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in files():
            tar.add(ROOT / path, str(path))
    return archive.getvalue()


def tree_hash() -> str:
    """Another one for every other content."""
    return hash_of(*(part for path in files() for part in (str(path), (ROOT / path).read_bytes())))
