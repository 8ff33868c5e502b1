"""The whole examination: which look comes when, and what one theme has to know from another.

Owns: the order, and who is who. Does not own: looking and judging (the themes), giving up (`aside`).
Invariant: each look runs in a process of its own, all at once where none waits for another; what one of them does not
see costs no other.
"""

from __future__ import annotations

from functools import partial

from shared.version import VERSION
from timelapse.doctor import (
    cameras,
    clock,
    configuration,
    disk,
    memory,
    mount,
    network,
    outlook,
    packages,
    power,
    processes,
    recording,
    service,
    talk,
    who,
)
from timelapse.doctor.aside import Aside
from timelapse.doctor.catalogue import CHECKS, THEMES, theme_of
from timelapse.doctor.configuration import Kept, Read
from timelapse.doctor.finding import Finding, NotSeen, Report, worst
from timelapse.doctor.gathering import Gathering
from timelapse.doctor.known import Known
from timelapse.doctor.places import Places
from timelapse.doctor.service import Service
from timelapse.doctor.talk import Talk


def examine(config_path: str | None, runtime_dir: str | None, now_wall_ns: int, places: Places) -> Report:
    """Look at everything. Blocks for a second or two; where something hangs, for up to 40 s."""
    with Gathering() as gathering:
        talking = gathering.begin(lambda: talk.look(runtime_dir, places), Talk, talk.LIMIT_S)
        asking = gathering.begin(lambda: service.look(places), Service, service.LIMIT_S)
        alone = _Alone(gathering, places)
        said = gathering.get(talking, "sockets") or Talk()
        running = said.status.config.path if said.status is not None else None
        reading = gathering.begin(lambda: configuration.read(config_path or running), Read, configuration.LIMIT_S)
        unit = gathering.get(asking, "service") or Service(why="systemd does not answer")
        read = gathering.get(reading, "configuration") or Read(path=config_path or "")
        known = _known(said, unit, read, now_wall_ns, places)
        later = _Later(gathering, known, places)
        if said.places:
            gathering.findings += talk.judge(said, known)
        _judge_first(gathering, unit, read, known)
        alone.conclude(known)
        later.conclude(read)
        return _report(gathering, known)


class _Alone:
    """What nobody has to know anything for."""

    def __init__(self, gathering: Gathering, places: Places) -> None:
        self._gathering = gathering
        begin = gathering.begin
        self._processes = begin(lambda: processes.look(places), list[processes.Process], processes.LIMIT_S)
        self._wifi = begin(lambda: network.look_at_wifi(places), list[network.Wifi], network.WIFI_LIMIT_S)
        self._system = begin(lambda: disk.look_at_system(places), dict[str, float], disk.LIMIT_S)
        self._clock = begin(lambda: clock.look(places), clock.Seen, clock.LIMIT_S)
        self._power = begin(lambda: power.look(places), power.Seen, power.LIMIT_S)
        self._memory = begin(lambda: memory.look(places), memory.Seen, memory.LIMIT_S)

    def conclude(self, known: Known) -> None:
        """Judge all of it."""
        judge = self._gathering.judge
        judge(self._processes, "processes", lambda seen: processes.judge(seen, known))
        judge(self._wifi, "network", lambda seen: network.judge_wifi(seen, known))
        judge(self._system, "disk", disk.judge_system)
        judge(self._clock, "clock", lambda seen: clock.judge(seen, known))
        judge(self._power, "power", power.judge)
        judge(self._memory, "memory", lambda seen: memory.judge(seen, known))


class _Later:
    """What goes by the configuration, and by who the recorder is."""

    def __init__(self, gathering: Gathering, known: Known, places: Places) -> None:
        self._gathering = gathering
        self._known = known
        self._places = places
        begin = gathering.begin
        self._packages = begin(lambda: packages.look(known), packages.Seen, packages.LIMIT_S)
        self._kept = begin(lambda: configuration.look(known), list[Kept], configuration.LIMIT_S)
        self._hosts = {
            name: (source, begin(partial(network.look, name, source), network.Reached, network.LIMIT_S))
            for name, source in network.sources(known).items()
        }
        self._cameras: Aside[cameras.Seen] | None = None
        if stuck := cameras.stuck_worker(known):
            why = f"{stuck} hangs in the kernel: whoever opens its camera may hang beside it"
            gathering.not_seen.append(NotSeen(theme="cameras", why=why))
        elif cameras.wants_look(known):
            self._cameras = begin(lambda: cameras.look(known, places), cameras.Seen, cameras.LIMIT_S)
        self._disk: Aside[disk.Seen] | None = None
        self._last: Aside[recording.LastWords] | None = None
        if (settings := known.configuration) is not None:
            names = list(settings.cameras)
            self._disk = begin(lambda: disk.look(settings.output_dir, names, known.recorder), disk.Seen, disk.LIMIT_S)
            if known.status is None:
                self._last = begin(lambda: recording.look(settings.output_dir), recording.LastWords, recording.LIMIT_S)

    def conclude(self, read: Read) -> None:
        """Judge all of it."""
        gathering, known = self._gathering, self._known
        if known.configuration is not None and self._disk is not None:
            self._conclude_disk(known.configuration.output_dir, self._disk)
        if self._last is not None:
            gathering.judge(self._last, "recording", lambda last: recording.judge_last_words(last, known))
        gathering.judge(self._kept, "configuration", lambda kept: configuration.judge(kept, read, known))
        for name, (source, host) in self._hosts.items():
            reached = gathering.get(host, "network", stuck=partial(network.stuck, name, source))
            if reached is not None:
                gathering.findings.append(network.judge(reached))
        if self._cameras is not None:
            gathering.judge(self._cameras, "cameras", lambda seen: cameras.judge(seen, known))
        gathering.judge(self._packages, "packages", lambda seen: packages.judge(seen, known))

    def _conclude_disk(self, output_dir: str, begun: Aside[disk.Seen]) -> None:
        gathering, known, places = self._gathering, self._known, self._places
        seen = gathering.get(begun, "disk", stuck=lambda: disk.stuck(output_dir))
        path = output_dir if seen is None else seen.path
        held = gathering.get(gathering.begin(lambda: mount.look(path, places), mount.Seen, mount.LIMIT_S), "mount")
        if held is not None:
            gathering.findings += mount.judge(held, path, known)
            if seen is not None:
                gathering.findings += disk.judge(seen, held.kind, known)
        if seen is not None and (seen.is_hidden or seen.is_writable is None) and not seen.problem:
            gathering.not_seen.append(NotSeen(theme="disk", why=f"{known.caller.name} may not look into {path}"))


def _judge_first(gathering: Gathering, unit: Service, read: Read, known: Known) -> None:
    """What is known by the time that the others begin."""
    if unit.why:
        gathering.not_seen.append(NotSeen(theme="service", why=unit.why))
    else:
        gathering.findings += service.judge(unit, known)
    if read.is_forbidden:
        gathering.not_seen.append(NotSeen(theme="configuration", why=f"{known.caller.name} may not read {read.path}"))
    elif read.path or read.mistakes:
        gathering.findings += configuration.judge_read(read, known)
    if known.status is not None:
        gathering.findings += recording.judge(known.status, known)
        gathering.findings += outlook.judge(known.status, known)


def _known(said: Talk, unit: Service, read: Read, now_wall_ns: int, places: Places) -> Known:
    caller = who.caller()
    return Known(
        now_wall_ns=now_wall_ns,
        caller=caller,
        recorder=said.recorder or unit.recorder or said.owner or caller,
        configuration=read.configuration,
        config_path=read.path,
        status=said.status,
        runtime_dir=said.open.directory if said.open is not None else "",
        unit=unit.main,
        board=places.board,
    )


def _report(gathering: Gathering, known: Known) -> Report:
    themes, checks = list(THEMES), list(CHECKS)
    findings = sorted(
        gathering.findings, key=lambda found: (themes.index(theme_of(found.check)), checks.index(found.check))
    )
    by_hand = [_without_sudo(finding) for finding in findings] if known.caller.uid == 0 else findings
    return Report(
        version=VERSION,
        user=known.caller.name,
        recorder=known.recorder.name,
        level=worst(tuple(by_hand)),
        checks=tuple(by_hand),
        not_seen=tuple(gathering.not_seen),
    )


def _without_sudo(finding: Finding) -> Finding:
    """For root, on whose machine there may be no sudo."""
    from msgspec.structs import replace

    return replace(finding, do=finding.do.replace("sudo ", ""), advice=finding.advice.replace("sudo ", ""))
