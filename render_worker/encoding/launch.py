"""`python -m render_worker.encoding.launch PARENT FD PROGRAM ARGUMENT...`: becomes a program that dies with its parent.

Owns: asking the kernel for that, which a program can do for itself alone. Does not own: which program.
Invariant: when the program runs, the parent's end already is its own; from then on the descriptor FD is closed, which
tells the parent. Who stopped this process before that would have one that outlives it. The process stays the same: what
it costs is the start of an interpreter, and nothing of it stays in memory.
"""

from __future__ import annotations

import os
import sys

from shared.parent import die_with_parent


def main() -> None:
    """Never returns."""
    parent, told, *program = sys.argv[1:]
    die_with_parent(int(parent))
    os.close(int(told))
    try:
        os.execv(program[0], program)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.exit(f"[fatal] {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
