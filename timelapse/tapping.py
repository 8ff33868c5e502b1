"""`timelapse events`: the event stream on standard output.

Owns: where to begin and when to end, and what is said on standard error about the stream itself.
Does not own: completeness (`timelapse.stream`), the sentences (`timelapse.show.sentence`).
Invariant: standard output holds events only (and, for people, the day); an event is out before the next is waited for.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator

import msgspec

from shared.clock import NS_PER_S
from shared.config.units import parse_duration_s
from shared.errors import EX_OK, UsageError
from shared.messages import Event
from timelapse import terminal
from timelapse.client import Client
from timelapse.show import words
from timelapse.show.sentence import line, sentence
from timelapse.stream import NOW, Back, Gone, Item, Lost, Since, Stream

_TURN_S = 0.5
"""How soon it is noticed that nobody reads any more."""
_LONGEST_NUMBER = 19
_STATUS = "status"
_FIGURES = re.compile(r"\d+")


class Choice(msgspec.Struct, frozen=True):
    """What was asked for. `count` is None for no end."""

    prefixes: tuple[str, ...]
    since: Since
    follow: bool
    count: int | None
    as_json: bool

    @property
    def named(self) -> tuple[str, ...]:
        """The prefixes that name something: all but the empty one."""
        return tuple(prefix for prefix in self.prefixes if prefix)


def since_of(text: str | None) -> Since:
    """What `--since` means: a whole number is an event's number, anything else a duration. Raises `UsageError`."""
    if text is None:
        return NOW
    if text == "all":
        return Since()
    if text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER:
        return Since(seq=int(text))
    try:
        return Since(mono_ns=time.monotonic_ns() - int(parse_duration_s(text) * NS_PER_S))
    except ValueError as error:
        raise UsageError(f"--since: {error}; a plain number is an event's, 'all' is all that is kept") from error


def tap_events(client: Client, choice: Choice) -> int:
    """Write events until there are enough, Ctrl-C, or the reader's end; the exit status. Blocks."""
    stream = Stream(client, choice.prefixes, choice.since)
    writer = _Json() if choice.as_json else _Lines(every_status=_STATUS.startswith(choice.named))
    left = choice.count
    try:
        with terminal.until_interrupted():
            for item in _items(stream, follow=choice.follow):
                if not isinstance(item, Event):
                    _note(remark(item))
                    continue
                if writer.write(item) and left is not None:
                    left -= 1
                if left == 0:
                    break
    finally:
        stream.close()
    return EX_OK


def _items(stream: Stream, *, follow: bool) -> Iterator[Item]:
    if stream.unknown_seq:
        _note(f"this supervisor has come to event {stream.unknown_seq} only: it was started anew. All of its events:")
    yield from stream.kept()
    while follow and not terminal.reader_has_gone():
        yield from stream.arrived(_TURN_S)


def remark(item: Lost | Gone | Back) -> str:
    """What is said about the stream itself."""
    match item:
        case Lost(count=0):
            return f"events {item.first_seq} to {item.last_seq} are kept no longer; some of these may be among them"
        case Lost():
            return f"{words.count(item.count, 'event')} lost: {item.first_seq} to {item.last_seq} are kept no longer"
        case Gone():
            return "the supervisor has gone; waiting for it to come back"
        case Back(restarted=True):
            return f"the supervisor was started anew (boot {item.boot}); its events begin at 1"
        case Back():
            return "the supervisor answers again"


def _note(text: str) -> None:
    sys.stdout.flush()
    print(f"timelapse: {text}", file=sys.stderr, flush=True)


class _Lines:
    """For people: a line an event, and the date wherever it changes.

    A `status` comes with each frame and mostly says what the one before said: it is shown where it says something
    else, unless it was asked for by name.
    """

    def __init__(self, *, every_status: bool) -> None:
        self._ink = terminal.ink()
        self._day = ""
        self._every_status = every_status
        self._said = ""

    def write(self, event: Event) -> bool:
        """Print it; whether it was shown."""
        if event.topic == _STATUS and not self._every_status and not self._is_news(sentence(event)):
            return False
        day = words.day(event.wall_ns)
        if day != self._day:
            self._day = day
            print(self._ink.dim(f"-- {day} --"))
        print(line(event, self._ink), flush=True)
        return True

    def _is_news(self, said: str) -> bool:
        # A countdown is none.
        before, self._said = self._said, _FIGURES.sub("", said)
        return self._said != before


class _Json:
    """For scripts: the event as it came, one a line."""

    def write(self, event: Event) -> bool:
        """Write it; always true."""
        sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
        sys.stdout.flush()
        return True
