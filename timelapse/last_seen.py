"""What the last supervisor left in `.status.json`, for when none runs.

Owns: finding that file by way of the configuration. Does not own: writing it (the storage worker does).
Invariant: it only ever adds a sentence: whatever is missing, broken or unreadable is passed over in silence.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from shared.config.locate import locate
from shared.config.read import read
from shared.errors import ConfigError
from shared.status import FILE_NAME
from timelapse.show.words import duration, plain


def last_seen(config_path: str | None, now: datetime) -> str:
    """When the status was last written, and where that stands; empty where nothing is known. Blocks for the disk."""
    try:
        path = Path(read(str(locate(config_path))).output_dir) / FILE_NAME
        status = json.loads(path.read_bytes())
        written = datetime.fromisoformat(status["written_at"])
    except (ConfigError, OSError, ValueError, KeyError, TypeError):
        return ""
    if written.tzinfo is None:
        written = written.replace(tzinfo=UTC)
    ago = duration((now - written).total_seconds())
    when = written.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"Last seen {ago} ago, at {when} ({plain(str(path))})"
