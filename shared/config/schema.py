"""Every key of the configuration: what it is called, how it is read, within what bounds, and what changing it needs.

Owns: the table, but for a camera's part of it (`shared.config.camera_keys`) and the render worker's (`render_keys`).
Does not own: the defaults (`shared.config.model` has them), rules between keys (`shared.config.cross`),
looking keys up and walking by them (`shared.config.keys`).
Invariant: the order is that in which settings are shown.
"""

from __future__ import annotations

from typing import get_args

from shared.config import scalars, units
from shared.config.bounds import DAY_S
from shared.config.camera_keys import CAMERA, camera_name_problem
from shared.config.keep_rules import format_keep, keep_name_problem, parse_keep_s
from shared.config.model import DEFAULT_LEASE_CAPS_S, Standby, WhenFull
from shared.config.paths import parse_directory, parse_file
from shared.config.protected import format_protect, parse_protect
from shared.config.render_keys import RENDER
from shared.config.setting import (
    USERS_OWN,
    Effect,
    Section,
    Setting,
    boolean,
    choice,
    degrees,
    duration,
    share,
    text_only,
    threshold,
)

LONGEST_KEPT_DAYS = 36_500.0
LARGEST_ARCHIVE_BYTES = 10**18


def _lease_cap(operation: str) -> Setting:
    # Every thread sleeps for up to a minute, and may be late by a second: a shorter cap would kill what is well.
    least_s = 62.0 if operation == "sleep" else 1.0
    parse = scalars.within(units.parse_duration_s, least_s, DAY_S, units.format_duration)
    return Setting(operation, operation, text_only(parse), units.format_duration, "60s")


LOCATION = Section(
    "location",
    "location",
    (degrees("latitude", 90.0, "59.9"), degrees("longitude", 180.0, "10.7")),
)
KEEP = Section(
    "keep",
    "keep",
    each=Setting(USERS_OWN, "", text_only(parse_keep_s), format_keep, "30d", none_is_a_value=True),
    name_problem=keep_name_problem,
)
STORAGE = Section(
    "storage",
    "storage",
    (
        threshold("stop_above", "90%"),
        boolean("clean", "true"),
        threshold("clean_above", "85%"),
        threshold("clean_to", "80%"),
        duration("keep_min", 0.0, LONGEST_KEPT_DAYS * DAY_S, "1h"),
        Setting(
            "keep_days",
            "keep_days",
            text_only(scalars.within(scalars.parse_number, 0.0, LONGEST_KEPT_DAYS, units.format_number)),
            units.format_number,
            "30",
        ),
        KEEP,
        Setting(
            "max_size",
            "max_size_bytes",
            text_only(scalars.within(units.parse_size_bytes, 0, LARGEST_ARCHIVE_BYTES, units.format_size)),
            units.format_size,
            "200GB",
        ),
        Setting("protect", "protect", text_only(parse_protect), format_protect, "2026-06-01", many=True),
        choice("when_full", get_args(WhenFull), "stop"),
        share("yield", "50%"),
        duration("ledger_commit", 1.0, 3600.0, "10s"),
        boolean("checksums", "false"),
    ),
)
RESTART = Section(
    "restart",
    "restart",
    (
        # Less than this would be a storm of restarts, which is what the delay is there to prevent.
        duration("base", 0.1, 3600.0, "5s"),
        duration("max", 0.1, DAY_S, "5m"),
        duration("stable", 1.0, DAY_S, "1m"),
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
        boolean("require_mount", "false", Effect.SERVICE_RESTART),
        Setting("secrets", "secrets", parse_file, str, "/etc/timelapse/secrets"),
        LOCATION,
        Section("cameras", "cameras", each=CAMERA, name_problem=camera_name_problem),
        STORAGE,
        RENDER,
        Section("supervisor", "supervisor", (choice("standby", get_args(Standby), "auto"), RESTART, LEASE_CAPS)),
    ),
)
