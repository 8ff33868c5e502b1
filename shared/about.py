"""What a line of the log is about: which worker, which camera, which cause.

Owns: handing these over, as `extra` of a logging call. Does not own: where they end up (`shared.journal`).
Invariant: names and words alone, so that no secret can be among them: a worker is named by the configuration's keys, a
cause is one of the words of `shared.causes`.
"""

from __future__ import annotations

from shared.causes import MissCause, PictureFault, WorkerCause

ATTRIBUTE = "about"
"""Of the `logging.LogRecord`."""
_CAPTURE = "capture."

Cause = MissCause | WorkerCause | PictureFault
About = dict[str, dict[str, str]]


def about(*, worker: str = "", cause: Cause = "") -> About:
    """For `extra=`: what is known of a line beyond the process that writes it.

    A process writes about its own worker unless another one is named; the supervisor names one. The camera follows.
    """
    return {ATTRIBUTE: fields_of(worker, cause)}


def fields_of(worker: str, cause: str = "") -> dict[str, str]:
    """`worker`, `camera` and `cause`, as far as there is one."""
    camera = worker.removeprefix(_CAPTURE) if worker.startswith(_CAPTURE) else ""
    known = {"worker": worker, "camera": camera, "cause": cause}
    return {name: value for name, value in known.items() if value}
