"""`timelapse status`, once: the page or the map on standard output.

Owns: printing it. Does not own: how it looks (`timelapse.show.page`), keeping it live (`timelapse.watch`).
Invariant: `--json` prints the map as the supervisor gave it, nothing added and nothing left out.
"""

from __future__ import annotations

import time

import msgspec

from timelapse import terminal
from timelapse.client import Client
from timelapse.show.page import page
from timelapse.show.verdict import verdict


def report(client: Client, *, as_json: bool) -> bool:
    """Print the status; whether all is well. Blocks for the answer."""
    plain, status = client.status()
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(plain), indent=2).decode())
    else:
        print("\n".join(page(status, time.time_ns(), 0.0, width=terminal.columns(), ink=terminal.ink())))
    return verdict(status, time.time_ns(), 0.0).well
