"""RTSP over TLS: is this the camera whose name stands in the address, and is nobody listening in?

Owns: our own handshake before ffmpeg's, what ffmpeg is told about certificates, and what a failure means in words.
Does not own: the stream, and TLS of http cameras (`timed_socket`).
Invariant: unless the configuration says otherwise no stream is opened, and no password sent, before both have passed.

Both, because neither is enough. ffmpeg (measured: the one in OpenCV's wheels, with OpenSSL) verifies nothing unless it
is told to, knows no system's certificates unless it is told where they are, and then takes a good certificate in
anybody's name. Our handshake looks at the name too, but it is another connection than the stream's. What passes
between the two: somebody in the network who lets the first connection through to the camera and answers the second
one with a certificate that a trusted authority gave him for a name of his own.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

from capture_worker.cameras.reach import Address
from shared.errors import CameraError

HANDSHAKE_S = 3.0
"""A small camera computes for some tenths of a second."""

CERTIFICATE_ADVICE = (
    "name the authority that signed it in the environment variable SSL_CERT_FILE, or set tls_verify to false for this "
    "camera"
)
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_OURS = "tls_verify;1"
_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",
)


def verify(address: Address) -> None:
    """Shake hands with the camera, look at its certificate and its name, and hang up; tell ffmpeg to look too.

    Blocks up to 3 s for the connection and 3 s for the handshake. Raises `CameraError` with what to do. May be called
    again. `SSL_CERT_FILE` and `SSL_CERT_DIR` count; of the two ffmpeg knows the file alone.
    """
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((address.host, address.port), timeout=HANDSHAKE_S) as plain,
            context.wrap_socket(plain, server_hostname=address.host, do_handshake_on_connect=False) as secure,
        ):
            _shake_hands(secure)
    except OSError as error:
        raise CameraError(f"{address.shown}: {why_not(error)}") from None
    _tell_ffmpeg()


def why_not(error: OSError) -> str:
    """What it means that no handshake came about, and what to do."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate can't be verified ({error.verify_message}); {CERTIFICATE_ADVICE}"
        case ssl.SSLError():
            return (
                f"it does not speak TLS on this port, or one that is too old ({error.reason or error}); try rtsp:// "
                "instead of rtsps://, or another port"
            )
        case TimeoutError():
            return "it accepts the connection but does not answer; restart the camera"
    return f"the connection failed ({error.strerror or error}); check the network and the camera"


def _shake_hands(secure: ssl.SSLSocket) -> None:
    """Within 3 s in all: a time-out of the socket would count from each piece anew. Raises TimeoutError."""
    until_s = time.monotonic() + HANDSHAKE_S
    secure.setblocking(False)
    while True:
        try:
            return secure.do_handshake()
        except ssl.SSLWantReadError:
            wanted = select.POLLIN
        except ssl.SSLWantWriteError:
            wanted = select.POLLOUT
        waiting = select.poll()
        waiting.register(secure, wanted)
        if not waiting.poll(max(0.0, until_s - time.monotonic()) * 1000):
            raise TimeoutError


def _tell_ffmpeg() -> None:
    """It reads the variable whenever it opens a stream. What a person has set about TLS is kept."""
    options = os.environ.get(_OPTIONS, "")
    if "tls_verify" in options or "ca_file" in options:
        return
    file = next(_authorities(), None)
    ours = _OURS if file is None else f"{_OURS}|ca_file;{file}"
    os.environ[_OPTIONS] = f"{options}|{ours}" if options else ours


def _authorities() -> Iterator[Path]:
    """The files of certificates that there are, the one that counts first."""
    default = ssl.get_default_verify_paths().cafile
    for name in (default, *_SYSTEM_FILES):
        if name is not None and (file := Path(name)).is_file():
            yield file
