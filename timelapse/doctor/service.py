"""The service: what systemd says of it, and of the two units beside it.

Owns: asking systemctl, and the judgement. Does not own: whether a supervisor answers (`talk`).
Invariant: systemd is asked by `systemctl show` alone, which any user may and which changes nothing.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence

from msgspec import Struct

from shared.errors import EX_CONFIG
from shared.mounts import is_within
from timelapse.doctor import who
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import UNIT, Known
from timelapse.doctor.places import Places
from timelapse.doctor.who import Who

LIMIT_S = 8.0
_ASK_S = 5.0
REVIVE, WAIT = "timelapse-revive.timer", "timelapse-time-wait.service"
_STATE = (
    "Id,LoadState,UnitFileState,ActiveState,SubState,Result,Restart,NRestarts,ExecMainStatus,MainPID,NeedDaemonReload"
)
_RIGHTS = "User,SupplementaryGroups,ProtectSystem,ProtectHome,ReadWritePaths,BindPaths,StateDirectory"
_PROPERTIES = f"{_STATE},{_RIGHTS},ExecMainStartTimestampMonotonic"
_LOG = f"journalctl -u {UNIT} -n 50 --no-pager"
_RECENT_S = 86_400.0


class Service(Struct, frozen=True, kw_only=True):
    """Each unit's properties by its name. `why` says why there are none. `age_s`: for how long it has been running."""

    units: dict[str, dict[str, str]] = {}
    why: str = ""
    recorder: Who | None = None
    age_s: float | None = None

    @property
    def main(self) -> dict[str, str]:
        """Those of the recorder's own unit."""
        return self.units.get(UNIT, {})


def look(places: Places, systemctl: Sequence[str] = ("systemctl",)) -> Service:
    """Ask systemd. Blocks for some tenths of a second, 5 s at most."""
    if not places.at("/run/systemd/system").is_dir():
        return Service(why="this machine is not run by systemd")
    command = [*systemctl, "show", f"--property={_PROPERTIES}", UNIT, REVIVE, WAIT]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Service(why=f"systemctl can't be asked: {error}")
    if done.returncode:
        return Service(why=f"systemctl says: {done.stderr.strip()}")
    units = parse(done.stdout)
    main = units.get(UNIT, {})
    user = main.get("User", "")
    recorder = who.of_name(user, main.get("SupplementaryGroups", "").split()) if user else None
    return Service(units=units, recorder=recorder, age_s=_age_s(main, places))


def parse(shown: str) -> dict[str, dict[str, str]]:
    """The properties of each unit, as `systemctl show` prints them. Pure."""
    units = {}
    for block in shown.strip().split("\n\n"):
        properties = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" in properties:
            units[properties["Id"]] = properties
    return units


def judge(service: Service, known: Known) -> list[Finding]:
    """Whether it runs, will run after the next boot, and why not. Pure."""
    main = service.main
    if main.get("LoadState") != "loaded":
        return [_not_installed(main, known)]
    findings = [_enabled(main), _state(main, known), _restarts(main, service.age_s)]
    if main.get("NeedDaemonReload") == "yes":
        findings.append(
            warning(
                "service.files", "the unit's file was changed and not read again", do="sudo systemctl daemon-reload"
            )
        )
    return [
        *findings,
        *_sandbox(main, known),
        _revive(service.units.get(REVIVE, {}), main),
        _time_wait(service.units.get(WAIT, {})),
    ]


def _not_installed(main: dict[str, str], known: Known) -> Finding:
    state = main.get("LoadState", "not-found")
    if state == "masked":
        return fault("service.enabled", f"{UNIT} is masked", do=f"sudo systemctl unmask {UNIT}")
    if known.status is not None:
        saw = "the recorder runs, but is no service: it does not come back after a boot"
        return warning("service.enabled", saw, do="sudo scripts/setup.sh")
    return warning("service.enabled", f"there is no {UNIT} ({state})", do="sudo scripts/setup.sh")


def _enabled(main: dict[str, str]) -> Finding:
    state = main.get("UnitFileState", "")
    if state in {"enabled", "enabled-runtime", "static", "linked"}:
        return ok("service.enabled", f"{UNIT} is {state}: it starts at boot")
    saw = f"{UNIT} is {state or 'not enabled'}: it does not start at boot"
    return warning("service.enabled", saw, do=f"sudo systemctl enable {UNIT}")


def _state(main: dict[str, str], known: Known) -> Finding:
    active, sub = main.get("ActiveState", ""), main.get("SubState", "")
    if active == "failed":
        return _failed(main, known)
    if sub == "auto-restart":
        return fault("service.state", f"it ends again and again ({main.get('Result', '')})", do=_LOG)
    if active in {"active", "reloading"}:
        return ok("service.state", f"{active} ({sub}), pid {main.get('MainPID', '?')}")
    if active in {"activating", "deactivating"}:
        return warning("service.state", f"{active} ({sub})", do=f"systemctl status {UNIT}")
    saw = f"{active or 'unknown'}: it was stopped, or never started"
    return warning("service.state", saw, do=f"sudo systemctl start {UNIT}")


def _failed(main: dict[str, str], known: Known) -> Finding:
    result = main.get("Result", "")
    again = f"sudo systemctl reset-failed {UNIT} && sudo systemctl start {UNIT}"
    if main.get("ExecMainStatus") == str(EX_CONFIG):
        do = f"{known.config('check')} && sudo systemctl start {UNIT}"
        return fault("service.state", "failed: its configuration has mistakes (78), and it waits for you", do=do)
    # The limit itself is seldom the result: systemd keeps that of the last failure. Else this unit is always restarted.
    if result == "start-limit-hit" or (main.get("Restart") == "always" and result != "timeout"):
        saw = f"failed ({result}): it ended so often in so short a time that systemd does not start it any more"
        advice = f"Why: {_LOG}. {REVIVE} tries again each 30 minutes."
        return fault("service.state", saw, do=again, advice=advice)
    saw = f"failed ({result}, exit status {main.get('ExecMainStatus', '?')})"
    return fault("service.state", saw, do=again, advice=f"Why: {_LOG}")


def _restarts(main: dict[str, str], age_s: float | None) -> Finding:
    count = int(main.get("NRestarts") or 0)
    if count and age_s is not None and age_s < _RECENT_S:
        saw = f"systemd had to start it again {count} times, last {age_s / 3600:.1f} h ago"
        return warning("service.restarts", saw, do=f"journalctl -u {UNIT} -p warning --since -1d --no-pager")
    return ok(
        "service.restarts", f"started again by systemd {count} times" if count else "never had to be started again"
    )


def _revive(unit: dict[str, str], main: dict[str, str]) -> Finding:
    check = "service.revive"
    if unit.get("LoadState") != "loaded":
        saw = f"{REVIVE} is not installed: a service that has failed for good stays so"
        return warning(check, saw, do="sudo scripts/setup.sh --upgrade")
    if main.get("ActiveState") == "active" and unit.get("ActiveState") != "active":
        saw = f"{REVIVE} is {unit.get('ActiveState')}: should the service fail for good, it stays so"
        return warning(check, saw, do=f"sudo systemctl start {REVIVE}")
    return ok(check, f"{REVIVE} starts the service again, should it fail for good")


def _time_wait(unit: dict[str, str]) -> Finding:
    check = "service.time_wait"
    if unit.get("LoadState") != "loaded":
        saw = f"{WAIT} is not installed: after a boot, recording begins with a clock that may be wrong"
        return warning(check, saw, do="sudo scripts/setup.sh --upgrade")
    if unit.get("ActiveState") == "failed":
        return warning(check, f"{WAIT} has failed ({unit.get('Result')})", do=f"journalctl -u {WAIT} -b --no-pager")
    return ok(check, f"{WAIT} has the service wait for the clock at boot")


def _sandbox(main: dict[str, str], known: Known) -> list[Finding]:
    """The unit's own walls: a directory that every user may write to is closed all the same."""
    if known.configuration is None or main.get("ProtectSystem") not in {"strict", "full", "yes"}:
        return []
    path = known.configuration.output_dir
    opened = [word.lstrip("-+") for word in main.get("ReadWritePaths", "").split()]
    opened += [f"/var/lib/{word}" for word in main.get("StateDirectory", "").split()]
    opened += [word.split(":")[0] for word in main.get("BindPaths", "").split()]
    if any(is_within(path, each) for each in opened):
        return [ok("service.sandbox", f"the service may write to {path}")]
    in_a_home = main.get("ProtectHome") != "no" and any(
        is_within(path, home) for home in ("/home", "/root", "/run/user")
    )
    if main["ProtectSystem"] != "strict" and not in_a_home:
        return []
    saw = f"the unit lets the service write to {', '.join(opened)}, and not to {path}, whatever its mode is"
    return [fault("service.sandbox", saw, do=f"sudo scripts/setup.sh --output-dir {shlex.quote(path)}")]


def _age_s(main: dict[str, str], places: Places) -> float | None:
    started = main.get("ExecMainStartTimestampMonotonic", "")
    uptime = places.text("/proc/uptime").split()
    if not started.isdigit() or not int(started) or not uptime:
        return None
    return max(0.0, float(uptime[0]) - int(started) / 1e6)
