"""Where a camera's pictures come from: the notation of `source`.

Owns: which kinds there are, how each is written, and what it is once paths are made absolute.
Does not own: opening anything; whether a file or a device is there is found out by the capture worker.
Invariant: a source from `parse_source` is parsed by `kind_of` alone; its paths are absolute.
"""

from __future__ import annotations

import enum
import posixpath
import re
from urllib.parse import urlsplit

from shared.config.paths import absolute
from shared.config.redact import shown
from shared.config.reference import LITERALLY, OPENING, misplaced_in, mistake_in
from shared.config.suggest import closest, did_you_mean

FILE_PREFIX = "file:"
DEVICE_PREFIX = "/dev/"
SCHEMES = ("rtsp", "rtsps", "http", "https")
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
FORMS = "auto, picamera2, picamera2:1, /dev/video0, rtsp://..., http://..., file:PATH, /PATH or test"

_WORDS = ("auto", "picamera2", "test")
_PICAMERA2 = re.compile(r"picamera2(?::([0-9]{1,2}))?")
_FILE_NAME = re.compile(r"[\w./-]{1,50}(?:/|\.)[\w-]{1,50}")  # no colon and no @: it can't be part of an address
_DEVICE_NAME = re.compile(r"video[0-9]+|v4l/.+")


class Kind(enum.Enum):
    """What has to be opened."""

    AUTO = "auto"
    PICAMERA2 = "picamera2"
    DEVICE = "device"
    RTSP = "rtsp"
    HTTP = "http"
    FILE = "file"
    TEST = "test"


def parse_source(text: str, base_dir: str) -> str:
    """The source as the configuration keeps it: checked, a file's path absolute. ValueError otherwise.

    A path after `file:` is relative to `base_dir`; both it and an absolute one may start with `~`. `${NAME}` stays.
    """
    source = text.strip()
    if not source.isprintable():
        raise ValueError(f"{shown(source)} holds a control character")
    if OPENING in source:
        _check_references(source)
    if source in _WORDS or _PICAMERA2.fullmatch(source):
        return source
    if "://" in source and not source.startswith(FILE_PREFIX):
        return _checked_url(source)
    if source.startswith(DEVICE_PREFIX):
        return _checked_device(source)
    if source.startswith(("/", "~", FILE_PREFIX)):
        return _file(source, base_dir)
    raise ValueError(f"{shown(source)} is not a source{_hint(source)}")


def kind_of(source: str) -> Kind:
    """The kind of a source that `parse_source` returned."""
    scheme = source.partition("://")[0]
    if scheme in SCHEMES:
        return Kind.RTSP if scheme.startswith("rtsp") else Kind.HTTP
    if source.startswith(DEVICE_PREFIX):
        return Kind.DEVICE
    if source.startswith(("/", FILE_PREFIX)):
        return Kind.FILE
    return Kind(source.partition(":")[0])


def file_path(source: str) -> str:
    """The absolute path of a source whose kind is `FILE`."""
    return source.removeprefix(FILE_PREFIX)


def identity(source: str) -> str | None:
    """What two cameras can't both have, or None where they can: for `auto`, `test` and files.

    One network camera is one by host, port, path and query, whoever signs in.
    """
    kind = kind_of(source)
    if kind is Kind.PICAMERA2:
        return f"picamera2:{int(source.partition(':')[2] or '0')}"
    if kind is Kind.DEVICE:
        return source
    if kind not in {Kind.RTSP, Kind.HTTP}:
        return None
    url = urlsplit(source)
    return f"{url.hostname}:{url.port or DEFAULT_PORTS[url.scheme]}{url.path or '/'}?{url.query}"


def _check_references(source: str) -> None:
    if problem := mistake_in(source):
        raise ValueError(f"{shown(source)}: {problem}")
    if "://" not in source or source.startswith(FILE_PREFIX):
        raise ValueError(f"{shown(source)}: {OPENING}NAME}} stands for a secret in a network camera's address alone")
    if part := misplaced_in(source):
        raise ValueError(
            f"{shown(source)}: no secret can stand for {part}: write it as it is ({OPENING}NAME}} may be in user, "
            f"password, path and query; {LITERALLY} are the characters themselves)"
        )


def _checked_url(source: str) -> str:
    scheme, _, rest = source.partition("://")
    if scheme not in SCHEMES:
        hint = closest(scheme, SCHEMES)
        what = f" (did you mean {hint}://?)" if hint else f" (known: {', '.join(f'{s}://' for s in SCHEMES)})"
        raise ValueError(f"{shown(source)}: no camera is reached by {shown(scheme + '://')}{what}")
    if any(character.isspace() for character in rest):
        raise ValueError(f"{shown(source)} holds a space (write it as %20)")
    try:
        url = urlsplit(source)
        host, port = url.hostname, url.port
    except ValueError:
        raise ValueError(
            f"{shown(source)}: host and port can't be told apart (in a password, write / as %2F, @ as %40, # as %23)"
        ) from None
    if not host or port == 0:
        raise ValueError(f"{shown(source)} names no {'port' if host else 'host'}")
    return source


def _checked_device(source: str) -> str:
    device = posixpath.normpath(source)
    if not device.startswith(DEVICE_PREFIX):
        raise ValueError(f"{shown(source)} names no device (write /dev/video0)")
    return device


def _file(source: str, base_dir: str) -> str:
    """An absolute path as it is; one below /dev with `file:` before it, which tells it from a device."""
    prefixed = source.startswith(FILE_PREFIX)
    written = source.removeprefix(FILE_PREFIX)
    if written.startswith("//") and not written.startswith("///"):
        raise ValueError(f"{shown(source)} names a host (write file:PATH or file:///PATH)")
    path = absolute(written, base_dir)
    return f"{FILE_PREFIX}{path}" if prefixed and path.startswith(DEVICE_PREFIX) else path


def _hint(source: str) -> str:
    if _DEVICE_NAME.fullmatch(source):
        return f" (did you mean {DEVICE_PREFIX}{source}?)"
    if source.partition(":")[0] in SCHEMES:
        return f" (did you mean {source.partition(':')[0]}://?)"
    word = source.partition(":")[0]
    if near := did_you_mean(word, _WORDS):
        return near
    if _FILE_NAME.fullmatch(source):
        return f" (did you mean {FILE_PREFIX}{source}?)"
    return f" (known: {FORMS})"
