"""Every key of the configuration: what it is called, how it is read, within what bounds, and what changing it needs.

Owns: the table.
Does not own: the defaults (`shared.config.model` has them), rules between keys (`shared.config.cross`),
looking keys up and walking by them (`shared.config.keys`).
Invariant: a `Setting` or `Section` with field f in the section of a type stands for the attribute f of that type.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from shared.config import bounds, scalars, units
from shared.config.bounds import DAY_S
from shared.config.model import DEFAULT_LEASE_CAPS_S
from shared.config.paths import parse_directory, parse_file
from shared.config.source import parse_source

LONGEST_KEPT_DAYS = 36_500.0


class Effect(enum.Enum):
    """What it takes for a changed value to be in force."""

    RELOAD = "reload"
    WORKER_RESTART = "worker restart"
    SERVICE_RESTART = "service restart"


class Setting(Struct, frozen=True):
    """One value. `parse(text, base_dir)` raises ValueError; `example` is a value that a message can show."""

    name: str
    field: str
    parse: Callable[[str, str], Any]
    render: Callable[[Any], str]
    example: str
    effect: Effect = Effect.RELOAD
    required: bool = False


class Section(Struct, frozen=True):
    """Keys below a key: those of `entries`, or, where `each` is given, names that the user chooses."""

    name: str
    field: str
    entries: tuple[Setting | Section, ...] = ()
    each: Section | None = None

    def entry(self, name: str) -> Setting | Section | None:
        """What stands for the key `name` here, or None."""
        return next((entry for entry in self.entries if entry.name == name), None)


def _text_only(parse: Callable[[str], Any]) -> Callable[[str, str], Any]:
    """A parser that has no use for the directory of the configuration file."""
    return lambda text, _base_dir: parse(text)


def _duration(name: str, low_s: float, high_s: float, example: str) -> Setting:
    parse = scalars.within(units.parse_duration_s, low_s, high_s, units.format_duration)
    return Setting(name, f"{name}_s", _text_only(parse), units.format_duration, example)


def _lease_cap(operation: str) -> Setting:
    # Every thread sleeps for up to a minute, and may be late by a second: a shorter cap would kill what is well.
    least_s = 62.0 if operation == "sleep" else 1.0
    parse = scalars.within(units.parse_duration_s, least_s, DAY_S, units.format_duration)
    return Setting(operation, operation, _text_only(parse), units.format_duration, "60s")


def _threshold(name: str, example: str) -> Setting:
    return Setting(name, f"{name}_percent", _text_only(bounds.parse_threshold), units.format_percent, example)


def _degrees(name: str, most: float, example: str) -> Setting:
    parse = scalars.within(scalars.parse_number, -most, most, units.format_number)
    return Setting(name, name, _text_only(parse), units.format_number, example, required=True)


def _boolean(name: str, example: str, effect: Effect = Effect.RELOAD) -> Setting:
    return Setting(name, name, _text_only(scalars.parse_boolean), scalars.format_boolean, example, effect)


LOCATION = Section(
    "location",
    "location",
    (_degrees("latitude", 90.0, "59.9"), _degrees("longitude", 180.0, "10.7")),
)
CAMERA = Section(
    "NAME",
    "",
    (
        Setting("source", "source", parse_source, str, "rtsp://192.168.1.20/stream1", Effect.WORKER_RESTART),
        Setting(
            "resolution",
            "resolution",
            _text_only(bounds.parse_resolution),
            units.format_resolution,
            "1920x1080",
            Effect.WORKER_RESTART,
        ),
        Setting(
            "interval",
            "interval_ms",
            _text_only(bounds.parse_interval_ms),
            lambda interval_ms: units.format_duration(interval_ms / 1000),
            "10s",
        ),
        Setting("quality", "quality", _text_only(scalars.within(scalars.parse_whole, 1, 100, str)), str, "90"),
        Setting("window", "window", _text_only(bounds.parse_window_text), str, "always"),
        _boolean("tls_verify", "true", Effect.WORKER_RESTART),
        _boolean("realtime", "false", Effect.WORKER_RESTART),
    ),
)
STORAGE = Section(
    "storage",
    "storage",
    (
        _threshold("stop_above", "90%"),
        _boolean("clean", "true"),
        _threshold("clean_above", "85%"),
        _threshold("clean_to", "80%"),
        _duration("keep_min", 0.0, LONGEST_KEPT_DAYS * DAY_S, "1h"),
        Setting(
            "keep_days",
            "keep_days",
            _text_only(scalars.within(scalars.parse_number, 0.0, LONGEST_KEPT_DAYS, units.format_number)),
            units.format_number,
            "30",
        ),
    ),
)
RESTART = Section(
    "restart",
    "restart",
    (
        # Less than this would be a storm of restarts, which is what the delay is there to prevent.
        _duration("base", 0.1, 3600.0, "5s"),
        _duration("max", 0.1, DAY_S, "5m"),
        _duration("stable", 1.0, DAY_S, "1m"),
    ),
)
LEASE_CAPS = Section("lease_caps", "lease_caps_s", tuple(_lease_cap(operation) for operation in DEFAULT_LEASE_CAPS_S))
ROOT = Section(
    "",
    "",
    (
        Setting(
            "output_dir",
            "output_dir",
            parse_directory,
            str,
            "/var/lib/timelapse",
            Effect.SERVICE_RESTART,
            required=True,
        ),
        _boolean("require_mount", "false", Effect.SERVICE_RESTART),
        Setting("secrets", "secrets", parse_file, str, "/etc/timelapse/secrets"),
        LOCATION,
        Section("cameras", "cameras", each=CAMERA),
        STORAGE,
        Section("supervisor", "supervisor", (RESTART, LEASE_CAPS)),
    ),
)
