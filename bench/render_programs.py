"""Videos made of files by a library: `render_programs.py feed|opencv|pyav NAMES OUTPUT WxH PROFILE`.

Owns: the shortest program for each. Does not own: which files (one path a line in NAMES).
Invariant: each reads the files one at a time, and makes a picture of each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

_FPS = 25


def main() -> None:
    """Make it."""
    name, names, output, size, profile = sys.argv[1:]
    width, height = (int(side) for side in size.split("x"))
    paths = Path(names).read_text().splitlines()
    if name == "feed":
        _feed(paths, output, (width, height), profile)
    elif name == "opencv":
        _opencv(paths, output, (width, height))
    else:
        _pyav(paths, output, (width, height))


def _feed(paths: list[str], output: str, size: tuple[int, int], profile: str) -> None:
    from render_worker.encoding.plan import Plan  # noqa: PLC0415 - each loads what it needs
    from render_worker.encoding.process import Encoder  # noqa: PLC0415
    from render_worker.request import Encoding, Look  # noqa: PLC0415

    encoding = Encoding(profile="small" if profile == "small" else "normal")
    with Encoder(Plan(_FPS, size, Look(), encoding, Path(output), pictures=len(paths))) as encoder:
        encoder.start()
        for jpeg in _read(paths):
            encoder.feed(jpeg)
        encoder.finish()


def _opencv(paths: list[str], output: str, size: tuple[int, int]) -> None:
    import cv2  # noqa: PLC0415

    writer = cv2.VideoWriter(output, cv2.VideoWriter.fourcc(*"mp4v"), _FPS, size)
    if not writer.isOpened():
        sys.exit("OpenCV can't write mp4v here")
    for path in paths:
        image = cv2.imread(path)
        if image is None:
            sys.exit(f"{path} can't be read")
        writer.write(image)
    writer.release()


def _pyav(paths: list[str], output: str, size: tuple[int, int]) -> None:
    import av  # noqa: PLC0415

    from render_worker.encoding.encoders import DEFAULT_CRF  # noqa: PLC0415

    decoder = av.CodecContext.create("mjpeg", "r")
    with av.open(output, "w", options={"movflags": "+faststart"}) as container:
        options = {"preset": "veryfast", "crf": str(DEFAULT_CRF["h264"])}
        stream = container.add_stream("libx264", rate=_FPS, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number, jpeg in enumerate(_read(paths)):
            for frame in decoder.decode(av.Packet(jpeg)):
                picture = frame.reformat(format="yuv420p")
                # As it was decoded, each would be a key frame, and the file twice as large.
                picture.pict_type = av.video.frame.PictureType.NONE
                picture.pts, picture.time_base = number, Fraction(1, _FPS)
                container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _read(paths: list[str]) -> Iterator[bytes]:
    return (Path(path).read_bytes() for path in paths)


if __name__ == "__main__":
    main()
