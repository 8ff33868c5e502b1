"""Network cameras: whether their names resolve and their ports answer; and the Wi-Fi that this machine hangs on.

Owns: asking the hosts that are configured, and no others; and the judgement. Does not own: whether pictures come.
Invariant: nothing is sent but the beginning of a TCP connection. No address with its password is told.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from urllib.parse import urlsplit

from msgspec import Struct

from shared.config.source import DEFAULT_PORTS
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known, is_network
from timelapse.doctor.places import Places

LIMIT_S = 12.0
WIFI_LIMIT_S = 6.0
_CONNECT_S = 3.0
_IW_S = 3.0
_WEAK_DBM = -75


class Reached(Struct, frozen=True, kw_only=True):
    """What came of it for one camera. `address` is the number that the name stands for; `took_ms` where it answered."""

    camera: str
    host: str
    port: int
    address: str = ""
    problem: str = ""
    took_ms: float | None = None


class Wifi(Struct, frozen=True, kw_only=True):
    """A wireless interface. None: `iw` is not there to ask whether it saves power; it has no signal."""

    interface: str
    power_save: bool | None = None
    signal_dbm: int | None = None


def look(name: str, source: str) -> Reached:
    """Try one camera's host and port. Blocks for the name server, and 3 s for the port."""
    url = urlsplit(source)
    host, port = url.hostname or "", url.port or DEFAULT_PORTS[url.scheme]
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:  # the second of a name that can't be one
        problem = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return Reached(camera=name, host=host, port=port, problem=problem)
    address = str(target[0])
    began_s = time.monotonic()
    with socket.socket(family, kind, protocol) as connection:
        connection.settimeout(_CONNECT_S)
        try:
            connection.connect(target)
        except TimeoutError:
            problem = f"no answer within {_CONNECT_S:g} s"
            return Reached(camera=name, host=host, port=port, address=address, problem=problem)
        except OSError as error:
            problem = error.strerror or str(error)
            return Reached(camera=name, host=host, port=port, address=address, problem=problem)
    took_ms = (time.monotonic() - began_s) * 1000
    return Reached(camera=name, host=host, port=port, address=address, took_ms=took_ms)


def sources(known: Known) -> dict[str, str]:
    """The network cameras of the configuration."""
    cameras = known.configuration.cameras if known.configuration else {}
    return {name: camera.source for name, camera in cameras.items() if is_network(camera.source)}


def judge(reached: Reached) -> Finding:
    """Whether the camera is there, as far as the network goes. Pure."""
    place, subject = f"{reached.host}:{reached.port}", reached.camera
    if not reached.address:
        saw = f"{subject}: the name {reached.host} can't be resolved: {reached.problem}"
        return fault("network.name", saw, subject=subject, do=f"getent hosts {reached.host}")
    if reached.took_ms is None:
        at = "" if reached.address == reached.host else f" ({reached.address})"
        advice = "Switched off, on another address than before, or behind a firewall."
        saw = f"{subject}: {place}{at}: {reached.problem}"
        return fault("network.port", saw, subject=subject, do=f"ping -c 3 {reached.host}", advice=advice)
    return ok("network.port", f"{subject}: {place} answers in {reached.took_ms:.0f} ms", subject=subject)


def stuck(name: str, source: str) -> Finding:
    """A name server that does not answer."""
    host = urlsplit(source).hostname or ""
    saw = f"{name}: the name {host} was not resolved within {LIMIT_S:g} s"
    return fault("network.name", saw, subject=name, do=f"getent hosts {host}")


def look_at_wifi(places: Places) -> list[Wifi]:
    """Every wireless interface. Blocks for `iw`, where there is one."""
    signals = _signals(places)
    names = [name for name in places.names("/sys/class/net") if places.at(f"/sys/class/net/{name}/wireless").is_dir()]
    return [Wifi(interface=name, power_save=_power_save(name), signal_dbm=signals.get(name)) for name in names]


def judge_wifi(found: list[Wifi], known: Known) -> list[Finding]:
    """Power saving, which makes cameras seem frozen, and a weak signal. Pure."""
    return [finding for wifi in found for finding in _wifi(wifi, known)]


def _wifi(wifi: Wifi, known: Known) -> list[Finding]:
    name, check = wifi.interface, "network.wifi_power_save"
    if wifi.power_save:
        saw = f"{name} saves power: it drops packets, and is out of reach at times"
        lasting = "For good: sudo nmcli connection modify NAME 802-11-wireless.powersave 2"
        findings = [warning(check, saw, subject=name, do=f"sudo iw dev {name} set power_save off", advice=lasting)]
    elif wifi.power_save is None:
        findings = [ok(check, f"{name} is wireless; 'iw' is not there to tell whether it saves power", subject=name)]
    else:
        findings = [ok(check, f"{name} does not save power", subject=name)]
    if wifi.signal_dbm is None or not sources(known):
        return findings
    saw = f"{name} receives with {wifi.signal_dbm} dBm"
    if wifi.signal_dbm < _WEAK_DBM:
        advice = "Frames over a weak connection come late or damaged: move the aerial, or take a cable."
        return [*findings, warning("network.wifi_signal", saw, subject=name, do=f"iw dev {name} link", advice=advice)]
    return [*findings, ok("network.wifi_signal", saw, subject=name)]


def _signals(places: Places) -> dict[str, int]:
    """The level of each interface in dBm, which is negative, by /proc/net/wireless."""
    found = {}
    for line in places.lines("/proc/net/wireless")[2:]:
        name, _, rest = line.partition(":")
        words = rest.split()
        if len(words) > 2 and words[2].rstrip(".").lstrip("-").isdigit() and words[2].startswith("-"):
            found[name.strip()] = int(words[2].rstrip("."))
    return found


def _power_save(interface: str) -> bool | None:
    iw = shutil.which("iw") or shutil.which("iw", path="/usr/sbin:/sbin")
    if iw is None:
        return None
    try:
        done = subprocess.run(
            [iw, "dev", interface, "get", "power_save"], capture_output=True, text=True, timeout=_IW_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return "on" in done.stdout.lower().split() if done.returncode == 0 else None
