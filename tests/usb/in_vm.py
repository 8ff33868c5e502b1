"""Runs the tests of USB cameras in a virtual machine with real video devices: `python tests/usb/in_vm.py [PYTEST ...]`.

Owns: the guest: built when it lacks what the project needs, booted with this tree in it, and ended afterwards.
Does not own: the rig's command, which is named in the environment, nor the tests.
Invariant: the tree is shared with the guest for reading only.

TIMELAPSE_VMRIG   the rig's command, `vmrig.py`
TIMELAPSE_VM_DIR  its work directory
"""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PYTHON = "/opt/rig/bin/python"
_COPY = f"""\
mkdir -p /srv/src && cd /mnt/src && cp -r *.cfg *.py */ /srv/src/ && cd /srv/src &&
{_PYTHON} -m compileall -q . >/dev/null"""
"""Onto the guest's own disk, compiled: a worker that is started anew is to be measured, and not the shared folder."""
_TESTS = ("tests/usb", "-s", "--tb=short")


def main(arguments: Sequence[str]) -> int:
    """Build, boot, run, end; the status of pytest."""
    try:
        rig = Rig(Path(os.environ["TIMELAPSE_VMRIG"]), Path(os.environ["TIMELAPSE_VM_DIR"]))
    except KeyError as missing:
        print(f"{missing} is not set; see the beginning of {__file__}", file=sys.stderr)
        return 64
    rig.build_where_needed()
    rig.run("boot", "--share", f"src={ROOT}")
    try:
        command = [_PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-q", *(arguments or _TESTS)]
        rig.run("exec", _COPY)
        return rig.run("exec", f"cd /srv/src && {' '.join(command)}", check=False)
    finally:
        rig.run("kill", check=False)


class Rig:
    """The rig's command with its work directory."""

    def __init__(self, command: Path, directory: Path) -> None:
        self._command = command
        self._directory = directory

    def run(self, verb: str, *arguments: str, check: bool = True) -> int:
        """Run one of its verbs; its status."""
        command = [sys.executable, str(self._command), "--dir", str(self._directory), verb, *arguments]
        return subprocess.run(command, check=check).returncode

    def build_where_needed(self) -> None:
        """Make the guest's image, unless the last one has every wheel. Takes 40 s, and root."""
        description = self._directory / "build.json"
        built = json.loads(description.read_text()) if description.exists() else {}
        missing = [name for name in wheels() if name not in built.get("wheels", [])]
        if missing:
            print(f"the guest lacks {', '.join(missing)}: building it anew", flush=True)
            self.run("build", *(part for name in missing for part in ("--wheel", name)))


def wheels() -> list[str]:
    """What the project needs, and its tests."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    required = setup["options"]["install_requires"].split("\n")
    names = [re.split(r"[\s<>=~!\[]", line.strip())[0] for line in required if line.strip() and line.strip()[0] != "#"]
    return [*names, "pytest", "hypothesis"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
