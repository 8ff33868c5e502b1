"""What the strict check of every frame costs, which nobody else makes.

Owns: measuring it alone. Does not own: the check (`capture_worker.check`).
Invariant: it is measured on pictures of the same camera, each of them new, with pauses in between as in real life.
"""

from __future__ import annotations

import statistics
import time
import urllib.request

from capture_worker.check import check_jpeg


def check_cpu_ms(snapshot_url: str, times: int = 50, pause_s: float = 0.05) -> float:
    """The median processor time of one check, in milliseconds. Blocks for some 3 s."""
    used_ms = []
    for _ in range(times):
        with urllib.request.urlopen(snapshot_url, timeout=10) as answer:
            jpeg = answer.read()
        time.sleep(pause_s)
        before_ns = time.thread_time_ns()
        check_jpeg(jpeg)
        used_ms.append((time.thread_time_ns() - before_ns) / 1e6)
    return statistics.median(used_ms)
