"""Python and the libraries."""

from __future__ import annotations

import configparser
import sys
from pathlib import Path

import pytest

from shared.config.model import CameraConfig
from tests.rig.doctor_values import known, levels, only
from timelapse.doctor import packages
from timelapse.doctor.packages import Library

_SETUP = Path(__file__).parents[3] / "setup.cfg"


def _requirements(section: str, key: str) -> dict[str, str]:
    parser = configparser.ConfigParser()
    parser.read(_SETUP)
    lines = [line.partition("#")[0].split(">=") for line in parser[section][key].split("\n") if ">=" in line]
    return {name.strip(): floor.strip() for name, floor in lines}


def _seen(*libraries: Library, python: str = "3.11.2", bits: int = 64) -> packages.Seen:
    return packages.Seen(python=python, bits=bits, libraries=libraries)


def test_floors_are_those_of_the_package() -> None:
    assert _requirements("options", "install_requires") == packages.FLOORS
    assert _requirements("options.extras_require", "picamera2") == packages.PI_FLOORS
    parser = configparser.ConfigParser()
    parser.read(_SETUP)
    assert parser["options"]["python_requires"] == f">= {packages.PYTHON_FLOOR}"


def test_libraries_of_this_environment_load() -> None:
    seen = packages.look(known())
    assert [library.package for library in seen.libraries] == list(packages.FLOORS)
    found = packages.judge(seen, known())
    assert levels(found) == {"packages.python": "ok", "packages.libraries": "ok", "packages.ffmpeg": "ok"}


def test_library_that_crashes_is_named_and_those_before_it_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crashes.py").write_text("import os\nos.abort()\n")
    (tmp_path / "chatty.py").write_text("print('hello')\n__version__ = '2.0'\n")
    (tmp_path / "broken.py").write_text("raise ValueError('numpy.dtype size changed, may indicate ...')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = packages.load(["chatty", "broken", "crashes", "never_reached"])
    assert [(library.package, library.version) for library in found] == [
        ("chatty", "2.0"),
        ("broken", ""),
        ("crashes", ""),
    ]
    assert found[1].problem == "ValueError: numpy.dtype size changed, may indicate ..."
    assert "ended the process" in found[2].problem


@pytest.mark.parametrize(
    "problem",
    [
        "ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header",
        "ImportError: numpy.core.multiarray failed to import",
        "AttributeError: _ARRAY_API not found",
    ],
)
def test_other_numpy_says_which_to_install(problem: str) -> None:
    found = only(packages.judge(_seen(Library(package="simplejpeg", problem=problem)), known()), "packages.numpy_abi")
    assert found.level == "fault"
    assert found.do == f"{sys.executable} -m pip install 'numpy<2' 'opencv-python-headless<4.12'"


def test_opencv_for_a_screen_says_which_to_install() -> None:
    problem = "ImportError: libGL.so.1: cannot open shared object file"
    found = packages.judge(_seen(Library(package="opencv-python-headless", problem=problem)), known())
    assert "uninstall -y opencv-python " in only(found, "packages.libraries").do


def test_library_that_is_missing_or_too_old_is_a_fault() -> None:
    missing = Library(package="astral", problem="ModuleNotFoundError: No module named 'astral'")
    old = Library(package="pyzmq", version="23.2.1")
    found = [finding for finding in packages.judge(_seen(missing, old), known()) if finding.level == "fault"]
    assert [finding.saw for finding in found] == ["astral is not installed", "pyzmq is 23.2.1, and 24 is the least"]


def test_camera_of_the_pi_has_floors_of_its_own() -> None:
    camera = CameraConfig(name="main", source="picamera2")
    seen = _seen(Library(package="simplejpeg", version="1.6.6"), Library(package="picamera2", version="0.3.12"))
    found = [finding for finding in packages.judge(seen, known(camera)) if finding.level == "fault"]
    assert [finding.subject for finding in found] == ["simplejpeg", "picamera2"]
    assert levels(packages.judge(seen, known()))["packages.libraries"] == "ok"
    assert packages.wants_picamera2(known(CameraConfig(name="main"), board="Raspberry Pi 5"))
    assert not packages.wants_picamera2(known(CameraConfig(name="main")))


@pytest.mark.parametrize(
    ("found", "floor", "below"),
    [
        ("1.24", "1.24", False),
        ("1.9.3", "1.24", True),
        ("24", "24.0", False),
        ("23.9", "24", True),
        ("4.12.0.88", "4.7", False),
        ("0.3.20-1", "0.3.20", False),
        ("1.24.2+dfsg", "1.24", False),
        ("2.0.0rc1", "2.0", False),
        ("", "1.0", False),
    ],
)
def test_versions_are_compared_by_their_numbers(found: str, floor: str, *, below: bool) -> None:
    assert packages.is_below(found, floor) is below


def test_old_python_and_thirty_two_bits_are_told() -> None:
    assert levels(packages.judge(_seen(python="3.9.2"), known()))["packages.python"] == "fault"
    assert levels(packages.judge(_seen(bits=32), known()))["packages.python"] == "warning"
