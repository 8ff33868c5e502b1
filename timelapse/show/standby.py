"""The stand-by on the status page.

Owns: its line below the workers. Does not own: the page.
Invariant: pure. Where none is configured there is no line.
"""

from __future__ import annotations

from shared.status import StandbyStatus
from timelapse.show import words
from timelapse.show.ink import Ink
from timelapse.show.layout import field

_STATES = {
    "due": "none yet; one starts when the workers have come to rest",
    "loading": "loading",
    "ready": "ready to take over",
    "ending": "ending",
}


def standby_lines(standby: StandbyStatus, width: int, ink: Ink) -> list[str]:
    """How it is: `ready to take over, pid 4711, 41.2 MB; 3 takeovers`; or why there is none."""
    if standby.mode == "never":
        return []
    parts = [_STATES.get(standby.state, standby.state)]
    if standby.pid is not None:
        parts.append(f"pid {standby.pid}")
    if standby.rss_bytes:
        parts.append(words.size(standby.rss_bytes))
    said = ", ".join(parts)
    if standby.detail:
        said += f" ({words.plain(standby.detail)})"
    if standby.takeovers:
        said += f"; {words.count(standby.takeovers, 'takeover')}"
    return field("stand-by", said, width, ink)
