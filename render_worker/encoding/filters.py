"""The graph of ffmpeg's filters: what happens to a picture between its JPEG and the encoder.

Owns: which filters, in which order, in which colours. Does not own: what steers the deflicker
(`render_worker.deflicker`), what the strips show (`render_worker.overlay`), the rest of the command (`command`).
Invariant: pure. As many pictures come out as go in, each as large as the video, in limited range with the matrix that
the file is tagged with.

Frames of any size and any sampling may follow each other. ffmpeg is told not to build the graph anew for them, which
would lose strips that are under way: the first filters can take a change, bring each to the first one's size, and
from there on all are alike.
"""

from __future__ import annotations

from render_worker.encoding.plan import Plan, Size, crop_box, even_size, fitted_size, turned_size

_TURNS = {0: (), 90: ("transpose=clock",), 180: ("hflip", "vflip"), 270: ("transpose=cclock",)}
_MOST_SD_HEIGHT = 576
_MOST_SD_WIDTH = 1024


def matrix(size: Size) -> str:
    """How the video's colours are coded: BT.709, or BT.601 where a player that reads no tags would take it for such."""
    return "smpte170m" if size[0] <= _MOST_SD_WIDTH and size[1] <= _MOST_SD_HEIGHT else "bt709"


def graph(plan: Plan, *, last: str = "format=yuv420p", scaler: str = "lanczos") -> str:
    """For `-filter_complex`, from the inputs [0:v] (pictures), [1:v] ... (strips) to [out].

    `last` is what the encoder wants at the end, `scaler` how sizes are changed.
    """
    parts = [*_upright(plan), *_scaled(plan, scaler), _colours(plan.size), *_padded(plan)]
    if plan.commands_files and plan.deflicker_filter:
        parts += [f"sendcmd=f={_escaped(str(path))}" for path in plan.commands_files] + [plan.deflicker_filter]
    if plan.look.blend > 1:
        parts.append(f"tmix=frames={plan.look.blend}")
    chains = []
    for number, place in enumerate(plan.strips, start=1):
        chains += [
            f"[0:v]{','.join(parts)}[under{number}]" if number == 1 else f"{parts[0]}[under{number}]",
            # White is white, and a colour the same as if it had been in the frame.
            f"[{number}:v]scale=out_range=limited:out_color_matrix={_swscale(plan.size)},format=yuva420p[strip{number}]",
        ]
        parts = [f"[under{number}][strip{number}]overlay=x={place.x}:y={place.y}:format=yuv420"]
    begin = "" if plan.strips else "[0:v]"
    return ";".join([*chains, f"{begin}{','.join([*parts, last])}[out]"])


def _upright(plan: Plan) -> list[str]:
    """To the first frame's size and clock, as full-range 4:2:0, as JPEGs are; then cropped and turned."""
    width, height = even_size(plan.source)
    box = crop_box(plan.source, plan.look)
    parts = [
        # Where one could not be decoded, the one before stands, with that one's own strip and brightness.
        f"fps=fps={plan.rate}:start_time=0",
        f"scale=w={width}:h={height}:force_original_aspect_ratio=decrease:flags=bicubic:in_range=full:out_range=full",
        "format=yuv420p",
        f"pad=w={width}:h={height}:x=(ow-iw)/2:y=(oh-ih)/2:eval=frame",
        "setsar=1",
    ]
    if (box.width, box.height) != (width, height):
        parts.append(f"crop=w={box.width}:h={box.height}:x={box.x}:y={box.y}")
    return [*parts, *_TURNS[plan.look.rotation]]


def _scaled(plan: Plan, scaler: str) -> list[str]:
    fitted = fitted_size(plan.source, plan.look)
    if fitted == turned_size(plan.source, plan.look):
        return []
    return [f"scale=w={fitted[0]}:h={fitted[1]}:flags={scaler}:in_range=full:out_range=full", "setsar=1"]


def _padded(plan: Plan) -> list[str]:
    """Black on two sides, where the proportions differ; after the colours, as `pad` knows the black of video alone."""
    if fitted_size(plan.source, plan.look) == plan.size:
        return []
    return [f"pad=w={plan.size[0]}:h={plan.size[1]}:x=(ow-iw)/2:y=(oh-ih)/2"]


def _colours(size: Size) -> str:
    # `colorspace` does range and matrix in one pass in whole numbers, 0.4 ms at 1080p, where `scale` goes through RGB,
    # 5 ms. What a JPEG's colours are, which ffmpeg does not say, is said here: sRGB's primaries and curve.
    return (
        "colorspace=ispace=smpte170m:iprimaries=bt709:itrc=bt709:irange=pc"
        f":space={matrix(size)}:primaries=bt709:trc=bt709:range=tv:format=yuv420p,"
        # 7.0 would have `overlay` bring the strips to the range that was before.
        "setparams=range=tv"
    )


def _swscale(size: Size) -> str:
    return "bt709" if matrix(size) == "bt709" else "bt601"


def _escaped(text: str) -> str:
    """For the value of a filter's option, and then once more for the graph."""
    for special in "\\':":
        text = text.replace(special, f"\\{special}")
    for special in "\\'[],;":
        text = text.replace(special, f"\\{special}")
    return text
