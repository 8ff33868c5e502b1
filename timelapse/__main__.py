"""`python -m timelapse`, the same as the console script `timelapse`.

Owns: the entry point. Does not own: anything else. Invariant: its exit status is that of `timelapse.cli.main`.
"""

import sys

from timelapse.cli import main

if __name__ == "__main__":
    sys.exit(main())
