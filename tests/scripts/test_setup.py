"""scripts/setup.sh, as far as it goes without installing: what it wants, whom it refuses, and that a dry run is dry."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.config.changes import compare
from shared.config.read import parse

ROOT = Path(__file__).parents[2]
SETUP = ROOT / "scripts/setup.sh"
DEBIAN_12 = 'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
DEBIAN_13 = 'ID=debian\nVERSION_CODENAME=trixie\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n'
UBUNTU = 'ID=ubuntu\nVERSION_CODENAME=noble\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\n'
NOBODY = 65534
needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg"), reason="is for Debian and its kin")
needs_systemd = pytest.mark.skipif(
    not (shutil.which("dpkg") and shutil.which("systemd-sysusers")), reason="there is no dpkg or no systemd here"
)


def _setup(
    *arguments: str, os_release: Path | None = None, board: Path | None = None, command: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if os_release:
        environment["TIMELAPSE_OS_RELEASE"] = str(os_release)
    environment["TIMELAPSE_BOARD"] = str(board or "/nonexistent")
    words = [*command, str(SETUP), *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


def _file(directory: Path, text: str) -> Path:
    path = directory / "file"
    path.write_text(text)
    return path


def _wanted(said: str, kind: str) -> dict[str, str]:
    """Of one kind: each name, and what has to hold for its version."""
    lines = [line.removeprefix(f"{kind} ") for line in said.splitlines() if line.startswith(f"{kind} ")]
    return {re.split(r"[ <>=]", line)[0]: line.partition(" ")[2] for line in lines}


@needs_dpkg
@pytest.mark.parametrize("system", [DEBIAN_12, DEBIAN_13, UBUNTU])
def test_needs_are_lines_of_apt_and_pip_and_nothing_else(tmp_path: Path, system: str) -> None:
    done = _setup("--needs", os_release=_file(tmp_path, system))
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if not re.match(r"(apt [a-z0-9.-]+$|pip [A-Za-z])", line)] == []
    assert {"python3", "python3-venv"} <= _wanted(done.stdout, "apt").keys()


@needs_dpkg
def test_needs_are_those_of_the_package_and_what_builds_it(tmp_path: Path) -> None:
    package = configparser.ConfigParser()
    package.read(ROOT / "setup.cfg")
    required = package["options"]["install_requires"].split("\n")
    said = _setup("--needs", os_release=_file(tmp_path, DEBIAN_13)).stdout
    pip = [line.removeprefix("pip ") for line in said.splitlines() if line.startswith("pip ")]
    assert pip == [*filter(None, required), "setuptools >= 70.1"]


@needs_dpkg
def test_needs_of_bookworm_keep_to_numpy_1(tmp_path: Path) -> None:
    wanted = _wanted(_setup("--needs", os_release=_file(tmp_path, DEBIAN_12)).stdout, "pip")
    assert wanted["numpy"].endswith(", < 2")
    assert wanted["opencv-python-headless"].endswith(", < 4.12")


@needs_dpkg
def test_needs_of_a_pi_encode_what_its_camera_gives(tmp_path: Path) -> None:
    board = tmp_path / "model"
    board.write_bytes(b"Raspberry Pi 4 Model B Rev 1.5\0")
    said = _setup("--needs", os_release=_file(tmp_path, DEBIAN_13), board=board).stdout
    assert _wanted(said, "pip")["simplejpeg"] == ">= 1.8"


@pytest.mark.parametrize(
    "system",
    [
        'ID=fedora\nPRETTY_NAME="Fedora Linux 43"\n',
        'ID=debian\nVERSION_CODENAME=bullseye\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n',
        'ID=ubuntu\nVERSION_CODENAME=jammy\nPRETTY_NAME="Ubuntu 22.04"\n',
        'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nPRETTY_NAME="Linux Mint 22"\n',
    ],
)
def test_other_system_is_refused_with_a_sentence(tmp_path: Path, system: str) -> None:
    done = _setup("--needs", os_release=_file(tmp_path, system))
    name = system.split('PRETTY_NAME="')[1].split('"', maxsplit=1)[0]
    assert done.returncode == 69
    assert done.stderr.startswith(f"This is {name}. setup.sh knows ")
    assert done.stdout == ""


@needs_dpkg
def test_32_bit_system_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "dpkg").write_text("#!/bin/sh\necho armhf\n")
    (tmp_path / "dpkg").chmod(0o755)
    command = ("env", f"PATH={tmp_path}:{os.environ['PATH']}")
    done = _setup("--needs", os_release=_file(tmp_path, DEBIAN_12), command=command)
    assert done.returncode == 69
    assert "install a 64-bit system" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--sideways"], ["--output-dir"], ["--upgrade", "--uninstall"], ["--uninstall", "--output-dir", "/x"]]
)
def test_wrong_call_shows_how_it_is_called(arguments: list[str]) -> None:
    done = _setup(*arguments)
    assert done.returncode == 64
    assert "scripts/setup.sh --dry-run" in done.stderr


def test_help_is_the_head_of_the_script() -> None:
    done = _setup("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Installs timelapse")
    assert done.stdout.rstrip().endswith("where something is missing.")


@needs_systemd
@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("frames", "absolute"),
        ("/tmp/frames", "of its own"),
        ("/etc/frames", "no place for frames"),
        ("/", "no place for frames"),
        ("/media/my disk", "letters, digits"),
        ("/media/../etc", "letters, digits"),
        ("/media/%i", "letters, digits"),
    ],
)
def test_output_directory_that_can_not_work_is_refused_with_a_sentence(tmp_path: Path, path: str, why: str) -> None:
    done = _setup("--dry-run", "--output-dir", path, os_release=_file(tmp_path, DEBIAN_13))
    assert done.returncode == 69
    assert why in done.stderr


@needs_systemd
@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_installing_without_root_says_so(tmp_path: Path) -> None:
    # The checkout may be closed to others; what is called in it is not what is tried here.
    tree = tmp_path.parent / f"{tmp_path.name}-tree"
    shutil.copytree(ROOT / "scripts", tree / "scripts")
    for directory in (tree, *tree.parents[:3]):
        directory.chmod(0o755)
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", str(tree / "scripts/setup.sh")]
    environment = {**os.environ, "TIMELAPSE_OS_RELEASE": str(_file(tree, DEBIAN_13))}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 69
    assert "needs root: sudo scripts/setup.sh" in done.stderr


@needs_systemd
@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make every file system read-only")
@pytest.mark.parametrize("arguments", [(), ("--upgrade",), ("--uninstall",), ("--output-dir", "/media/usb")])
def test_dry_run_writes_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """It is run where nothing can be written but /dev/null and pipes; whatever tried would fail, and say so."""
    all_read_only = """
        mount --make-rprivate /
        # The deepest first; what can't be made so (a mount of another owner) is named below.
        awk '{print $5}' /proc/self/mountinfo | sort -r | while read -r point; do
            mount -o remount,bind,ro "$point" 2>/dev/null || true
        done
        for directory in /etc /usr/local /opt /var/lib /run /tmp; do
            if touch "$directory/written-by-a-test" 2>/dev/null; then rm "$directory/written-by-a-test"; exit 99; fi
        done
        exec "$@"
    """
    command = ("unshare", "--mount", "sh", "-c", all_read_only, "sh")
    done = _setup("--dry-run", *arguments, os_release=_file(tmp_path, DEBIAN_13), command=command)
    if done.returncode == 99:
        pytest.skip("file systems can't be made read-only here")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Nothing was changed.\n")
    if arguments != ("--uninstall",):
        assert "would install timelapse" in done.stdout


def test_installed_configuration_is_the_example_but_for_camera_and_directory() -> None:
    program = f"here='{ROOT}'; . '{ROOT}/scripts/setup/service.sh'; installed_configuration"
    installed = subprocess.run(["sh", "-euc", program], capture_output=True, text=True, check=True).stdout
    path = str(ROOT / "config/timelapse.yml")
    example, found = parse(Path(path).read_text(), path), parse(installed, path)
    assert (found.output_dir, found.cameras["main"].source) == ("/var/lib/timelapse", "auto")
    changes = compare(example, found)
    assert {*changes.applied, *changes.needs_restart} == {"output_dir", "cameras.main.source"}
    assert list(found.cameras) == list(example.cameras)
    assert "It runs as it is" not in installed


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="there is no shellcheck here")
def test_scripts_are_clean_to_shellcheck() -> None:
    done = subprocess.run(
        ["shellcheck", "-x", "scripts/setup.sh"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
