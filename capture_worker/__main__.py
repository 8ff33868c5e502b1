"""`python -m capture_worker`, as the supervisor starts it."""

from capture_worker.session import TOPICS, work
from shared.worker import run

if __name__ == "__main__":
    run(work, TOPICS)
