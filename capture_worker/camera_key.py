"""What is really opened, as the key of its fence.

Owns: source to key. Does not own: the lock (`shared.fence`).
Invariant: two sources that mean one camera have one key; a password is never part of it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.config.model import CameraConfig

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}


def camera_key(camera: CameraConfig) -> str | None:
    """`host:port/path` for a network camera; None for what any number of processes may open: `test` and files."""
    url = urlsplit(camera.source)
    if url.scheme in _PORTS and url.hostname:
        query = f"?{url.query}" if url.query else ""
        return f"{url.hostname}:{url.port or _PORTS[url.scheme]}{url.path or '/'}{query}"
    return None
