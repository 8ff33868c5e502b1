"""The roster: who works, from the configuration; and who was meant."""

from __future__ import annotations

import pytest

from shared.config.model import CameraConfig, Configuration, RenderConfig
from shared.errors import EX_USAGE, UsageError
from supervisor.roster import camera_of, find, workers_of

KNOWN = ["storage", "capture.main", "capture.garden"]


def test_workers_are_storage_first_and_then_one_for_each_camera() -> None:
    cameras = {name: CameraConfig(name) for name in ("garden", "main", "storage")}
    assert list(workers_of(Configuration("x.yml", "/frames", cameras)).items()) == [
        ("storage", "storage_worker"),
        ("capture.garden", "capture_worker"),
        ("capture.main", "capture_worker"),
        ("capture.storage", "capture_worker"),
    ]


def test_worker_that_renders_is_there_where_something_is_rendered_daily_alone() -> None:
    configuration = Configuration("x.yml", "/frames", {"main": CameraConfig("main")}, render=RenderConfig(30))
    assert list(workers_of(configuration).items())[-1] == ("render", "render_worker")
    off = Configuration("x.yml", "/frames", {"main": CameraConfig("main")}, render=RenderConfig(kinds=("keogram",)))
    assert "render" not in workers_of(off)


@pytest.mark.parametrize(
    ("worker", "camera"),
    [("capture.main", "main"), ("capture.capture.x", "capture.x"), ("storage", None), ("render", None)],
)
def test_camera_of_a_worker_is_known_from_its_name(worker: str, camera: str | None) -> None:
    assert camera_of(worker) == camera


@pytest.mark.parametrize("worker", KNOWN)
def test_worker_that_exists_is_found(worker: str) -> None:
    assert find(worker, KNOWN) == worker


@pytest.mark.parametrize(
    ("worker", "meant"),
    [("main", "capture.main"), ("garden", "capture.garden"), ("storag", "storage"), ("capture.mian", "capture.main")],
)
def test_worker_that_is_nearly_one_is_refused_with_the_one_that_was_meant(worker: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(worker, KNOWN)
    assert f"no worker is called '{worker}' (did you mean {meant}?)" in str(caught.value)
    assert caught.value.status == EX_USAGE


def test_worker_that_is_like_none_is_refused_with_the_list_and_no_guess() -> None:
    with pytest.raises(UsageError) as caught:
        find("xyz", KNOWN)
    assert str(caught.value) == "no worker is called 'xyz'; there are: storage, capture.main, capture.garden"
