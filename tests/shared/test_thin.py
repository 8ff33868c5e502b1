"""Loading msgspec without what it takes only because it is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("package", ["supervisor", "storage_worker", "capture_worker"])
def test_package_leaves_typing_extensions_alone_and_whoever_wants_it_later_gets_it(package: str) -> None:
    program = (
        f"import sys, {package}, msgspec; assert 'typing_extensions' not in sys.modules;"
        "import typing_extensions; print(typing_extensions.Literal)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "typing.Literal\n"), done.stderr


def test_types_are_checked_all_the_same() -> None:
    program = (
        "import shared.thin, msgspec; from shared.messages import Lease\n"
        "try: msgspec.convert({'type': 'lease', 'worker': 1}, Lease)\n"
        "except msgspec.ValidationError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Expected `str`, got `int`" in done.stdout
