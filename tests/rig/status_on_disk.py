"""The status file as another program finds it.

Invariant: reading it never waits for it.
"""

from __future__ import annotations

import json
from pathlib import Path


def written_seq(output_dir: Path) -> int | None:
    """Up to which event it was written; None where there is none yet."""
    try:
        seq: int = json.loads((output_dir / ".status.json").read_bytes())["seq"]
    except FileNotFoundError:
        return None
    return seq
