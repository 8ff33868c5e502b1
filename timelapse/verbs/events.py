"""`timelapse events`: what happens, as it happens.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from shared.errors import UsageError
from timelapse.usage import Subparsers, add_verb, count_argument

_DESCRIPTION = """\
Shows what happens, as it happens: each frame, each miss with its cause, each
change of a worker. Anybody may listen; it never slows the recording down. Each
PREFIX is the beginning of a topic: 'frame', 'worker.hung', ...

The last 10,000 events are kept. Events that get lost on the way (a paused
terminal, a busy machine) are fetched again, so that none is missing or shown
twice. 'bus.tick', each second, is shown only where it is asked for; so is a
'status' that says nothing new, but with --json."""
_EPILOG = """\
examples:
  timelapse events                        everything from now on; Ctrl-C ends it
  timelapse events frame --since 10m      the frames and misses of ten minutes, and on
  timelapse events worker camera          what the workers and cameras do
  timelapse events --no-follow            what is kept, and no more
  timelapse events frame.written --json --count 1 | jq -r .data.path"""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    verb = add_verb(subparsers, "events", "what happens, as it happens", _DESCRIPTION, _EPILOG, run)
    verb.add_argument("prefixes", metavar="PREFIX", nargs="*", help="only topics that begin so (several: any of them)")
    verb.add_argument("--json", action="store_true", help="the events as they go over the bus, one a line")
    verb.add_argument(
        "--since",
        metavar="SEQ|DURATION|all",
        help="first those kept: after the event with this number, of the last 10m (or 30s, 2h), or all",
    )
    verb.add_argument(
        "--follow",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on with what happens next (this is the default), or end with what is kept (all, without --since)",
    )
    verb.add_argument("--count", metavar="N", type=count_argument, help="end after so many events")


def run(arguments: argparse.Namespace) -> int:
    """Show events. Blocks until there are enough, or for ever."""
    from timelapse.client import find
    from timelapse.tapping import Choice, since_of, tap_events

    _check_prefixes(arguments.prefixes)
    since = arguments.since if arguments.since or arguments.follow else "all"
    choice = Choice(
        prefixes=tuple(arguments.prefixes) or ("",),
        since=since_of(since),
        follow=arguments.follow,
        count=arguments.count,
        as_json=arguments.json,
    )
    client = find(arguments.runtime_dir)
    try:
        return tap_events(client, choice)
    finally:
        client.close()


def _check_prefixes(prefixes: list[str]) -> None:
    """A mistyped prefix would wait for ever."""
    from shared.config.suggest import did_you_mean
    from shared.events import DATA_TYPES

    for prefix in prefixes:
        if not any(topic.startswith(prefix) for topic in DATA_TYPES):
            words = sorted({topic.partition(".")[0] for topic in DATA_TYPES}) + sorted(DATA_TYPES)
            topics = ", ".join(sorted(DATA_TYPES))
            raise UsageError(f"no topic begins with '{prefix}'{did_you_mean(prefix, words)}; there are: {topics}")
