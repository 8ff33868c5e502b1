"""Taking an encoder of the machine, if there is one that really works.

Owns: the trial. Does not own: which encoders there are (`encoders`).
Invariant: an encoder is taken only when it has made a small video of real pictures here and now, which was decoded
again with every picture in it and about as bright as they are. That video never has a name.
Software is what remains, and never is an error.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from render_worker.encoding.encoders import HARDWARE, find_ffmpeg
from render_worker.encoding.plan import Plan
from render_worker.encoding.process import Encoder
from shared.errors import TimelapseError

log = logging.getLogger(__name__)

TRIAL_PICTURES = 8
_STALL_S = 8.0
_DECODE_S = 30.0
_MOST_DIFFERENT = 6.0
"""Gray levels between the mean of the trial and the same made by software: colours that came out wrong are more."""


def with_hardware(plan: Plan, jpegs: Sequence[bytes]) -> Plan:
    """The plan with the first encoder of this machine that passes its trial; as it was where none does, or none may.

    `jpegs` are some of the frames, `TRIAL_PICTURES` of them are best. Blocks for a second or two for each that is
    listed. Raises `NoEncoderError` where there is no ffmpeg. What is wrong with each is logged.
    """
    if plan.encoding.hardware == "never" or not jpegs:
        return plan
    listed = [name for name in HARDWARE[plan.encoding.codec] if name in find_ffmpeg().encoders]
    pictures = [jpegs[number % len(jpegs)] for number in range(TRIAL_PICTURES)]
    for name in listed:
        wrong = trial(plan, name, pictures)
        if wrong is None:
            log.info("the video is encoded by %s", name)
            return replace(plan, encoder=name)
        log.info("%s is listed and does not work here: %s", name, wrong)
    return plan


def trial(plan: Plan, encoder: str, pictures: Sequence[bytes]) -> str | None:
    """None where `encoder` makes a video of `pictures` that can be decoded; else a sentence. Leaves no file. Blocks."""
    try:
        made = _mean_of(plan, encoder, pictures)
        wanted = _mean_of(plan, "", pictures)
    except (TimelapseError, OSError, subprocess.SubprocessError) as error:
        return str(error)
    if made[0] != len(pictures):
        return f"of {len(pictures)} pictures {made[0]} can be decoded again"
    if abs(made[1] - wanted[1]) > _MOST_DIFFERENT:
        return f"its pictures are {made[1]:.0f} bright instead of {wanted[1]:.0f}"
    return None


def _mean_of(plan: Plan, encoder: str, pictures: Sequence[bytes]) -> tuple[int, float]:
    """How many pictures can be decoded from what it makes, and how bright they are (luma, 16 to 235)."""
    # In memory: it goes with this process, whatever ends that.
    fd = os.memfd_create("timelapse-trial", os.MFD_CLOEXEC)
    output = Path(f"/proc/{os.getpid()}/fd/{fd}")
    # Without what is drawn over them and what needs a file: it is the encoder that is tried.
    tried = replace(plan, output=output, encoder=encoder, strips=(), commands_files=(), pictures=len(pictures))
    try:
        with Encoder(tried, stall_s=_STALL_S) as running:
            running.start()
            for jpeg in pictures:
                running.feed(jpeg)
            running.finish()
        return _decoded(output)
    finally:
        os.close(fd)


def _decoded(path: Path) -> tuple[int, float]:
    words = ["-nostdin", "-v", "error", "-i", f"file:{path}", "-vf", "signalstats,metadata=print:file=-"]
    done = subprocess.run(
        [find_ffmpeg().path, *words, "-f", "null", "-"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_DECODE_S,
        check=True,
    )
    means = [float(found) for found in re.findall(r"signalstats\.YAVG=([\d.]+)", done.stdout)]
    return len(means), sum(means) / len(means) if means else 0.0
