"""`python -m timelapse`, the same as the console script `timelapse`."""

import sys

from timelapse.cli import main

if __name__ == "__main__":
    sys.exit(main())
