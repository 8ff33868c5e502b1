"""From the configuration and a result that is due to the request for it.

Owns: that translation. Does not own: the keys (`shared.config.render_keys`), nor what a request means (`request`).
Invariant: pure but for the local time zone. A still is made of every frame of its part of the day, whatever the length
of a video may be; and frames that are taken as they are, are.
"""

from __future__ import annotations

from pathlib import Path

from render_worker.local_day import span_ms
from render_worker.request import Encoding, Look, Overlay, Picking, RenderRequest
from render_worker.results import Result, path_of
from shared.config.model import Configuration, OverlayConfig
from shared.config.window import ALWAYS, parse_window


def request_for(configuration: Configuration, result: Result) -> RenderRequest:
    """What is asked for."""
    render, output_dir = configuration.render, Path(configuration.output_dir)
    first_ms, end_ms = span_ms(result.day)
    is_video, copies = result.kind == "video", render.codec == "copy"
    picking = Picking(
        first_ms=first_ms,
        end_ms=end_ms,
        between="" if parse_window(render.between) == ALWAYS else render.between,
        location=configuration.location,
        length_s=render.length_s if is_video else 0.0,
    )
    look = Look(
        size=render.size if not (is_video and copies) else None,
        deflicker=render.deflicker and not copies,
        overlay=_overlay(render.overlay) if is_video and not copies else Overlay(),
    )
    return RenderRequest(
        output_dir=str(output_dir),
        camera=result.camera,
        output=str(output_dir / path_of(result, render.codec)),
        picking=picking,
        kind=result.kind,
        fps=render.fps,
        gaps=render.gaps,
        look=look,
        encoding=Encoding(codec=render.codec, crf=None if copies else render.crf),
        stop_above_percent=configuration.storage.stop_above_percent,
    )


def _overlay(overlay: OverlayConfig) -> Overlay:
    return Overlay(
        timestamp=overlay.timestamp,
        text=overlay.text,
        place=overlay.place,
        font=overlay.font or "",
        height_percent=overlay.height_percent,
        day_bar=overlay.day_bar,
    )
