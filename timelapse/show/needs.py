"""What has to be done for changed keys to take effect, as a person would do it.

Owns: the words. Does not own: which keys need what (`shared.config.changes`).
Invariant: pure; every key that goes in is named in what comes out.
"""

from __future__ import annotations

from collections.abc import Iterable


def restart_advice(keys: Iterable[str]) -> list[str]:
    """One sentence a remedy: `cameras.main.source takes effect by: timelapse restart capture.main`."""
    by_remedy: dict[str, list[str]] = {}
    for key in keys:
        by_remedy.setdefault(_remedy(key), []).append(key)
    return [
        f"{', '.join(named)} {'takes' if len(named) == 1 else 'take'} effect by: {remedy}"
        for remedy, named in by_remedy.items()
    ]


def _remedy(key: str) -> str:
    # Loaded late: there are such keys only between a reload and a restart.
    from shared.config.changes import remedy
    from shared.config.keys import find
    from shared.config.setting import Setting

    # The supervisor may be newer than this command, and know more keys.
    return remedy(key) if isinstance(find(key), Setting) else "restart the service"
