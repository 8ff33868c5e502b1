"""Network cameras and Wi-Fi."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from shared.config.model import CameraConfig
from tests.rig.doctor_values import known, levels, planted
from timelapse.doctor import network

_CAMERA = CameraConfig(name="gate", source="rtsp://admin:geheim@192.168.1.20/stream1")


def test_camera_that_listens_is_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        reached = network.look("gate", f"http://127.0.0.1:{server.getsockname()[1]}/video")
    assert reached.took_ms is not None
    assert network.judge(reached).level == "ok"


def test_port_that_nobody_listens_on_is_a_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = network.judge(network.look("gate", f"http://admin:geheim@127.0.0.1:{port}/video"))
    assert (found.check, found.level) == ("network.port", "fault")
    assert "geheim" not in found.saw


def test_host_that_does_not_answer_is_a_fault_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_CONNECT_S", 0.1)
    with socket.socket() as full:
        # Nobody accepts, and there is no room to wait in: the kernel drops who comes next.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(full.getsockname())
            reached = network.look("gate", f"http://127.0.0.1:{full.getsockname()[1]}/")
    assert reached.problem == "no answer within 0.1 s"


def test_name_that_can_not_be_resolved_is_a_fault() -> None:
    # One that needs no name server to be found wrong: the tests ask nobody.
    found = network.judge(network.look("gate", "rtsp://gate..garden/stream"))
    assert (found.check, found.level, found.do) == ("network.name", "fault", "getent hosts gate..garden")


def test_port_is_that_of_the_scheme_where_none_is_written() -> None:
    assert network.look("gate", "rtsp://gate..garden/").port == 554


def test_only_configured_cameras_of_the_network_are_asked() -> None:
    assert network.sources(known(_CAMERA, CameraConfig(name="main", source="test"))) == {"gate": _CAMERA.source}
    assert network.sources(known(configuration=None)) == {}


def test_wireless_interface_is_found_with_its_signal(tmp_path: Path) -> None:
    table = "Inter-| sta\n face | tus\n wlan9: 0000   50.  -80.  -256        0\n"
    places = planted(
        tmp_path, {"/sys/class/net/wlan9/wireless/": "", "/sys/class/net/eth0/": "", "/proc/net/wireless": table}
    )
    (wifi,) = network.look_at_wifi(places)
    assert (wifi.interface, wifi.signal_dbm) == ("wlan9", -80)


@pytest.mark.parametrize(
    ("power_save", "signal", "expected"),
    [
        (True, -50, {"network.wifi_power_save": "warning", "network.wifi_signal": "ok"}),
        (False, -80, {"network.wifi_power_save": "ok", "network.wifi_signal": "warning"}),
        (None, None, {"network.wifi_power_save": "ok"}),
    ],
)
def test_wireless_interface_is_judged(power_save: bool | None, signal: int | None, expected: dict[str, str]) -> None:
    wifi = network.Wifi(interface="wlan0", power_save=power_save, signal_dbm=signal)
    assert levels(network.judge_wifi([wifi], known(_CAMERA))) == expected
