"""`timelapse reload`: asking for it, and what came of it in words.

Owns: the words. Does not own: reading the configuration, which the supervisor does.
Invariant: every key that the supervisor names is named.
"""

from __future__ import annotations

import msgspec

from shared.errors import EX_OK
from shared.events import ConfigReloaded
from shared.wire import check
from timelapse.client import find
from timelapse.show.needs import restart_advice
from timelapse.show.words import plain


def reload(runtime_dir: str | None, *, as_json: bool) -> int:
    """Ask, and print the outcome; the exit status. Raises `RefusedError` (78) with the mistakes in the file."""
    client = find(runtime_dir)
    try:
        data = client.ask("reload").data
    finally:
        client.close()
    print(msgspec.json.encode(data).decode() if as_json else "\n".join(outcome(check(data, ConfigReloaded))))
    return EX_OK


def outcome(reloaded: ConfigReloaded) -> list[str]:
    """What is in force now, and what waits."""
    # Not "is in force", which would be wrong of a camera that was taken out.
    changed = f"Changes in force now: {', '.join(reloaded.applied)}"
    first = changed if reloaded.applied else "Read again; nothing new is in force."
    return [plain(line) for line in (first, *restart_advice(reloaded.needs_restart))]
