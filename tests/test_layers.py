"""Who may import whom, and what every module has: read from the source, and once from what is really loaded.

The rules are those of docs/architecture.md. They hold for an import wherever it stands; one inside a function is told
apart only where that matters.
"""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
WORKERS = ("capture_worker", "storage_worker", "render_worker", "web_worker")
PACKAGES = tuple(name for name in ("shared", "supervisor", *WORKERS, "timelapse") if (ROOT / name).is_dir())
MAY_IMPORT = {
    "shared": {"shared"},
    "supervisor": {"supervisor", "shared"},
    **{worker: {worker, "shared"} for worker in WORKERS},
    "timelapse": set(PACKAGES),
}
ONLY_IN = {
    "zmq": ("shared/transport.py",),
    "ruamel": ("shared/config/",),
    "msgpack": ("shared/wire.py",),
    "cv2": ("capture_worker/", "render_worker/"),
    "numpy": ("capture_worker/", "render_worker/"),
    "simplejpeg": ("capture_worker/", "render_worker/"),
    "astral": ("shared/sun.py",),
    "picamera2": ("capture_worker/cameras/",),
    "PIL": ("render_worker/overlay/",),
    "sqlite3": ("shared/ledger/database.py",),
}
HEAVY = {"cv2", "numpy", "simplejpeg", "astral", "picamera2", "PIL"}
NOT_FOR_MONTHS = {
    "ruamel",
    "hashlib",
    "ssl",
    "socket",
    "argparse",
    "difflib",
    "inspect",
    "typing_extensions",
    "sqlite3",
}
"""What costs memory and is needed at most now and then: docs/decisions/0006."""
MOST_LINES = 400


class Import(NamedTuple):
    """One import: the whole name of the module, and whether it is carried out when the file is loaded."""

    module: str
    line: int
    at_load: bool

    @property
    def top(self) -> str:
        """The package."""
        return self.module.partition(".")[0]


def _files(*tops: str) -> list[Path]:
    return sorted(path for top in tops for path in (ROOT / top).rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(node: ast.AST, *, at_load: bool = True) -> Iterator[Import]:
    """Every import below a node. A relative one has no name of its own and is told as `.`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, at_load) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield Import("." * child.level + (child.module or ""), child.lineno, at_load)
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        )
        yield from _imports(child, at_load=at_load and not inside)


def _imports_of(path: Path) -> list[Import]:
    return list(_imports(ast.parse(path.read_text(), str(path))))


def test_packages_of_the_project_are_the_known_ones() -> None:
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_package_imports_only_what_its_layer_may(package: str) -> None:
    wrong = [
        f"{_name(path)}:{found.line}: imports {found.module}"
        for path in _files(package)
        for found in _imports_of(path)
        if found.top in PACKAGES and found.top not in MAY_IMPORT[package]
    ]
    assert wrong == []


def test_command_line_imports_workers_and_supervisor_only_inside_a_function() -> None:
    wrong = [
        f"{_name(path)}:{found.line}: imports {found.module} when it is loaded"
        for path in _files("timelapse")
        for found in _imports_of(path)
        if found.top in {"supervisor", *WORKERS} and found.at_load
    ]
    assert wrong == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_library_is_imported_only_where_it_belongs(library: str) -> None:
    wrong = [
        f"{_name(path)}:{found.line}: imports {found.module}"
        for path in _files(*PACKAGES)
        for found in _imports_of(path)
        if found.top == library and not _name(path).startswith(ONLY_IN[library])
    ]
    assert wrong == []


def test_imports_are_absolute_and_by_statement() -> None:
    wrong = [
        f"{_name(path)}:{found.line}: {found.module} is relative, or hides what is imported"
        for path in _files(*PACKAGES)
        for found in _imports_of(path)
        if found.module.startswith(".") or found.module == "importlib"
    ]
    calls = [_name(path) for path in _files(*PACKAGES) if "__import__" in path.read_text()]
    assert (wrong, calls) == ([], [])


def _loaded_by(module: str) -> set[str]:
    program = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["supervisor.loop", "supervisor.foreground", "storage_worker.worker", "render_worker.worker"]
)
def test_who_runs_for_months_loads_nothing_that_is_large_and_not_needed_for_months(module: str) -> None:
    loaded = _loaded_by(module)
    assert "msgspec" in loaded
    assert loaded & {*HEAVY, *NOT_FOR_MONTHS} == set()


def test_command_line_loads_no_other_package_and_no_socket_library() -> None:
    loaded = _loaded_by("timelapse.cli")
    assert loaded & {"zmq", "ruamel", "supervisor", *WORKERS, *HEAVY} == set()


def test_policy_loads_nothing_that_could_block() -> None:
    assert _loaded_by("supervisor.policy") & {"zmq", "msgpack", "socket", "subprocess", "logging"} == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_owns_and_its_invariant(package: str) -> None:
    silent = [
        _name(path)
        for path in _files(package)
        if "Invariant" not in (ast.get_docstring(ast.parse(path.read_text())) or "")
    ]
    assert silent == []


def test_no_module_is_longer_than_can_be_kept_in_mind() -> None:
    lengths = {_name(path): len(path.read_text().splitlines()) for path in _files(*PACKAGES, "tests")}
    too_long = {name: length for name, length in lengths.items() if length > MOST_LINES}
    assert too_long == {}, f"at most {MOST_LINES} lines; the median is {statistics.median(lengths.values()):g}"
