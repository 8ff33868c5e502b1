"""`python -m capture_worker`, as the supervisor starts it.

Owns: the entry point. Does not own: anything else. Invariant: it never returns.
"""

from capture_worker.work import TOPICS, work
from shared.worker import run

if __name__ == "__main__":
    run(work, TOPICS)
