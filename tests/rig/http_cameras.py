"""Network cameras on 127.0.0.1 that answer one request in one odd way, as real ones do.

Owns: listening, and one answer for each connection, as the test writes it. Does not own: what the answers mean.
Invariant: nothing is answered that the test did not write; every socket is closed with the `with` block.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Answering = Callable[[socket.socket, str], None]
"""Called with the connection and the request's head, in a thread of its own."""


@contextlib.contextmanager
def camera(answering: Answering, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve; the value is the address, without a path, as `http://127.0.0.1:PORT`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, answering, tls), daemon=True).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def switched_off() -> Iterator[str]:
    """The address of a listener whose queue is full: it drops what comes, as a host that is switched off does."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def answer(body: bytes, *headers: str, status: str = "200 OK", version: str = "HTTP/1.1") -> bytes:
    """A whole answer."""
    return "\r\n".join([f"{version} {status}", *headers, "", ""]).encode() + body


def self_signed(directory: Path, whose: str = "IP:127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for 127.0.0.1 that signs itself, and the certificate's file.

    `whose`, as "DNS:NAME" or "IP:ADDRESS", makes it somebody else's.
    """
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    subject = ["-subj", f"/CN={whose.partition(':')[2]}", "-addext", f"subjectAltName={whose}"]
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", *made, *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


def _accept(listener: socket.socket, answering: Answering, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, answering, tls), daemon=True).start()


def _serve(connection: socket.socket, answering: Answering, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        stack.enter_context(connection)
        if tls is not None:
            connection = stack.enter_context(tls.wrap_socket(connection, server_side=True))
        head = b""
        while b"\r\n\r\n" not in head:
            if not (piece := connection.recv(4096)):
                return
            head += piece
        answering(connection, head.decode("latin-1"))
