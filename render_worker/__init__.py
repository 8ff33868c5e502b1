"""The render worker: videos and stills of a day, made from the frames without ever disturbing a capture.

Owns: choosing frames, timing, deflicker, overlay, encoding by ffmpeg, the plan of what is due, and its own results.
Does not own: frames, which it only reads; the command line's words (`timelapse.verbs.render`).
Invariant: nothing under a final name is ever partial, and no frame is changed or deleted.
"""

from shared import thin as _thin  # noqa: F401 - before any module of the package loads msgspec
