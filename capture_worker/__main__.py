"""`python -m capture_worker`, as the supervisor starts it, for a camera or as a stand-by for any of them.

Owns: the entry point. Does not own: anything else. Invariant: it never returns.
"""

import sys

from shared.standby import FLAG

if __name__ == "__main__":
    arguments = sys.argv[1:]
    if FLAG in arguments:
        from capture_worker.standby import wait_to_be_told

        arguments = wait_to_be_told(arguments)
    from capture_worker.work import TOPICS, work
    from shared.worker import run

    run(work, TOPICS, arguments)
