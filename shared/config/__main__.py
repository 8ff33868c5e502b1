"""`python -m shared.config --path=... --fd=... --parent-pid=...`: read the configuration for another process.

Owns: the entry point; what came of the read goes to the descriptor. Does not own: reading (`shared.config.read`).
Invariant: a process that needs the configuration once in a month holds no YAML library for it, and is never held up by
a disk that does not answer.
"""

from __future__ import annotations

import sys

from shared.config.outcome import pack
from shared.config.read import read
from shared.errors import ConfigError
from shared.parent import die_with_parent


def main(arguments: list[str]) -> None:
    """Read the file and leave what came of it. Blocks for the file."""
    given = dict(argument.removeprefix("--").split("=", 1) for argument in arguments)
    die_with_parent(int(given["parent-pid"]))
    try:
        packed = pack(read(given["path"]))
    except ConfigError as error:
        packed = pack(error)
    with open(int(given["fd"]), "wb", closefd=False) as file:
        file.write(packed)


if __name__ == "__main__":
    main(sys.argv[1:])
