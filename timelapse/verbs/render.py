"""`timelapse render`: a video, or a still, of a span of frames.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_common, count_argument, duration_argument

FPS, PLACE, TEXT_SIZE = 25.0, "bottom-left", "4%"
"""What they are where they are not given."""
_DESCRIPTION = """\
Makes a video of a camera's frames: the 24 hours up to the newest one, or RANGE.
It takes no more of the machine than is left over, changes no frame, and needs no
supervisor. Ctrl-C ends it and leaves nothing behind.

RANGE is one of
  2026-06  2026-06-01  today  yesterday  'last 2h'  'last 7 days'
  2026-06-01..2026-09-01  '2026-06-01 12:00..2026-06-02 12:00'  06:00..08:00
in local time."""
_EPILOG = """\
examples:
  timelapse render                                    the last 24 hours, in a minute
  timelapse render yesterday --timestamp --size 720p
  timelapse render last 7 days --between sunrise..sunset --length 2m
  timelapse render 2026-06..2026-09 --between solar-noon   a picture a day
  timelapse render 2026-06-01 --every 10m --blend 5 -o june.mp4
  timelapse render yesterday --still keogram
  timelapse render last 2h --camera gate --dry-run    what it would be, and how large

exit status:
  0    the file is there; with --dry-run: told
  64   the command line does not make sense
  69   there is no frame, or no ffmpeg; with --cancel: no supervisor is running
  70   it failed otherwise: ffmpeg or the process that renders came to grief
  73   the file can't be made there, or there is one already (--force replaces it)
  74   the disk answered with an error, or has not enough room
  75   another process is making the same file; with --cancel: nothing was cancelled
  78   the configuration has mistakes
  130  cancelled"""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    verb = subparsers.add_parser(
        "render",
        help="make a video, or a still, of a span",
        usage="%(prog)s [RANGE] [--camera NAME] [-o FILE] [any of the options below]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    verb.add_argument("range", metavar="RANGE", nargs="*", help="the span of time; 24 hours unless given")
    _frames(verb)
    _pictures(verb)
    _writing(verb)
    _file(verb)
    add_common(verb)
    verb.set_defaults(refuses_config="", run=run)


def _frames(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("which frames")
    group.add_argument("-c", "--camera", metavar="NAME", help="of this camera; may be left out where there is only one")
    group.add_argument(
        "--between",
        metavar="WINDOW",
        help="of each day only 11:00-13:00, sunrise..sunset, dawn+30m..noon, or the one frame nearest to solar-noon",
    )
    group.add_argument("--every", metavar="DURATION", type=duration_argument, help="at most one frame each 10m")
    group.add_argument(
        "--length",
        metavar="DURATION",
        type=duration_argument,
        help="of more frames than fit into so much video some are left out, evenly (60s, unless --every or --still is "
        "given); 0: all of them",
    )


def _pictures(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("how it looks")
    group.add_argument("--fps", metavar="N", type=float, default=FPS, help="pictures a second (25)")
    group.add_argument("--size", metavar="WxH", help="1280x720, 1280x, x720 or 720p; the frames' own unless given")
    group.add_argument("--crop", metavar="L,T,W,H", help="left, top, width, height as parts of the frame: 0.1,0,0.8,1")
    group.add_argument("--rotate", metavar="DEGREES", choices=("0", "90", "180", "270"), default="0", help="clockwise")
    group.add_argument(
        "--gaps",
        choices=("hold", "skip", "fade"),
        default="hold",
        help="where frames are missing: hold the last picture for as long (hold), fade to the next one (fade), or "
        "leave the time out (skip)",
    )
    group.add_argument(
        "--blend", metavar="N", type=count_argument, default=1, help="average each picture over N frames: motion blur"
    )
    group.add_argument("--no-deflicker", action="store_true", help="leave steps of the brightness as they are")
    group.add_argument(
        "--still",
        choices=("keogram", "contact-sheet", "average", "brightest"),
        help="no video but one picture: a column of each frame, all of them small, their mean, their brightest (stars)",
    )


def _writing(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("what is written over it")
    group.add_argument(
        "--timestamp", metavar="FORMAT", nargs="?", const="%Y-%m-%d %H:%M", help="when it was: as strftime has it"
    )
    group.add_argument(
        "--text", metavar="TEXT", default="", help="with {camera} {date} {time} {frame} {frames} {exposure} in it"
    )
    group.add_argument(
        "--place",
        choices=("top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right"),
        default=PLACE,
        help="where (bottom-left)",
    )
    group.add_argument("--font", metavar="FILE", default="", help="a TrueType font instead of the built-in one")
    group.add_argument(
        "--text-size", metavar="PERCENT", default=TEXT_SIZE, help="how high a line is, of the video's height (4%%)"
    )
    group.add_argument("--day-bar", action="store_true", help="a bar along the lower edge: how much of the day is over")


def _file(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("the file")
    group.add_argument(
        "-o", "--output", metavar="FILE", help="a .mp4 or .mkv, of a still a .jpg or .png (CAMERA-DATE.mp4, here)"
    )
    group.add_argument("--force", action="store_true", help="replace a file that is there")
    group.add_argument(
        "--codec",
        choices=("h264", "h265", "copy"),
        default="h264",
        help="h265 is half as large and slower; copy puts the frames in as they are, at once",
    )
    group.add_argument("--crf", metavar="N", help="the quality: less is better and larger; each 6 doubles it")
    group.add_argument("--title", metavar="TEXT", default="", help="stands in the file (camera and dates)")
    group.add_argument("--hardware", action="store_true", help="use the machine's own encoder where it proves to work")
    group.add_argument("--small", action="store_true", help="take less than 200 MB at 1080p (by itself below 1 GB)")
    group.add_argument("--dry-run", action="store_true", help="tell what it would be, and make nothing")
    group.add_argument("--cancel", action="store_true", help="end what the supervisor's render worker is making")
    group.add_argument("--json", action="store_true", help="for programs: how it ended, well or not, as one object")


def run(arguments: argparse.Namespace) -> int:
    """Make it. Blocks."""
    from timelapse.rendering import render

    return render(arguments)
