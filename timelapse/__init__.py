"""The command line: what a person or a script says to a running supervisor, and how its answers are shown.

Invariant: nothing heavy is imported before the verb that needs it runs; `timelapse --help` loads no zmq.
"""

from shared.version import VERSION

__version__ = VERSION
