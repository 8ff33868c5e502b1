"""What a reload changes, and what is in force after it.

Owns: telling apart what a reload applies and what waits for a restart.
Does not own: applying anything. Pure.
Invariant: each setting that differs is in exactly one of the two lists, except those of a camera that came or went.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, structs

from shared.config.keys import find, flatten
from shared.config.model import Configuration
from shared.config.setting import Effect, Setting


class Changes(Struct, frozen=True):
    """Dotted keys in the schema's order: in force at once, or waiting for a restart; and cameras that came and went."""

    applied: tuple[str, ...] = ()
    needs_restart: tuple[str, ...] = ()
    added_cameras: tuple[str, ...] = ()
    removed_cameras: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.applied or self.needs_restart or self.added_cameras or self.removed_cameras)


def compare(old: Configuration, new: Configuration) -> Changes:
    """What differs between the configuration in force and the one just read."""
    differing = _differing(old, new)
    return Changes(
        applied=tuple(key for key in differing if _effect(key) is Effect.RELOAD),
        needs_restart=tuple(key for key in differing if _effect(key) is not Effect.RELOAD),
        added_cameras=tuple(name for name in new.cameras if name not in old.cameras),
        removed_cameras=tuple(name for name in old.cameras if name not in new.cameras),
    )


def merge_for_reload(old: Configuration, new: Configuration) -> Configuration:
    """The configuration in force after a reload from `old` to `new`.

    Everything is the new one's but what the whole service has to be restarted for. What a camera is opened with is in
    it already, as it will be: that camera's worker takes it when it next starts.
    """
    return structs.replace(new, output_dir=old.output_dir, require_mount=old.require_mount)


def remedy(dotted_key: str) -> str:
    """What a person has to do for a key of `needs_restart`."""
    if _effect(dotted_key) is Effect.WORKER_RESTART:
        return f"timelapse restart capture.{dotted_key.split('.')[1]}"
    return "restart the service"


def _differing(old: Configuration, new: Configuration) -> list[str]:
    """The keys whose values differ, or that only one has (a location), in the schema's order."""
    before, after = _values(old), _values(new)
    keys = [key for key, _, _ in flatten(new)] + [key for key in before if key not in after]
    lasting = old.cameras.keys() & new.cameras.keys()
    return [key for key in keys if before.get(key) != after.get(key) and _is_lasting(key, lasting)]


def _values(configuration: Configuration) -> dict[str, Any]:
    values = {key: value for key, _, value in flatten(configuration)}
    for name, camera in configuration.cameras.items():
        # A source is another one when its secrets are kept elsewhere, though it is written as before.
        values[f"cameras.{name}.source"] = (camera.source, camera.secrets)
    return values


def _is_lasting(key: str, lasting: set[str]) -> bool:
    """Whether the key is no camera's, or that of a camera which was there before and still is."""
    head, _, rest = key.partition(".")
    return head != "cameras" or rest.partition(".")[0] in lasting


def _effect(dotted_key: str) -> Effect:
    setting = find(dotted_key)
    assert isinstance(setting, Setting)
    return setting.effect
