"""`python -m capture_worker.discovery [--free-only]`: looks, and writes what it found to standard output as JSON.

Owns: being a process of its own, which its parent can leave behind when a camera holds it up in the kernel.
Does not own: how it is shown (`timelapse.verbs.cameras`). Invariant: standard output is one JSON document.
"""

import sys

import msgspec

from capture_worker.discovery.look import look

if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(look(free_only="--free-only" in sys.argv[1:])) + b"\n")
