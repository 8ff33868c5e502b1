"""Every key of a camera: the part of the table that `cameras.NAME` has.

Owns: those keys, and what a camera and a camera's own control may be called.
Does not own: the other keys (`shared.config.schema`), what the values may be (`bounds`, `picture_values`), nor which
kind of camera has which key (`shared.config.cross_camera`).
Invariant: what the camera has to be opened anew for takes a restart of its worker; all else a reload applies.
"""

from __future__ import annotations

import re
from typing import get_args

from shared.config import bounds, picture_values, scalars, units
from shared.config.model import ExposureMode, Flip, Hdr, KeepOpen
from shared.config.paths import parse_file
from shared.config.setting import USERS_OWN, Effect, Section, Setting, boolean, choice, text_only
from shared.config.source import parse_source

LONGEST_CAMERA_NAME = 32
LONGEST_CONTROL_NAME = 60
RESERVED_CAMERA_NAMES = ("storage", "render")  # they are workers without a camera

_CAMERA_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_CONTROL_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)


def camera_name_problem(name: str) -> str | None:
    """What is wrong with a camera's name, which becomes a directory and the worker `capture.NAME`; None if nothing."""
    if name in RESERVED_CAMERA_NAMES:
        return f"{name} is the name of a worker: call the camera otherwise"
    if len(name) > LONGEST_CAMERA_NAME:
        return f"a camera's name has at most {LONGEST_CAMERA_NAME} characters, this one {len(name)}"
    if _CAMERA_NAME.fullmatch(name):
        return None
    better = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")
    is_address = ":" in name or "@" in name  # a source that slipped into the key, perhaps with its password
    hint = f" (did you mean {better}?)" if _CAMERA_NAME.fullmatch(better) and not is_address else ""
    return f"a camera's name is made of a-z, 0-9, - and _, and begins with a letter or digit{hint}"


def control_name_problem(name: str) -> str | None:
    """What is wrong with the name of a control; None if nothing. Which there are, only the open camera knows."""
    if _CONTROL_NAME.fullmatch(name) and len(name) <= LONGEST_CONTROL_NAME:
        return None
    # As V4L2's own tools make names of the titles that drivers give: "White Balance, Automatic".
    better = re.sub(r"\W+", "_", name.strip().lower(), flags=re.ASCII).strip("_")
    is_title = re.fullmatch(r"[\w ,()/-]+", name) and _CONTROL_NAME.fullmatch(better)
    hint = f" (did you mean {better}?)" if is_title and len(better) <= LONGEST_CONTROL_NAME else ""
    return f"a control's name is made of letters, digits and _, as `timelapse cameras` lists it{hint}"


def _opened_with(
    name: str, field: str, parse: picture_values.Parse, render: picture_values.Render, example: str
) -> Setting:
    """A setting of the camera's own, which has a word for None."""
    return Setting(name, field, text_only(parse), render, example, Effect.WORKER_RESTART, none_is_a_value=True)


RAMP = Section(
    "ramp",
    "ramp",
    (
        Setting(
            "brightness",
            "brightness_percent",
            text_only(scalars.within(units.parse_percent, 5.0, 95.0, units.format_percent)),
            units.format_percent,
            "40%",
            Effect.WORKER_RESTART,
        ),
        Setting(
            "longest_exposure",
            "longest_exposure_s",
            text_only(picture_values.parse_longest_exposure_s),
            picture_values.format_longest_exposure,
            "5s",
            Effect.WORKER_RESTART,
        ),
        Setting(
            "highest_gain",
            "highest_gain",
            text_only(picture_values.parse_highest_gain),
            picture_values.format_highest_gain,
            "8",
            Effect.WORKER_RESTART,
        ),
    ),
)
CONTROLS = Section(
    "controls",
    "controls",
    each=Setting(USERS_OWN, "", text_only(picture_values.parse_control), str, "1.5", Effect.WORKER_RESTART),
    name_problem=control_name_problem,
)
CAMERA = Section(
    USERS_OWN,
    "",
    (
        Setting("source", "source", parse_source, str, "rtsp://192.168.1.20/stream1", Effect.WORKER_RESTART),
        Setting(
            "resolution",
            "resolution",
            text_only(bounds.parse_resolution),
            units.format_resolution,
            "1920x1080",
            Effect.WORKER_RESTART,
        ),
        Setting(
            "interval",
            "interval_ms",
            text_only(bounds.parse_interval_ms),
            lambda interval_ms: units.format_duration(interval_ms / 1000),
            "10s",
        ),
        Setting("quality", "quality", text_only(scalars.within(scalars.parse_whole, 1, 100, str)), str, "90"),
        Setting("window", "window", text_only(bounds.parse_window_text), str, "always"),
        boolean("tls_verify", "true", Effect.WORKER_RESTART),
        boolean("realtime", "false", Effect.WORKER_RESTART),
        *(
            Setting(name, name, text_only(picture_values.parse_credit), str, example, free_text=True)
            for name, example in (("artist", "Jane Doe"), ("copyright", "2026 Jane Doe"))
        ),
        choice("exposure", get_args(ExposureMode), "ramp", Effect.WORKER_RESTART),
        RAMP,
        CONTROLS,
        choice("flip", get_args(Flip), "both", Effect.WORKER_RESTART),
        choice("keep_open", get_args(KeepOpen), "auto", Effect.WORKER_RESTART),
        _opened_with(
            "lens_position",
            "lens_position",
            picture_values.parse_lens_position,
            picture_values.format_lens_position,
            "0.5",
        ),
        choice("hdr", get_args(Hdr), "off", Effect.WORKER_RESTART),
        _opened_with(
            "region", "region", picture_values.parse_region, picture_values.format_region, "0.25,0.25,0.5,0.5"
        ),
        Setting(
            "tuning_file",
            "tuning_file",
            parse_file,
            str,
            "/usr/share/libcamera/ipa/rpi/vc4/imx219_noir.json",
            Effect.WORKER_RESTART,
        ),
        boolean("raw", "false", Effect.WORKER_RESTART),
    ),
)
