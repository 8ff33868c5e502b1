"""The cameras of this machine: there, free, and open to the recorder.

Owns: judging what `timelapse cameras` finds against what is configured. Does not own: looking for them
(`capture_worker.discovery`, in a process of its own), nor network cameras (`network`).
Invariant: no camera is taken, and none that somebody has is even opened; the judgement is pure but for names of groups.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from msgspec import Struct

from shared.config.model import CameraConfig
from shared.errors import CameraError
from shared.found_cameras import Found, FoundCamera
from timelapse.doctor import who
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known, is_local
from timelapse.doctor.places import Places
from timelapse.show.words import plain

LIMIT_S = 32.0
_LOOK_S = 30.0
"""libcamera has 20 s on its own, and a USB camera that answers nothing takes 5."""
_FORBIDDEN = "may not open the camera"
_LIST = "timelapse cameras"


class DeviceFile(Struct, frozen=True, kw_only=True):
    """A node below /dev that a camera needs."""

    path: str
    mode: int
    uid: int
    gid: int


class Seen(Struct, frozen=True, kw_only=True):
    """What was found; `problem` where looking failed. `nodes`: to which device each configured path leads."""

    found: Found | None = None
    problem: str = ""
    nodes: dict[str, str] = {}
    files: tuple[DeviceFile, ...] = ()


def look(known: Known, places: Places) -> Seen:
    """Look for cameras. Blocks: for some tenths of a second, or up to half a minute where one hangs."""
    from shared import interpreter
    from timelapse.looking import look as look_for_cameras

    command = interpreter.command("capture_worker.discovery", ["--free-only"])
    files = tuple(_device_files(places))
    nodes = _nodes(known)
    try:
        return Seen(found=look_for_cameras(command, _LOOK_S), nodes=nodes, files=files)
    except CameraError as error:
        return Seen(problem=str(error), nodes=nodes, files=files)


def judge(seen: Seen, known: Known) -> list[Finding]:
    """Each configured camera of this machine, and whether the recorder may open what is there."""
    local = [camera for camera in _configured(known) if is_local(camera.source)]
    findings = []
    if seen.found is None:
        findings.append(fault("cameras.look", seen.problem, do=_LIST))
    else:
        for camera in local:
            findings += _at_work(camera, known) or _camera(camera, seen.found, seen.nodes, known)
        if not local:
            findings.append(_unused(seen.found))
    return findings + (_access(seen.files, known) if local else [])


def wants_look(known: Known) -> bool:
    """Whether there is reason to look: a camera of this machine, or a configuration that tells nothing."""
    return known.configuration is None or any(is_local(camera.source) for camera in _configured(known))


def stuck_worker(known: Known) -> str:
    """The worker that hangs in the kernel, if one does: whoever opens its camera hangs beside it. Else empty."""
    workers = known.status.workers.items() if known.status else ()
    return next((name for name, worker in workers if worker.state == "quarantined"), "")


def _configured(known: Known) -> list[CameraConfig]:
    return list(known.configuration.cameras.values()) if known.configuration else []


def _at_work(camera: CameraConfig, known: Known) -> list[Finding]:
    """What the recorder itself says of a camera that it has; nothing where it has it not."""
    worker = known.status.workers.get(f"capture.{camera.name}") if known.status else None
    if known.status is None or worker is None or worker.state != "running":
        return []
    status = known.status.cameras.get(camera.name)
    if status is None or not status.driver or status.last_frame_slot_ns is None:
        return []
    opened = ", ".join(plain(text) for text in (status.model, status.driver) if text)
    findings = [
        ok("cameras.present", f"{camera.name}: open ({opened})", subject=camera.name),
        ok("cameras.free", f"{camera.name}: its own worker has it, pid {worker.pid}", subject=camera.name),
    ]
    if camera.source.startswith("/dev/video"):
        saw = f"{camera.name}: {camera.source} may be another camera after the next start"
        findings.append(warning("cameras.name", saw, subject=camera.name, do=_LIST, advice="It tells the better name."))
    return findings


def _unused(found: Found) -> Finding:
    names = ", ".join(plain(camera.model) for camera in found.cameras) or "none"
    return ok("cameras.look", f"cameras of this machine: {names}")


def _camera(camera: CameraConfig, found: Found, nodes: dict[str, str], known: Known) -> list[Finding]:
    there = _matching(camera.source, found, nodes)
    if there is None:
        notes = " ".join(found.notes)
        saw = f"{camera.name}: {camera.source} is not there ({len(found.cameras)} cameras are)"
        if camera.source == "auto":
            saw = f"{camera.name}: this machine has no camera"
        do = "rpicam-hello --list-cameras" if camera.source.startswith("picamera2") else _LIST
        return [fault("cameras.present", saw, subject=camera.name, do=do, advice=plain(notes))]
    model = plain(there.model)
    if there.problem and not (_FORBIDDEN in there.problem and known.caller.uid != known.recorder.uid):
        saw = f"{camera.name}: {model}: {plain(there.problem)}"
        return [fault("cameras.present", saw, subject=camera.name, do=_LIST)]
    findings = [ok("cameras.present", f"{camera.name}: {model} is there ({there.source})", subject=camera.name)]
    if camera.source.startswith("/dev/video"):
        findings.append(_unstable(camera, there, known))
    return [*findings, _holder(camera, there)]


def _matching(source: str, found: Found, nodes: dict[str, str]) -> FoundCamera | None:
    if source == "auto":
        return next(iter(found.cameras), None)
    if source.startswith("picamera2"):
        number = int(source.partition(":")[2] or "0")
        own = [camera for camera in found.cameras if camera.kind == "pi"]
        return own[number] if number < len(own) else None
    node = nodes.get(source, source)
    return next((camera for camera in found.cameras if source == camera.source or node == camera.node), None)


def _unstable(camera: CameraConfig, there: FoundCamera, known: Known) -> Finding:
    check, subject = "cameras.name", camera.name
    if not there.is_stable:
        return ok(check, f"{camera.name}: {camera.source} is the only name that it has", subject=subject)
    saw = f"{camera.name}: {camera.source} may be another camera after the next start"
    return warning(check, saw, subject=subject, do=known.config(f"set cameras.{camera.name}.source {there.source}"))


def _holder(camera: CameraConfig, there: FoundCamera) -> Finding:
    check, own = "cameras.free", f"capture.{camera.name} "
    if not there.used_by:
        return ok(check, f"{camera.name}: nobody has it", subject=camera.name)
    if there.used_by.startswith(own):
        return ok(check, f"{camera.name}: its own worker has it, {plain(there.used_by)}", subject=camera.name)
    if camera.source == "auto" and there.used_by.startswith("capture."):
        return ok(check, f"{camera.name}: {plain(there.used_by)} has the first one", subject=camera.name)
    saw = f"{camera.name}: another program has it: {plain(there.used_by)}"
    return fault(check, saw, subject=camera.name, do=f"sudo fuser -v {there.node or '/dev/video*'}", advice="End it.")


def _access(files: tuple[DeviceFile, ...], known: Known) -> list[Finding]:
    if not files:
        return []
    user = known.recorder
    closed = [file for file in files if not who.mode_permits(user, file.mode, file.uid, file.gid, os.R_OK | os.W_OK)]
    if not closed:
        return [ok("cameras.permission", f"{user.name} may open {', '.join(file.path for file in files[:3])}")]
    group = who.group_of(closed[0].gid)
    return [
        fault(
            "cameras.permission",
            f"{user.name}, as whom the recorder runs, may not open {', '.join(file.path for file in closed[:3])}",
            do=f"sudo usermod -aG {group} {user.name} && {known.restart()}",
        )
    ]


def _device_files(places: Places) -> list[DeviceFile]:
    names = [name for name in places.names("/dev") if name.startswith("video")]
    found = []
    for name in names:
        try:
            status = places.at(f"/dev/{name}").stat()
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode):
            continue
        found.append(DeviceFile(path=f"/dev/{name}", mode=status.st_mode, uid=status.st_uid, gid=status.st_gid))
    return found


def _nodes(known: Known) -> dict[str, str]:
    """Where the links of by-id and by-path lead."""
    from capture_worker.cameras.v4l2_nodes import node_of

    found = {}
    for source in (camera.source for camera in _configured(known) if camera.source.startswith("/dev/")):
        try:
            if node := node_of(source):
                found[source] = f"/dev/{Path(node).name}"
        except ValueError:
            continue
    return found
