"""`python -m render_worker ...`, as the supervisor starts it.

Owns: the entry point. Does not own: anything else. Invariant: it never returns.
"""

from __future__ import annotations

from render_worker.worker import TOPICS, work
from shared.worker import run

run(work, TOPICS)
