"""`python -m supervisor ...`, as `timelapse run` goes on once the configuration is checked.

Owns: the entry point. Does not own: anything else.
Invariant: it loads neither the command line nor the YAML library, and so its memory stays small for months.
"""

from __future__ import annotations

import sys

from supervisor.foreground import main

sys.exit(main(sys.argv[1:]))
