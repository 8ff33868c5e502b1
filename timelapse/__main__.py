"""`python -m timelapse`, the same as the console script `timelapse`.

Owns: the entry point. Does not own: anything else.
Invariant: its exit status is that of `timelapse.cli.main`; Ctrl-C while it is still being loaded is no traceback.
"""

import sys

_INTERRUPTED = 130


def main() -> int:
    """Load the command line and run it; the exit status. Blocks as the verb does."""
    try:
        from timelapse.cli import main as run

        return run()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
