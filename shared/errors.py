"""The one tree of errors, each with the exit status that it ends a process with.

Owns: the kinds of failure that cross a module's border, and their statuses (sysexits.h).
Does not own: how they are shown; `timelapse.cli` and `shared.worker` print them.
Invariant: a message says what is wrong, where, and what to do, and never holds a password.
"""

from __future__ import annotations

EX_OK = 0
EX_USAGE = 64
EX_NOHOST = 68
EX_UNAVAILABLE = 69
EX_SOFTWARE = 70
EX_CANTCREAT = 73
EX_IOERR = 74
EX_TEMPFAIL = 75
EX_CONFIG = 78


class TimelapseError(Exception):
    """Something that a person has to read. `status` is the exit status it deserves."""

    status = EX_SOFTWARE


class UsageError(TimelapseError):
    """The command line does not make sense."""

    status = EX_USAGE


class NotRunningError(TimelapseError):
    """No supervisor answers on any of the runtime directories."""

    status = EX_UNAVAILABLE


class CameraError(TimelapseError):
    """The camera can't be opened, was lost, or stopped giving pictures."""

    status = EX_UNAVAILABLE


class AbsentError(CameraError):
    """Nobody answers where the camera should be: it is switched off, unplugged, or still starting."""

    status = EX_NOHOST


class DiskError(TimelapseError):
    """The output disk answered with an error, or is not there."""

    status = EX_IOERR


class OutputError(TimelapseError):
    """The file that was asked for can't be made there, or there is one already."""

    status = EX_CANTCREAT


class BusyError(TimelapseError):
    """Somebody else holds it (a lock, a camera); trying again later may succeed."""

    status = EX_TEMPFAIL


class ConfigError(TimelapseError):
    """The configuration can't be used. Every mistake in it is one line of the message."""

    status = EX_CONFIG


class WireError(TimelapseError):
    """A message that is malformed, too large, or not one of `shared.messages`."""
