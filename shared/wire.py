"""Messages to bytes and back, checked both ways.

Owns: msgpack on the wire and the check against `shared.messages` and `shared.events`.
Does not own: sockets; nor what to do about a bad message, which the receiver counts.
Invariant: `decode` raises `WireError` and nothing else, whatever the bytes.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgpack
import msgspec

from shared.errors import WireError
from shared.events import DATA_TYPES
from shared.messages import MAX_MESSAGE_BYTES

T = TypeVar("T")


def pack(message: object) -> bytes:
    """A message as one msgpack map. Raises `WireError` for what can't be one."""
    try:
        packed: bytes = msgpack.packb(msgspec.to_builtins(message))
    except (TypeError, ValueError, OverflowError) as error:
        raise WireError(f"can't be sent: {error}") from error
    return packed


def unpack(data: bytes, kind: type[T]) -> T:
    """The message of type `kind` that `data` holds. Unknown fields are ignored."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise WireError(f"too large: {len(data)} bytes, at most {MAX_MESSAGE_BYTES} are read")
    return check(_plain(data), kind)


def unpack_map(data: bytes) -> dict[str, Any]:
    """Any map, unchecked and of any size: for the answers of a supervisor that one has asked oneself."""
    plain = _plain(data)
    if not isinstance(plain, dict):
        raise WireError("not a map")
    return plain


def check(plain: Any, kind: type[T]) -> T:
    """`plain` as a `kind`, or `WireError`."""
    try:
        return msgspec.convert(plain, kind)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        raise WireError(str(error)) from error


def check_event_data(topic: str, data: Any) -> dict[str, Any]:
    """The data of an event of `topic`, complete and checked, as a plain map. Raises `WireError`."""
    kind = DATA_TYPES.get(topic)
    if kind is None:
        raise WireError(f"no such topic: {topic[:60]!r}")
    typed = data if isinstance(data, kind) else check(data, kind)
    plain: dict[str, Any] = msgspec.to_builtins(typed)
    return plain


def _plain(data: bytes) -> Any:
    try:
        # Integers as keys and such are no business of ours: the type check refuses them.
        return msgpack.unpackb(data, strict_map_key=False)
    except (ValueError, msgpack.UnpackException, RecursionError, TypeError, MemoryError) as error:
        raise WireError(f"not msgpack: {type(error).__name__}") from error
