"""Builds the virtual machine, or finds it built already: `python -m tests.vm.build [--check] [SUITE...]`.

Owns: the command. Does not own: what it builds (`image`, `packages`).
Invariant: ends with 69 and a sentence where the machine can't be had, with 64 where it was asked for wrongly.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from tests.vm.image import SUITES, BuildError, image_of
from tests.vm.packages import packages_of
from tests.vm.place import has_kvm, why_not

EX_USAGE, EX_UNAVAILABLE, EX_SOFTWARE = 64, 69, 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what is asked for, or all; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.vm.build", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--check", action="store_true", help="say whether this machine can have it, and no more")
    parser.add_argument("suite", nargs="*", metavar="SUITE", help="(default: all)")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.suite) - {suite.name for suite in SUITES}:
        print(f"no such suite: {', '.join(sorted(unknown))}", file=sys.stderr)
        return EX_USAGE
    if reason := why_not():
        print(reason, file=sys.stderr)
        return EX_UNAVAILABLE
    if asked.check:
        return 0
    for suite in SUITES:
        if not asked.suite or suite.name in asked.suite:
            try:
                image = image_of(suite)
                print(image.directory, packages_of(image).name, "KVM" if has_kvm() else "emulated")
            except BuildError as error:
                print(error, file=sys.stderr)
                return EX_SOFTWARE
            except subprocess.CalledProcessError as error:
                print(f"{error.cmd[0]} ended with {error.returncode}; its last lines are above", file=sys.stderr)
                return EX_SOFTWARE
    return 0


if __name__ == "__main__":
    sys.exit(main())
