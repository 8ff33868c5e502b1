"""Options of `timelapse render` that would go unheeded beside others.

Owns: which ones have no effect on a still, with `--codec copy`, or without words. Does not own: what each means
(`timelapse.render_request`).
Invariant: nothing that was asked for goes unheeded: it is refused with a sentence, before anything is begun.
"""

from __future__ import annotations

import argparse

from shared.errors import UsageError
from timelapse.verbs.render import FPS, PLACE, TEXT_SIZE


def refuse_contradictions(arguments: argparse.Namespace) -> None:
    """Raises `UsageError`."""
    scaling, lettering, coding = _scaling(arguments), _lettering(arguments), _coding(arguments)
    videos = [*coding, *lettering, *_timing(arguments)]
    if arguments.still is not None:
        if videos:
            takes = "none but --size, --crop and --rotate"
            raise UsageError(f"{videos[0]} is for videos; --still {arguments.still} takes {takes}")
    elif arguments.codec == "copy":
        if given := [*scaling, *coding, *lettering]:
            raise UsageError(f"--codec copy puts the frames in as they are; {given[0]} needs h264 or h265")
    elif lettering and not (arguments.timestamp or arguments.text):
        raise UsageError(f"{lettering[0]} is for words, and there are none: give --timestamp or --text too")


def _scaling(arguments: argparse.Namespace) -> list[str]:
    return _given({"--size": arguments.size, "--crop": arguments.crop, "--rotate": arguments.rotate != "0"})


def _lettering(arguments: argparse.Namespace) -> list[str]:
    return _given(
        {
            "--place": arguments.place != PLACE,
            "--font": arguments.font,
            "--text-size": arguments.text_size != TEXT_SIZE,
        }
    )


def _coding(arguments: argparse.Namespace) -> list[str]:
    return _given(
        {
            "--blend": arguments.blend > 1,
            "--gaps fade": arguments.gaps == "fade",
            "--timestamp": arguments.timestamp,
            "--text": arguments.text,
            "--day-bar": arguments.day_bar,
            "--crf": arguments.crf is not None,
            "--hardware": arguments.hardware,
            "--small": arguments.small,
            "--no-deflicker": arguments.no_deflicker,
        }
    )


def _timing(arguments: argparse.Namespace) -> list[str]:
    """Of a still only how many frames fit into a length goes by them."""
    return _given(
        {
            "--codec": arguments.codec != "h264",
            "--fps": arguments.fps != FPS and not arguments.length,
            "--gaps": arguments.gaps == "skip" and not arguments.length,
        }
    )


def _given(options: dict[str, object]) -> list[str]:
    return [option for option, is_given in options.items() if is_given]
