"""What picamera2 and libcamera raise, as a person needs it: what is wrong, and what to do.

Owns: those words. Does not own: raising them.
Invariant: pure. The library's own words are always in the message, the innermost ones, which say most.
"""

from __future__ import annotations

NOT_INSTALLED = (
    "picamera2 is not installed for this Python; on a Raspberry Pi: sudo apt install python3-picamera2, and make the "
    "environment with python3 -m venv --system-site-packages"
)
TOO_OLD = "this picamera2 is older than 0.3.20, and waits for ever where a camera hangs: sudo apt full-upgrade"
_ADVICE = (
    (
        ("Device or resource busy", "in use by another process"),
        "another program has the camera: end it (rpicam-hello, another recorder; `fuser -v /dev/media*` names it)",
    ),
    (
        ("Input/output error",),
        "the driver failed: check the camera's cable; if it comes again, restart the machine",
    ),
    (
        ("Cannot allocate memory", "out of memory"),
        "too little contiguous memory (CMA): lower the resolution, or give it more (dtoverlay=vc4-kms-v3d,cma-512)",
    ),
    (
        ("Permission denied", "dmaHeap"),
        "this user may not use the camera: sudo usermod -aG video USER, and start again",
    ),
)


def in_words(error: BaseException, doing: str) -> str:
    """`opening the camera failed: Device or resource busy: another program has the camera: ...`."""
    said = _chain(error)
    advice = next((advice for marks, advice in _ADVICE if any(mark in text for text in said for mark in marks)), "")
    return f"{doing} failed: {said[-1]}" + (f": {advice}" if advice else "")


def load_failure(error: BaseException) -> str:
    """Why picamera2 is there and can't be loaded."""
    said = f"picamera2 can't be loaded: {type(error).__name__}: {error}"
    if "numpy" in str(error):
        return f"{said}: it was built for another numpy than this environment has: pip install 'numpy<2' into it"
    return f"{said}: sudo apt install --reinstall python3-picamera2 python3-libcamera"


def _chain(error: BaseException) -> list[str]:
    """The messages from the outermost to the innermost cause."""
    said: list[str] = []
    current: BaseException | None = error
    while current is not None:
        said.append(str(current) or type(current).__name__)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return said
