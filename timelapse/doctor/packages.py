"""Python and the libraries: there, new enough, and fitting to each other.

Owns: the floors (setup.cfg's, which a test compares), loading each library in a process of its own, and the judgement.
Does not own: installing. Invariant: none of them is loaded here: one that crashes, or takes 60 MB, does it elsewhere.
"""

from __future__ import annotations

import json
import platform
import re
import shlex
import shutil
import struct
import subprocess
import sys

from msgspec import Struct

from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known

LIMIT_S = 40.0
_LOAD_S = 35.0
"""On a Pi Zero 2 W OpenCV alone takes some 5 s."""
PYTHON_FLOOR = "3.11"
FLOORS = {
    "astral": "3.0",
    "msgpack": "1.0.3",
    "msgspec": "0.18",
    "numpy": "1.24",
    "opencv-python-headless": "4.7",
    "Pillow": "10.1",
    "pyzmq": "24",
    "ruamel.yaml": "0.17.21",
    "simplejpeg": "1.6",
}
PI_FLOORS = {"picamera2": "0.3.20", "simplejpeg": "1.8"}
_MODULES = {"opencv-python-headless": "cv2", "Pillow": "PIL", "pyzmq": "zmq"}
_PROGRAM = """\
import json, sys
from importlib.metadata import PackageNotFoundError, version
for pair in sys.argv[1:]:
    package, module = pair.split("=")
    print(json.dumps([package, "", "?"]), flush=True)
    try:
        exec(f"import {module}")
        problem = ""
    except BaseException as error:
        problem = f"{type(error).__name__}: {error}"
    found = getattr(sys.modules.get(module), "__version__", "")
    try:
        found = version(package)
    except PackageNotFoundError:
        pass
    print(json.dumps([package, str(found or ""), problem]), flush=True)
"""
"""Before each library it says which one comes: of one that crashes nothing else is heard."""
_OTHER_NUMPY = re.compile(r"numpy\.dtype size changed|numpy\.core\.multiarray|_ARRAY_API|compiled using NumPy 1")


class Library(Struct, frozen=True, kw_only=True):
    """One of them as it was found. `problem` says why it can't be loaded."""

    package: str
    version: str = ""
    problem: str = ""


class Seen(Struct, frozen=True, kw_only=True):
    """The interpreter, the libraries, and where ffmpeg is."""

    python: str
    bits: int
    libraries: tuple[Library, ...]
    ffmpeg: str = ""


def look(known: Known) -> Seen:
    """Load each library in one process after the other. Blocks for a second, on a small board for ten."""
    wanted = [*FLOORS, *(["picamera2"] if wants_picamera2(known) else [])]
    return Seen(
        python=platform.python_version(),
        bits=struct.calcsize("P") * 8,
        libraries=tuple(load(wanted)),
        ffmpeg=shutil.which("ffmpeg") or "",
    )


def wants_picamera2(known: Known) -> bool:
    """Whether a camera of the configuration is the Pi's own, or may be. Pure."""
    cameras = known.configuration.cameras.values() if known.configuration else []
    sources = [camera.source for camera in cameras]
    return any(source.startswith("picamera2") for source in sources) or (bool(known.board) and "auto" in sources)


def load(wanted: list[str]) -> list[Library]:
    """What comes of loading these packages, in this order."""
    # -P: a file of the current directory must not be taken for one of them.
    pairs = [f"{package}={_MODULES.get(package, package)}" for package in wanted]
    command = [sys.executable, "-P", "-c", _PROGRAM, *pairs]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LOAD_S, check=False)
        said, end = done.stdout, f"loading it ended the process ({done.returncode})"
    except subprocess.TimeoutExpired as error:
        said = error.stdout.decode("utf-8", "replace") if isinstance(error.stdout, bytes) else ""
        end = f"it was not loaded within {_LOAD_S:g} s"
    except OSError as error:
        said, end = json.dumps(["astral", "", "?"]), f"{sys.executable} can't be started: {error.strerror}"
    return _told(said, end)


def judge(seen: Seen, known: Known) -> list[Finding]:
    """Each library, the interpreter, and ffmpeg. Pure."""
    findings = [_python(seen)]
    floors = FLOORS | (PI_FLOORS if wants_picamera2(known) else {})
    judged = [_library(library, floors.get(library.package, "0"), known) for library in seen.libraries]
    bad = [finding for finding in judged if finding.level != "ok"]
    if not bad:
        versions = ", ".join(f"{library.package} {library.version}".strip() for library in seen.libraries)
        findings.append(ok("packages.libraries", f"all load: {versions}"))
    where = f"ffmpeg is there ({seen.ffmpeg})" if seen.ffmpeg else "no ffmpeg: it is wanted for making videos alone"
    return [*findings, *bad, ok("packages.ffmpeg", where)]


def is_below(found: str, floor: str) -> bool:
    """Whether a version is lower than another, by their numbers. One without numbers is taken to do. Pure."""
    numbers = [int(number) for number in re.findall(r"\d+", re.split(r"[+a-z]", found, maxsplit=1)[0])]
    wanted = [int(number) for number in floor.split(".")]
    length = max(len(numbers), len(wanted))
    return bool(numbers) and numbers + [0] * (length - len(numbers)) < wanted + [0] * (length - len(wanted))


def _python(seen: Seen) -> Finding:
    check = "packages.python"
    if is_below(seen.python, PYTHON_FLOOR):
        saw = f"Python {seen.python}, and {PYTHON_FLOOR} is the least"
        return fault(check, saw, do="sudo scripts/setup.sh --upgrade", advice="Debian 12 has 3.11.")
    if seen.bits < 64:
        saw = f"Python {seen.python} of {seen.bits} bits: there are no wheels of OpenCV and simplejpeg for it"
        return warning(check, saw, do="uname -m; getconf LONG_BIT", advice="Install a system of 64 bits.")
    return ok(check, f"Python {seen.python}, {seen.bits} bits, {sys.prefix}")


def _library(library: Library, floor: str, known: Known) -> Finding:
    name, pip = (
        library.package,
        f"{'sudo ' if sys.prefix.startswith('/opt') else ''}{shlex.quote(sys.executable)} -m pip",
    )
    if library.problem:
        return _broken(library, floor, pip)
    if is_below(library.version, floor):
        saw = f"{name} is {library.version}, and {floor} is the least"
        from_apt = "sudo apt update && sudo apt install --only-upgrade python3-picamera2"
        do = from_apt if name == "picamera2" else f"{pip} install '{name}>={floor}' && {known.restart()}"
        return fault("packages.libraries", saw, subject=name, do=do)
    return ok("packages.libraries", f"{name} {library.version}", subject=name)


def _broken(library: Library, floor: str, pip: str) -> Finding:
    name, check = library.package, "packages.libraries"
    problem = " ".join(library.problem.split())[:300]
    if _OTHER_NUMPY.search(problem):
        saw = f"{name} was built for another numpy: {problem}"
        advice = (
            "apt's picamera2 and simplejpeg of Debian 12 are built for numpy 1, which this environment has to keep to."
        )
        do = f"{pip} install 'numpy<2' 'opencv-python-headless<4.12'"
        return fault("packages.numpy_abi", saw, subject=name, do=do, advice=advice)
    if "libGL" in problem or "libgthread" in problem:
        do = f"{pip} uninstall -y opencv-python && {pip} install --force-reinstall opencv-python-headless"
        return fault(check, f"opencv-python is installed, which wants a screen: {problem}", subject=name, do=do)
    if name == "picamera2":
        return fault(check, f"picamera2: {problem}", subject=name, do="sudo apt install -y python3-picamera2")
    missing = problem.startswith("ModuleNotFoundError")
    saw = f"{name} is not installed" if missing else f"{name} can't be loaded: {problem}"
    return fault(check, saw, subject=name, do=f"{pip} install --force-reinstall '{name}>={floor}'")


def _told(said: str, end: str) -> list[Library]:
    """What was said of each. Of one that was begun and not told of, `end`."""
    found: dict[str, Library] = {}
    for line in said.splitlines():
        try:
            package, version, problem = json.loads(line)
        except ValueError:
            continue  # a library that prints
        found[package] = Library(package=package, version=version, problem=end if problem == "?" else problem)
    return list(found.values())
