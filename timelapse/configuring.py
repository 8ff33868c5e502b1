"""`timelapse config`: looking at the configuration, and changing one key of it.

Owns: the words about it. Does not own: reading and editing (`shared.config`), the file (`timelapse.config_file`).
Invariant: a file with mistakes is never written, and no password is printed but by `get`.
"""

from __future__ import annotations

import os

import msgspec

from shared.config.changes import Changes, compare
from shared.config.edit import set_value
from shared.config.locate import locate
from shared.config.model import Configuration
from shared.config.read import parse, read
from shared.config.redact import redact_url
from shared.config.show import get_value, show
from shared.errors import EX_OK, ConfigError, NotRunningError, TimelapseError
from timelapse.config_file import edit_file
from timelapse.show.needs import restart_advice
from timelapse.show.words import count


def check(config_path: str | None) -> int:
    """Say that the file is fine. Raises `ConfigError` with all its mistakes."""
    path = locate(config_path)
    configuration = read(path)
    cameras = ", ".join(configuration.cameras)
    print(f"{path}: fine: {count(len(configuration.cameras), 'camera')} ({cameras}), into {configuration.output_dir}")
    return EX_OK


def show_all(config_path: str | None, *, as_json: bool) -> int:
    """Print every setting that is in force with this file, defaults too, without passwords."""
    configuration = read(locate(config_path))
    if not as_json:
        print(show(configuration), end="")
        return EX_OK
    plain = msgspec.to_builtins(configuration)
    for camera in plain["cameras"].values():
        camera["source"] = redact_url(camera["source"])
    print(msgspec.json.format(msgspec.json.encode(plain), indent=2).decode())
    return EX_OK


def get_one(config_path: str | None, key: str) -> int:
    """Print one value, and nothing else."""
    print(get_value(read(locate(config_path)), key))
    return EX_OK


def set_one(config_path: str | None, runtime_dir: str | None, key: str, value: str) -> int:
    """Write one value into the file, and say what brings it into force."""
    path = locate(config_path)
    before, after = edit_file(path, lambda text: set_value(text, key, value, path))
    shown = redact_url(get_value(parse(after, path), key))
    if before == after:
        print(f"{path}: {key} is {shown} already")
        return EX_OK
    print(f"{path}: {key} is now {shown}")
    print(_what_next(_changes(before, after, path), path, runtime_dir))
    return EX_OK


def _changes(before: str, after: str, path: str) -> Changes | None:
    try:
        old: Configuration = parse(before, path)
    except ConfigError:
        # It was broken before; nothing runs with what it said.
        return None
    return compare(old, parse(after, path))


def _what_next(changes: Changes | None, path: str, runtime_dir: str | None) -> str:
    if changes is not None and not changes:
        return "That is what was in force anyway: nothing needs to be done."
    in_force = _path_in_force(runtime_dir)
    if not in_force:
        return "No supervisor is running: it takes effect at the next start."
    if os.path.realpath(in_force) != os.path.realpath(path):
        return f"The supervisor that is running uses another file ({in_force}): it takes no notice of this one."
    if changes is not None and changes.needs_restart:
        advice = restart_advice(changes.needs_restart)[0]
        # A worker is started with what the supervisor has read last.
        return f"{advice} (after 'timelapse reload')" if "capture." in advice else advice
    return "It takes effect by: timelapse reload"


def _path_in_force(runtime_dir: str | None) -> str:
    """The configuration file of the supervisor that is running, if there is one."""
    # Loaded late: only this verb of the four needs the sockets.
    from timelapse.client import find

    try:
        client = find(runtime_dir)
    except NotRunningError:
        return ""
    try:
        return client.status()[1].config.path
    except TimelapseError:
        return ""
    finally:
        client.close()
