"""`python -m storage_worker ...`, as the supervisor starts it.

Owns: the entry point. Does not own: anything else. Invariant: it never returns.
"""

from __future__ import annotations

from shared.worker import run
from storage_worker.worker import TOPICS, work

run(work, TOPICS)
