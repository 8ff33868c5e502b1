"""The command that makes a video: a plan as ffmpeg's arguments.

Owns: the inputs, the output, the tags. Does not own: the filters (`filters`), what each encoder is told (`encoders`),
running it (`process`).
Invariant: pure. Every option is one that ffmpeg has from 5.1 to 7.1, and no word of the plan is taken for an option.
"""

from __future__ import annotations

from msgspec import Struct

from render_worker.encoding import encoders
from render_worker.encoding.filters import graph, matrix
from render_worker.encoding.plan import Plan
from shared.errors import UsageError

FORMATS = {"mp4": "mp4", "mkv": "matroska"}
_KEY_FRAME_EACH_S = 2
_LEAST_FPS, _MOST_FPS = 0.25, 1000.0
"""A picture's time stands in 32 bits of nanoseconds of the stream that ffmpeg reads."""
_MOST_ON_A_SIDE, _MOST_PIXELS = 16_384, 16_384 * 8_192
"""What ffmpeg holds in one picture."""
_MOST_PIXELS_OF_SMALL_H265 = 1024 * 576
_BITS_A_PIXEL = 0.12
"""For encoders that want a bit rate: what x264 takes at its default here for a photograph with a sensor's noise."""


class Pipes(Struct, frozen=True):
    """The descriptors that ffmpeg inherits: of the pictures, of each strip, and of its own progress."""

    pictures: int
    strips: tuple[int, ...]
    progress: int


def check(plan: Plan) -> None:
    """Whether this can be made at all. Raises `UsageError`."""
    if not _LEAST_FPS <= plan.fps <= _MOST_FPS:
        raise UsageError(f"{plan.fps:g} pictures a second are not possible: {_LEAST_FPS:g} to {_MOST_FPS:g}")
    if plan.encoding.codec == "copy" and (wanted := _impossible_for_a_copy(plan)):
        raise UsageError(
            f"--codec copy puts the frames into the file as they are: {' and '.join(wanted)} can't be had with it. "
            "Leave that out, or choose --codec h264"
        )
    if _is_too_large_for_small(plan):
        raise UsageError(
            "--small with --codec h265 can't keep below 200 MB: x265 takes 290 MB at 1080p and 200 at 720p. Choose "
            "--codec h264, a --size of 1024x576 or less, or leave --small out"
        )
    width, height = plan.size
    if max(width, height) > _MOST_ON_A_SIDE or width * height > _MOST_PIXELS:
        raise UsageError(
            f"a video of {width}x{height} is too large: up to {_MOST_ON_A_SIDE} in each direction, and "
            f"{_MOST_PIXELS // 10**6} megapixels; choose a smaller --size"
        )


def arguments(plan: Plan, pipes: Pipes, ffmpeg: str, *, small: bool) -> list[str]:
    """The whole command, `ffmpeg` first. Raises `UsageError` where it can't be made."""
    check(plan)
    encoder = plan.encoder or encoders.SOFTWARE[plan.encoding.codec]
    # Each line is read: they are what is told of a failure, and tell how many pictures could not be decoded.
    command = [ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "repeat+level+warning", "-nostats"]
    command += [
        "-progress",
        f"pipe:{pipes.progress}",
        "-stats_period",
        "0.02" if small else "0.5",
        "-max_error_rate",
        "1",
        "-y",
        *encoders.device(encoder),
    ]
    command += _pictures(pipes.pictures)
    for fd, place in zip(pipes.strips, plan.strips, strict=True):
        command += ["-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{place.width}x{place.height}"]
        command += ["-framerate", str(plan.rate), "-i", f"pipe:{fd}"]
    command += _copied(plan) if encoder == "copy" else _encoded(plan, encoder, small=small)
    for name, text in plan.metadata.items():
        command += ["-metadata", f"{name}={text}"]
    if plan.container == "mp4":
        command += ["-movflags", "+faststart"]
    # With its protocol before it, a name with a colon in it is a name.
    return [*command, "-f", FORMATS[plan.container], f"file:{plan.output}"]


def _pictures(fd: int) -> list[str]:
    """The first input. It begins with the first picture: what it is is known from that, and none is waited for."""
    reading = ["-f", "matroska", "-fpsprobesize", "0", "-noautorotate", "-reinit_filter", "0"]
    # One that is damaged is not shown half, but left out; however many there are, the rest is made.
    decoding = ["-threads", "1", "-err_detect", "explode"]
    return [*reading, *decoding, "-i", f"pipe:{fd}"]


def _encoded(plan: Plan, encoder: str, *, small: bool) -> list[str]:
    threads = ["-filter_threads", "1", "-filter_complex_threads", "1"] if small else []
    scaler = "bicubic" if small else "lanczos"
    bits_per_second = round(plan.size[0] * plan.size[1] * float(plan.rate) * _BITS_A_PIXEL)
    filters = graph(plan, last=encoders.last_filter(encoder), scaler=scaler)
    rate = ["-fps_mode", "cfr", "-r", str(plan.rate), "-g", str(max(1, round(_KEY_FRAME_EACH_S * plan.rate)))]
    tags = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", matrix(plan.size), "-color_range", "tv"]
    coding = encoders.options(
        encoder, plan.encoding, small=small, blending=plan.look.blend > 1, bits_per_second=bits_per_second
    )
    return [*threads, "-filter_complex", filters, "-map", "[out]", "-c:v", encoder, *coding, *rate, *tags]


def _copied(plan: Plan) -> list[str]:
    # The clock of an mp4 in whole ticks a picture.
    clock = ["-video_track_timescale", str(plan.rate.numerator * 512)] if plan.container == "mp4" else []
    return ["-map", "0:v", "-c:v", "copy", *clock]


def _is_too_large_for_small(plan: Plan) -> bool:
    """Whether it was asked for what x265 can't do, and not only taken for a small machine's sake."""
    encoding = plan.encoding
    asked = encoding.profile == "small" and encoding.codec == "h265" and encoding.hardware == "never"
    return asked and not plan.encoder and plan.size[0] * plan.size[1] > _MOST_PIXELS_OF_SMALL_H265


def _impossible_for_a_copy(plan: Plan) -> list[str]:
    look = plan.look
    asked = {
        "another size": look.size is not None,
        "a crop": look.crop is not None,
        "a rotation": look.rotation != 0,
        "blending": look.blend > 1,
        "deflickering": bool(plan.deflicker_filter),
        "an overlay": bool(plan.strips) or not look.overlay.is_empty,
        "a crf": plan.encoding.crf is not None,
    }
    return [what for what, is_asked in asked.items() if is_asked]
