"""The configuration: found, readable, free of mistakes, in force, and keeping its secrets.

Owns: reading it in the place of the recorder, and the judgement. Does not own: its rules (`shared.config`).
Invariant: a broken one costs no other check. No secret is read, and none is part of what is told.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import Literal

from msgspec import Struct

from shared.config.locate import SEARCH, locate
from shared.config.model import Configuration
from shared.config.redact import redact_url
from shared.config.reference import names_in
from shared.errors import ConfigError
from timelapse.doctor import who
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known
from timelapse.doctor.who import Who

LIMIT_S = 10.0
_OTHERS_READ = stat.S_IROTH
_NOT_FOR_OTHERS = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP


class Read(Struct, frozen=True, kw_only=True):
    """What came of reading it: the configuration or mistakes. `mode` is the file's.

    `is_missing`: there is no file in any of the usual places. `is_forbidden`: this user may not read it.
    """

    path: str = ""
    configuration: Configuration | None = None
    mistakes: tuple[str, ...] = ()
    is_missing: bool = False
    is_forbidden: bool = False
    mode: int = 0


class Kept(Struct, frozen=True, kw_only=True):
    """A file that the recorder has to read: its mode, 0 where it is not there, and whether the recorder may.

    None: this user may not see that.
    """

    path: str
    kind: Literal["configuration", "secrets"]
    mode: int | None
    is_readable: bool | None


def read(explicit: str | None) -> Read:
    """Find and read it. Blocks for its disk."""
    from shared.config.read import read as read_file

    try:
        path = str(Path(locate(explicit)).absolute())
    except ConfigError as error:
        return _not_located(explicit, str(error))
    try:
        return Read(path=path, configuration=read_file(path), mode=_mode(path) or 0)
    except ConfigError as error:
        return Read(path=path, mistakes=tuple(str(error).splitlines()))


def look(known: Known) -> list[Kept]:
    """What the recorder has to read. In its place as root, for good: for a process of its own. Blocks for disks."""
    wanted: list[tuple[str, Literal["configuration", "secrets"]]] = []
    if known.config_path:
        wanted.append((known.config_path, "configuration"))
    if known.configuration is not None:
        files = {camera.secrets for camera in known.configuration.cameras.values()} | {known.configuration.secrets}
        wanted += [(file, "secrets") for file in sorted(filter(None, files))]
    modes = {path: _mode(path) for path, _ in wanted}
    who.become(known.recorder)
    return [
        Kept(
            path=path,
            kind=kind,
            mode=modes[path],
            is_readable=who.allowed(known.recorder, Path(path), os.R_OK),
        )
        for path, kind in wanted
    ]


def judge_read(found: Read, known: Known) -> list[Finding]:
    """Whether it can be used: each mistake is a fault with its place. Pure."""
    if found.configuration is not None:
        cameras = found.configuration.cameras
        count = f"{len(cameras)} camera{'' if len(cameras) == 1 else 's'}"
        return [ok("configuration.file", f"{found.path} has no mistakes; {count}: {', '.join(cameras)}")]
    if found.is_missing:
        return [_nowhere(found)]
    edit = f"sudo nano {shlex.quote(found.path)}" if found.path else known.config("check")
    advice = f"Then: {known.config('check')}"
    return [fault("configuration.file", mistake, do=edit, advice=advice) for mistake in found.mistakes]


def judge(kept: list[Kept], found: Read, known: Known) -> list[Finding]:
    """Whether the recorder may read what it has to, and nobody else what is secret. Pure."""
    findings = []
    for file in kept:
        if file.kind == "configuration":
            if file.is_readable is not None:
                findings.append(_readable("configuration.readable", file, known.recorder))
        elif file.mode == 0:
            findings.append(_no_secrets(file, known))
        elif file.mode is not None and file.is_readable is not None:
            findings += [_readable("configuration.readable", file, known.recorder), _secret(file, known.recorder)]
    return findings + _passwords_inside(found) + _pending(known)


def _nowhere(found: Read) -> Finding:
    return fault(
        "configuration.file",
        found.mistakes[0],
        do="sudo install -D -m 0644 config/timelapse.yml /etc/timelapse/timelapse.yml",
        advice="In the directory of the project, whose example runs as it is; or name another file by --config.",
    )


def _readable(check: str, file: Kept, recorder: Who) -> Finding:
    if file.is_readable:
        return ok(check, f"{recorder.name} may read {file.path}")
    group = who.group_of(recorder.gid)
    path, directory = shlex.quote(file.path), shlex.quote(str(Path(file.path).parent))
    return fault(
        check,
        f"{recorder.name}, as whom the recorder runs, may not read {file.path}",
        do=f"sudo chgrp {group} {path} && sudo chmod 640 {path} && sudo chmod a+x {directory}",
    )


def _no_secrets(file: Kept, known: Known) -> Finding:
    assert known.configuration is not None, "secrets are named there"
    sources = [camera.source for camera in known.configuration.cameras.values()]
    names = sorted({name for source in sources for name in names_in(source)})
    path = shlex.quote(file.path)
    if not names:
        return ok("configuration.secrets", f"{file.path} is not there, and no source asks for a secret")
    return fault(
        "configuration.secrets",
        f"{file.path} is not there, and the sources ask for {', '.join(names)}",
        do=f"sudo install -m 640 -g {who.group_of(known.recorder.gid)} /dev/null {path} && sudo nano {path}",
        advice=f"A line for each: {names[0]}=...; systemd's credentials and the environment may hold them instead.",
    )


def _secret(file: Kept, recorder: Who) -> Finding:
    mode = stat.S_IMODE(file.mode or 0)
    if not mode & _NOT_FOR_OTHERS:
        return ok("configuration.secrets", f"{file.path} is {mode:04o}: for those alone who need it")
    path = shlex.quote(file.path)
    return warning(
        "configuration.secrets",
        f"{file.path} is {mode:04o}: others may read or change the passwords in it",
        do=f"sudo chgrp {who.group_of(recorder.gid)} {path} && sudo chmod 640 {path}",
    )


def _passwords_inside(found: Read) -> list[Finding]:
    if found.configuration is None or not found.mode & _OTHERS_READ:
        return []
    open_ = [name for name, camera in found.configuration.cameras.items() if redact_url(camera.source) != camera.source]
    if not open_:
        return []
    return [
        warning(
            "configuration.passwords",
            f"{found.path} holds the password of {', '.join(open_)}, and every user of this machine may read it",
            do=f"sudo chmod o= {shlex.quote(found.path)}",
            advice="Better: write ${NAME} in its place, and the password into the file of the key secrets.",
        )
    ]


def _pending(known: Known) -> list[Finding]:
    """What the file says and the recorder does not do."""
    if known.status is None:
        return []
    config = known.status.config
    if config.errors:
        saw = f"the last reload was refused ({config.errors[0]}); what ran before runs on"
        return [warning("configuration.in_force", saw, do=f"{known.config('check')} && {known.control('reload')}")]
    if config.needs_restart:
        keys = ", ".join(config.needs_restart)
        workers = [key.split(".")[1] for key in config.needs_restart if key.startswith("cameras.")]
        do = known.control(f"restart capture.{workers[0]}") if workers else known.restart()
        return [warning("configuration.in_force", f"changed, and not in force yet: {keys}", do=do)]
    return [ok("configuration.in_force", f"the supervisor goes by {config.path}")]


def _not_located(explicit: str | None, error: str) -> Read:
    path = explicit or SEARCH[0]
    try:
        is_forbidden = Path(path).exists() and not os.access(path, os.R_OK)
    except OSError:  # one of its directories is closed to us
        is_forbidden = True
    if is_forbidden:
        return Read(path=path, mistakes=(error,), is_forbidden=True)
    if explicit is not None or Path(path).exists():
        return Read(path=path, mistakes=tuple(error.splitlines()))
    looked = " nor ".join(str(Path(each).absolute()) for each in SEARCH)
    return Read(mistakes=(f"there is no configuration file: neither {looked}",), is_missing=True)


def _mode(path: str) -> int | None:
    try:
        return Path(path).stat().st_mode
    except PermissionError:
        return None
    except OSError:
        return 0
