"""Loading picamera2, where it is not there, too old or broken. The real one: `test_pi_real_camera`."""

from __future__ import annotations

import os
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from capture_worker.cameras.pi_library import Found, find, load
from shared.errors import CameraError


def _library(monkeypatch: pytest.MonkeyPatch, **members: Any) -> None:
    module = ModuleType("picamera2")
    module.Picamera2 = SimpleNamespace(**members)  # type: ignore[attr-defined]  # a module that is made here has none
    monkeypatch.setitem(sys.modules, "picamera2", module)


def test_library_that_is_not_installed_says_how_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match=r"sudo apt install python3-picamera2.*--system-site-packages"):
        load()


def test_library_without_time_outs_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    _library(monkeypatch, global_camera_info=list)
    with pytest.raises(CameraError, match=r"older than 0\.3\.20"):
        load()


def _raise(error: Exception) -> Any:
    raise error


def test_cameras_come_in_the_librarys_order_those_of_usb_known(monkeypatch: pytest.MonkeyPatch) -> None:
    infos = [
        {"Id": "/base/soc/i2c0mux/i2c@1/imx219@10", "Model": "imx219", "Num": 1},
        {"Id": "/base/scb/pcie@7d500000/usb@0,0-1.2:1.0-046d:0825", "Model": "C270", "Num": 0},
    ]
    _library(monkeypatch, cancel_all_and_flush=None, global_camera_info=lambda: infos)
    found = find()
    assert found[0] == Found(0, "/base/soc/i2c0mux/i2c@1/imx219@10", "imx219")
    assert [camera.is_usb for camera in found] == [False, True]


def test_machine_without_a_media_device_has_no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("Failed to start CameraManager: No such device")
    _library(monkeypatch, cancel_all_and_flush=None, global_camera_info=lambda: _raise(error))
    assert find() == []


def test_search_that_fails_otherwise_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("Failed to start CameraManager: Permission denied")
    _library(monkeypatch, cancel_all_and_flush=None, global_camera_info=lambda: _raise(error))
    with pytest.raises(CameraError, match=r"looking for cameras failed: .*usermod"):
        find()


def test_tuning_is_there_before_cameras_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []
    monkeypatch.delenv("LIBCAMERA_RPI_TUNING_FILE", raising=False)
    monkeypatch.setenv("LIBCAMERA_RPI_TUNING_FILE", "before")

    def infos() -> list[dict[str, str]]:
        seen.append(os.environ.get("LIBCAMERA_RPI_TUNING_FILE"))
        return []

    _library(monkeypatch, cancel_all_and_flush=None, global_camera_info=infos)
    find()
    find("/etc/mine.json")
    assert seen == ["before", "/etc/mine.json"]
