"""Which encoders there are, what each is told, and which of them this machine's ffmpeg has.

Owns: the table, looking for ffmpeg. Does not own: the rest of the command (`command`), trying a hardware encoder
(`trial`).
Invariant: of hardware nothing that is listed is believed: ffmpeg lists encoders of machines that it does not run on.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

from msgspec import Struct

from render_worker.request import Codec, Encoding
from shared.errors import EX_UNAVAILABLE, TimelapseError, UsageError

SOFTWARE: dict[Codec, str] = {"h264": "libx264", "h265": "libx265", "copy": "copy"}
HARDWARE: dict[Codec, tuple[str, ...]] = {
    "h264": ("h264_v4l2m2m", "h264_vaapi", "h264_nvenc", "h264_qsv"),
    "h265": ("hevc_v4l2m2m", "hevc_vaapi", "hevc_nvenc", "hevc_qsv"),
    "copy": (),
}
DEFAULT_CRF: dict[Codec, int] = {"h264": 21, "h265": 24, "copy": 0}
_SMALL_MACHINE_BYTES = 1_000_000_000
_ASK_S = 20.0


class NoEncoderError(TimelapseError):
    """ffmpeg is not there, or can't make what is asked for."""

    status = EX_UNAVAILABLE


class Ffmpeg(Struct, frozen=True):
    """An ffmpeg: its path, its version as it says it, and the names of its video encoders."""

    path: str
    version: str
    encoders: frozenset[str]


def find_ffmpeg() -> Ffmpeg:
    """The first one on the PATH. Blocks for its start the first time, 0.1 s. Raises `NoEncoderError`."""
    path = shutil.which("ffmpeg")
    if path is None:
        raise NoEncoderError("ffmpeg is not installed, and videos are made by it: sudo apt install ffmpeg")
    return _known(path, Path(path).stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _known(path: str, _changed_ns: int) -> Ffmpeg:
    """Asked once for each ffmpeg that is installed while this process lives."""
    listed = _said(path, "-encoders")
    found = re.search(r"^ffmpeg version (\S+)", _said(path, "-version"), re.MULTILINE)
    names = re.findall(r"^ V[.A-Z]{5} (\w+)", listed, re.MULTILINE)
    return Ffmpeg(path, found[1] if found else "unknown", frozenset(names))


def check_encoder(ffmpeg: Ffmpeg, encoding: Encoding) -> str:
    """The software encoder for this, which `ffmpeg` has. Raises `NoEncoderError`; `UsageError` for a wrong crf."""
    name = SOFTWARE[encoding.codec]
    if encoding.crf is not None and not 0 <= encoding.crf <= 51:
        raise UsageError(f"a crf of {encoding.crf} is none: it is 0 (best, largest) to 51")
    if name != "copy" and name not in ffmpeg.encoders:
        others = [codec for codec, encoder in SOFTWARE.items() if encoder in ffmpeg.encoders or encoder == "copy"]
        raise NoEncoderError(
            f"{ffmpeg.path} (version {ffmpeg.version}) was built without {name}, which makes {encoding.codec}: install "
            f"your distribution's ffmpeg (sudo apt install ffmpeg), or choose --codec {' or '.join(others)}"
        )
    return name


def is_small(encoding: Encoding, memory_bytes: int) -> bool:
    """Whether it is to be made within 200 MB, on a machine that has so much memory. Pure."""
    return encoding.profile == "small" or (encoding.profile == "auto" and memory_bytes < _SMALL_MACHINE_BYTES)


def options(encoder: str, encoding: Encoding, *, small: bool, blending: bool, bits_per_second: int) -> list[str]:
    """What ffmpeg is told about one encoder, but for its name. Pure. `bits_per_second` is for those without a crf.

    `blending` is whether the filters hold many pictures, so that with `small` the encoder has to hold fewer.
    """
    crf = DEFAULT_CRF[encoding.codec] if encoding.crf is None else encoding.crf
    if encoder == "libx264":
        # Without loss is a profile of its own (High 4:4:4 Predictive), which x264 takes by itself.
        quality = ["-crf", str(crf), *(["-profile:v", "high"] if crf else [])]
        if not small:
            return ["-preset", "veryfast", *quality]
        # A picture more ahead is 7 MB at 1080p, and B-pictures are 10 more, for 5 % of the file's size.
        preset, ahead = ("ultrafast", "bframes=0") if blending else ("veryfast", "rc-lookahead=1:bframes=0:subme=0")
        return ["-preset", preset, *quality, "-threads", "1", "-x264-params", f"{ahead}:sync-lookahead=0"]
    if encoder == "libx265":
        # Together with the process that feeds it 290 MB at 1080p, where x264 takes 190: `command.check` tells who asks.
        narrow = "pools=none:wpp=0:frame-threads=1:rc-lookahead=3:bframes=0:ref=1:" if small else ""
        preset = "ultrafast" if small else "superfast"
        return ["-preset", preset, "-crf", str(crf), "-tag:v", "hvc1", "-x265-params", f"{narrow}log-level=error"]
    if encoder.endswith(("_vaapi", "_qsv", "_nvenc")):
        words = {"vaapi": ["-rc_mode", "CQP", "-qp"], "qsv": ["-global_quality"], "nvenc": ["-rc", "vbr", "-cq"]}
        return [*words[encoder.rpartition("_")[2]], str(crf), *_tag(encoding.codec)]
    return ["-b:v", str(bits_per_second), *_tag(encoding.codec)]


def last_filter(encoder: str) -> str:
    """What the graph of filters has to end with for this encoder. Pure."""
    if encoder.endswith("_vaapi"):
        return "format=nv12,hwupload"
    return "format=nv12" if encoder.endswith("_qsv") else "format=yuv420p"


def device(encoder: str) -> list[str]:
    """What ffmpeg is told before its inputs. Pure."""
    return ["-vaapi_device", "/dev/dri/renderD128"] if encoder.endswith("_vaapi") else []


def _tag(codec: Codec) -> list[str]:
    return ["-tag:v", "hvc1"] if codec == "h265" else []


def _said(path: str, question: str) -> str:
    """What ffmpeg answers. Raises `NoEncoderError` where it can't be run."""
    command = [path, "-hide_banner", question]
    if question == "-version":
        command.remove("-hide_banner")
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASK_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        words = (error.stderr.strip().splitlines() or [f"exit status {error.returncode}"])[-1]
        raise NoEncoderError(
            f"{path} does not work ({words}); install it anew: sudo apt install --reinstall ffmpeg"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoEncoderError(
            f"{path} can't be run ({error}); install it anew: sudo apt install --reinstall ffmpeg"
        ) from error
    return done.stdout
