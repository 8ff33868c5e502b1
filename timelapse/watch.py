"""`timelapse status --watch`: the page, kept live.

Owns: when it is drawn again. Does not own: the page (`timelapse.show.page`) and the terminal (`timelapse.terminal`).
Invariant: what is shown is the newest status, its ages counted on to now; silence is shown as silence.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from shared.errors import EX_OK, TimelapseError
from shared.messages import Event
from shared.status import Status
from shared.transport import Poller
from shared.wire import check
from timelapse import terminal
from timelapse.client import Client
from timelapse.show.ink import Ink
from timelapse.show.page import page
from timelapse.show.words import cut, duration

_REDRAW_NS = 1_000_000_000
_SILENCE_NS = 3_500_000_000


class Seen(msgspec.Struct, frozen=True):
    """The newest status and when it came; `heard_ns` is when anything came, a tick too. Monotonic nanoseconds."""

    plain: dict[str, Any]
    status: Status
    got_ns: int
    heard_ns: int


def watch(client: Client, *, as_json: bool) -> int:
    """Show the status until Ctrl-C or the end of the reader; the exit status. Blocks."""
    newest = _Newest(client)
    show = _JsonLines() if as_json else _Page() if terminal.is_terminal() else _Pages()
    try:
        with terminal.until_interrupted():
            _follow(newest, show)
    finally:
        newest.close()
    return EX_OK


def _follow(newest: _Newest, show: _Page | _Pages | _JsonLines) -> None:
    poller = Poller()
    poller.add(newest.tap.socket)
    with resize_signal() as fd:
        poller.add(fd)
        seen = newest.seen
        show.fresh(seen)
        while not terminal.reader_has_gone():
            if fd in poller.wait(_REDRAW_NS):
                os.read(fd, 256)
            newest.take()
            if newest.seen.status is not seen.status:
                show.fresh(newest.seen)
            else:
                show.older(newest.seen, time.monotonic_ns())
            seen = newest.seen


class _Newest:
    """Keeps the newest status: from the tap, and by asking where the tap may have missed one."""

    def __init__(self, client: Client) -> None:
        self._client = client
        # Subscribed first: what changes while it is asked comes by the tap.
        self.tap = client.tap(("status", "bus.tick"))
        self._boot = client.ask("ping").data.get("boot", "")
        self.seen = self._asked()

    def take(self) -> None:
        """Take in what has arrived. Blocks only for the answer of a supervisor that was started anew."""
        for event in self.tap.arrived():
            self.seen = self._after(event)

    def close(self) -> None:
        """Leave the tap. May be called twice."""
        self.tap.close()

    def _after(self, event: Event) -> Seen:
        newest, now_ns = self.seen, time.monotonic_ns()
        # In silence where it fails: the next tick asks again, and the ages on the page tell that it is an old one.
        with contextlib.suppress(TimelapseError):
            if event.topic == "status":
                newest = Seen(event.data, check(event.data, Status), now_ns, now_ns)
            elif event.boot != self._boot:
                newest = self._asked()
            self._boot = event.boot
        return Seen(newest.plain, newest.status, newest.got_ns, now_ns)

    def _asked(self) -> Seen:
        plain, status = self._client.status()
        now_ns = time.monotonic_ns()
        return Seen(plain, status, now_ns, now_ns)


@contextlib.contextmanager
def resize_signal() -> Iterator[int]:
    """A descriptor that becomes readable when the terminal has another size. Main thread only."""
    receiver, sender = os.pipe()
    os.set_blocking(sender, False)
    before = signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
    handler = signal.signal(signal.SIGWINCH, lambda *_: None)
    try:
        yield receiver
    finally:
        signal.signal(signal.SIGWINCH, handler)
        signal.set_wakeup_fd(before)
        os.close(receiver)
        os.close(sender)


class _Page:
    """On a terminal: drawn in place, at each status and each second."""

    def __init__(self) -> None:
        self._screen = terminal.Screen()

    def fresh(self, seen: Seen) -> None:
        self.older(seen, seen.got_ns)

    def older(self, seen: Seen, now_ns: int) -> None:
        width, age_s = terminal.columns(), (now_ns - seen.got_ns) / 1e9
        silent_ns = now_ns - seen.heard_ns
        if silent_ns < _SILENCE_NS:
            self._screen.draw(page(seen.status, time.time_ns(), age_s, width=width, ink=terminal.ink()))
            return
        # What was true once, as it was then: neither ages nor countdowns go on.
        then_wall_ns = time.time_ns() - (now_ns - seen.got_ns)
        last = page(seen.status, then_wall_ns, 0.0, width=width, ink=Ink())
        ink = terminal.ink()
        self._screen.draw([ink.bad(cut(silence(silent_ns / 1e9), width)), "", *map(ink.dim, last)])


class _Pages:
    """Into a file or a pipe: a page for each status."""

    def fresh(self, seen: Seen) -> None:
        lines = page(seen.status, time.time_ns(), 0.0, width=terminal.columns(), ink=Ink())
        print("\n".join(lines), end="\n\n", flush=True)

    def older(self, seen: Seen, now_ns: int) -> None:
        """Nothing: there is a page with the next status."""


class _JsonLines:
    """For scripts: each status as one line of JSON."""

    def fresh(self, seen: Seen) -> None:
        print(msgspec.json.encode(seen.plain).decode(), flush=True)

    def older(self, seen: Seen, now_ns: int) -> None:
        """Nothing: there is a line with the next status."""


def silence(silent_s: float) -> str:
    """What to say instead of a verdict when nothing is heard."""
    return f"NO NEWS from the supervisor for {duration(silent_s)}; waiting for it. What it said last:"
