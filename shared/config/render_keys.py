"""Every key of `render`: what is made of each day, when, and how it looks.

Owns: those keys. Does not own: what the values may be (`render_values`), what they have to do with other keys
(`cross_render`).
Invariant: a reload applies each of them, to the next result; what is under way is made as it was begun.
"""

from __future__ import annotations

from typing import get_args

from shared.config import bounds, render_values, scalars, units
from shared.config.model import OverlayPlace, RenderCodec, RenderGaps
from shared.config.paths import parse_file
from shared.config.setting import Section, Setting, boolean, choice, text_only

LONGEST_KEPT_DAYS = 36_500.0

OVERLAY = Section(
    "overlay",
    "overlay",
    (
        Setting(
            "timestamp",
            "timestamp",
            text_only(render_values.parse_timestamp),
            str,
            "'%Y-%m-%d %H:%M'",
            free_text=True,
        ),
        Setting("text", "text", text_only(render_values.parse_text), str, "'{camera}'", free_text=True),
        choice("place", get_args(OverlayPlace), "bottom-left"),
        Setting("font", "font", parse_file, str, "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
        Setting(
            "height",
            "height_percent",
            text_only(scalars.within(units.parse_percent, 1.0, 25.0, units.format_percent)),
            units.format_percent,
            "4%",
        ),
        boolean("day_bar", "true"),
    ),
)
RENDER = Section(
    "render",
    "render",
    (
        Setting(
            "daily",
            "daily_minute",
            text_only(render_values.parse_daily),
            render_values.format_daily,
            "00:30",
            none_is_a_value=True,
        ),
        Setting(
            "cameras", "cameras", text_only(render_values.parse_cameras), render_values.format_list, "all", many=True
        ),
        Setting("kinds", "kinds", text_only(render_values.parse_kinds), render_values.format_list, "video", many=True),
        Setting(
            "fps",
            "fps",
            text_only(scalars.within(scalars.parse_number, 1.0, 120.0, units.format_number)),
            units.format_number,
            "25",
        ),
        Setting("length", "length_s", text_only(render_values.parse_length_s), render_values.format_length, "60s"),
        Setting("between", "between", text_only(bounds.parse_window_text), str, "06:00-20:00"),
        Setting(
            "size",
            "size",
            text_only(render_values.parse_size),
            render_values.format_size,
            "1920x1080",
            none_is_a_value=True,
        ),
        choice("codec", get_args(RenderCodec), "h264"),
        Setting("crf", "crf", text_only(render_values.parse_crf), render_values.format_crf, "23", none_is_a_value=True),
        boolean("deflicker", "true"),
        choice("gaps", get_args(RenderGaps), "hold"),
        OVERLAY,
        Setting(
            "keep_days",
            "keep_days",
            text_only(scalars.within(scalars.parse_number, 0.0, LONGEST_KEPT_DAYS, units.format_number)),
            units.format_number,
            "365",
        ),
        Setting(
            "pause_above",
            "pause_above_c",
            text_only(render_values.parse_pause_above_c),
            render_values.format_pause_above,
            "75",
            none_is_a_value=True,
        ),
    ),
)
