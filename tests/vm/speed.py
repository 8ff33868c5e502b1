"""How much slower than this machine the guest is: the same loop of plain Python, timed on both.

Owns: the loop. Does not own: what is judged by it.
Invariant: both run it the same number of times, and the best counts.
"""

from __future__ import annotations

import subprocess
import sys

from tests.vm.machine import Machine

_LOOP = """
import time
def once():
    began = time.perf_counter()
    total = 0
    for number in range(300_000):
        total += number * number % 7
    return time.perf_counter() - began
print(min(once() for _ in range(5)))
"""


def slowdown(machine: Machine) -> float:
    """The guest's time for the loop over this machine's; 1 at least."""
    here = subprocess.run([sys.executable, "-c", _LOOP], check=True, capture_output=True, text=True).stdout
    there = machine.run("python3 -", stdin=_LOOP.encode()).out
    return max(1.0, float(there) / float(here))
