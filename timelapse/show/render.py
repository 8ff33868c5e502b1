"""A render on the screen: how far it is, and in the end what came of it.

Owns: the words and the bar. Does not own: where they go (`timelapse.rendering`), nor what is told.
Invariant: pure. A bar is one line, no longer than the width; what comes from outside is made printable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from timelapse.show.words import count, cut, day, duration, interval, plain, size, time_of_day

if TYPE_CHECKING:
    from render_worker.telling import Finished, Progress
    from render_worker.trial import Trial

_LONGEST_BAR, _SHORTEST_BAR = 40, 10
_WORDS = {
    "choosing": "choosing frames",
    "measuring": "measuring brightness",
    "rendering": "rendering",
    "finishing": "finishing the file",
}


def bar(told: Progress, left_s: float | None, width: int) -> str:
    """`[####......] rendering: 340 of 1,500, 23 s left`, for a terminal of that width."""
    words = line(told, left_s)
    length = min(_LONGEST_BAR, width - len(words) - 4)
    if not told.total or length < _SHORTEST_BAR:
        return cut(words, width - 1)
    filled = round(length * min(1.0, told.done / told.total))
    return f"[{'#' * filled}{'.' * (length - filled)}] {words}"


def line(told: Progress, left_s: float | None) -> str:
    """`rendering: 340 of 1,500, 23 s left`."""
    words = _WORDS.get(told.stage, told.stage)
    if told.total:
        words = f"{words}: {told.done:,} of {told.total:,}"
    if told.paused:
        return f"{words}, paused: {plain(told.paused)}"
    return words if left_s is None else f"{words}, {duration(left_s)} left"


def summary(told: Finished) -> list[str]:
    """What came of it, a sentence a line; the first is the path."""
    playing = f"{seconds(told.duration_s)} of video, {count(told.pictures, 'picture')}, " if told.duration_s else ""
    lines = [
        plain(told.output),
        f"  {playing}{told.width}x{told.height}, {size(told.bytes)}",
        f"  {_of_found(told)}",
    ]
    if told.gaps:
        lines.append(f"  {gaps(told.gaps, told.missing, told.causes)}")
    lines += [f"  {plain(sentence)}" for sentence in told.detail.splitlines() if sentence]
    paused = f", and {duration(told.paused_s)} of standing still" if told.paused_s >= 1 else ""
    memory = f", {size(told.peak_bytes)} of memory" if told.peak_bytes else ""
    by = f", by {plain(told.encoder)}" if told.encoder else ""
    lines.append(f"  made in {seconds(told.seconds)}{paused}{memory}{by}")
    return lines


def trial(told: Trial) -> list[str]:
    """What it would be, a sentence a line; the first is the path."""
    first, last = f"{day(told.first_ns)} {time_of_day(told.first_ns)[:8]}", time_of_day(told.last_ns)[:8]
    until = last if day(told.first_ns) == day(told.last_ns) else f"{day(told.last_ns)} {last}"
    lines = [f"{plain(told.output)}: would be made; nothing was"]
    if told.pictures:
        playing = f"{seconds(told.duration_s)} of video, {count(told.pictures, 'picture')}"
        lines.append(f"  {playing}, {told.width}x{told.height}, about {size(told.bytes)}")
    lines.append(f"  {_used(told.frames, told.found)}, from {first} to {until}")
    if told.gaps:
        stand = f"; {count(told.held, 'picture')} stand for them" if told.held else ""
        lines.append(f"  {gaps(told.gaps, told.missing, told.causes)}{stand}")
    if told.damaged:
        lines.append(f"  the first {count(told.damaged, 'frame')} can't be used")
    room = "" if told.fits else ": not enough room for it"
    return [*lines, f"  {size(told.free_bytes)} are free on that disk{room}"]


def gaps(number: int, missing: int, causes: dict[str, int]) -> str:
    """`2 gaps, 34 slots without a frame: hang 30, unknown 4`."""
    known = ", ".join(f"{cause} {slots:,}" for cause, slots in sorted(causes.items(), key=lambda item: -item[1]))
    slots = f", {count(missing, 'slot')} without a frame" if missing else ""
    return f"{count(number, 'gap')}{slots}{f': {known}' if known else ''}"


def seconds(length_s: float) -> str:
    """Short lengths with a decimal: `4.2 s`; others as any duration."""
    return interval(round(length_s, 1 if length_s >= 1 else 2)) if length_s < 60 else duration(length_s)


def _of_found(told: Finished) -> str:
    damaged = f"; {told.damaged:,} damaged and left out" if told.damaged else ""
    gone = f"; {told.gone:,} gone meanwhile" if told.gone else ""
    return f"{_used(told.frames, told.found)}{damaged}{gone}"


def _used(frames: int, found: int) -> str:
    return f"{frames:,} of {count(found, 'frame')}" if found > frames else count(frames, "frame")
