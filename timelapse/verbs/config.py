"""`timelapse config`: check, show, get and set.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_verb

_DESCRIPTION = """\
Looks at the configuration file, or changes one key of it and leaves every other
character as it is, comments too. Keys are dotted: cameras.main.interval."""
_EPILOG = """\
examples:
  timelapse config check
  timelapse config show
  timelapse config get cameras.main.interval
  timelapse config set cameras.main.interval 5s && timelapse reload
  timelapse config set cameras.garden.source rtsp://192.168.1.20/stream   (adds a camera)

'timelapse config' works on the file that '--config' names, otherwise on
/etc/timelapse/timelapse.yml, otherwise on ./config/timelapse.yml; no supervisor
has to run. The exit status is 78 where the file has mistakes."""

_CHECK = """\
Tells all mistakes in the file at once, each as FILE:LINE:COLUMN: KEY: what is
wrong, and exits with 78; or says that the file is fine."""
_SHOW = """\
Prints every setting, those that are not in the file with their defaults, in the
file's own notation. Passwords in addresses are hidden."""
_GET = """\
Prints the value of one key, or its default. A source comes with its password."""
_GET_EXAMPLE = """\
example:
  timelapse config get storage.clean_above"""
_SET = """\
Changes one value and leaves every other character of the file as it is. A value
that would be a mistake is refused, and the file stays as it was. The file is
replaced in one step, and keeps its owner and mode."""
_SET_EXAMPLE = """\
examples:
  timelapse config set cameras.main.interval 5s && timelapse reload
  timelapse config set storage.stop_above 95%"""


def add(subparsers: Subparsers) -> None:
    """Declare the verb and its own four."""
    summary = "check, show or change the configuration"
    verb = add_verb(subparsers, "config", summary, _DESCRIPTION, _EPILOG, None, reads_config=True)
    actions = verb.add_subparsers(title="actions", metavar="ACTION", required=True)
    add_verb(actions, "check", "tell all mistakes, or that it is fine", _CHECK, "", _check, reads_config=True)
    show = add_verb(
        actions, "show", "every setting, defaults too; passwords are hidden", _SHOW, "", _show, reads_config=True
    )
    show.add_argument("--json", action="store_true", help="as JSON, with the names and units of the program")
    get = add_verb(actions, "get", "one value", _GET, _GET_EXAMPLE, _get, reads_config=True)
    set_ = add_verb(actions, "set", "change one value in the file", _SET, _SET_EXAMPLE, _set, reads_config=True)
    for action in (get, set_):
        action.add_argument("key", metavar="KEY", help="dotted: cameras.main.interval")
    set_.add_argument("value", metavar="VALUE", help="as it would stand in the file: 5s, 90%%, 1920x1080")


def _check(arguments: argparse.Namespace) -> int:
    from timelapse.configuring import check

    return check(arguments.config)


def _show(arguments: argparse.Namespace) -> int:
    from timelapse.configuring import show_all

    return show_all(arguments.config, as_json=arguments.json)


def _get(arguments: argparse.Namespace) -> int:
    from timelapse.configuring import get_one

    return get_one(arguments.config, arguments.key)


def _set(arguments: argparse.Namespace) -> int:
    from timelapse.configuring import set_one

    return set_one(arguments.config, arguments.runtime_dir, arguments.key, arguments.value)
