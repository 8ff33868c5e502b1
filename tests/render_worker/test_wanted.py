"""From the configuration to the request for one result."""

from __future__ import annotations

from typing import Any

from render_worker.local_day import span_ms
from render_worker.request import Encoding, Look, Overlay, RenderRequest
from render_worker.results import Result
from render_worker.wanted import request_for
from shared.config.model import (
    CameraConfig,
    Configuration,
    Location,
    OverlayConfig,
    RenderConfig,
    RenderKind,
    StorageConfig,
)

PLACE = Location(1.0, 2.0)
OVERLAY = OverlayConfig("%H:%M", "{camera}", "top", "/f.ttf", 5.0, True)


def _request(kind: RenderKind = "video", **render: Any) -> RenderRequest:
    configuration = Configuration(
        "x.yml",
        "/out",
        {"main": CameraConfig("main")},
        location=PLACE,
        storage=StorageConfig(stop_above_percent=93.0),
        render=RenderConfig(0, **render),
    )
    return request_for(configuration, Result("2026-06-01", "main", kind))


def test_request_by_default_is_a_minute_of_the_whole_day() -> None:
    request = _request()
    assert (request.output_dir, request.camera, request.output) == ("/out", "main", "/out/main/videos/2026-06-01.mp4")
    assert (request.picking.first_ms, request.picking.end_ms) == span_ms("2026-06-01")
    assert (request.picking.between, request.picking.length_s, request.picking.location) == ("", 60.0, PLACE)
    assert (request.fps, request.gaps, request.kind, request.replace) == (25.0, "hold", "video", False)
    assert (request.look, request.encoding) == (Look(), Encoding())
    assert request.stop_above_percent == 93.0


def test_request_has_all_that_is_configured() -> None:
    request = _request(
        fps=30.0,
        length_s=10.0,
        between="sunrise..sunset",
        size=(0, 720),
        codec="h265",
        crf=30,
        deflicker=False,
        gaps="skip",
        overlay=OVERLAY,
    )
    overlay = Overlay("%H:%M", "{camera}", "top", "/f.ttf", 5.0, True)
    assert request.look == Look(size=(0, 720), deflicker=False, overlay=overlay)
    assert request.encoding == Encoding(codec="h265", crf=30)
    assert (request.picking.between, request.picking.length_s) == ("sunrise..sunset", 10.0)
    assert (request.fps, request.gaps) == (30.0, "skip")


def test_still_is_made_of_every_frame_and_bears_no_words() -> None:
    request = _request("keogram", overlay=OVERLAY, size=(640, 0), codec="copy")
    assert request.output == "/out/main/videos/2026-06-01-keogram.jpg"
    assert request.picking.length_s == 0.0
    assert (request.look.overlay, request.look.size) == (Overlay(), (640, 0))


def test_copy_takes_frames_as_they_are() -> None:
    request = _request(codec="copy")
    assert request.output.endswith(".mkv")
    assert (request.look, request.encoding.crf) == (Look(deflicker=False), None)
