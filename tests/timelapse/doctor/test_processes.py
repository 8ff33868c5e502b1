"""Our own processes."""

from __future__ import annotations

from pathlib import Path

from tests.rig.doctor_values import known, levels, only, planted
from timelapse.doctor import processes
from timelapse.doctor.processes import Process


def _planted(pid: int, arguments: str, state: str = "S", parent: int = 50) -> dict[str, str]:
    return {
        f"/proc/{pid}/cmdline": "\0".join(["/usr/bin/python3", *arguments.split(), ""]),
        f"/proc/{pid}/stat": f"{pid} (py) thon) {state} {parent} 1 1 0 -1",
        f"/proc/{pid}/comm": "python3",
    }


_SUPERVISOR = _planted(50, "-P -m supervisor --config /etc/timelapse/timelapse.yml --configuration-fd 3", parent=1)


def test_recorder_is_found_and_well(tmp_path: Path) -> None:
    files = {
        **_SUPERVISOR,
        **_planted(51, "-P -m capture_worker --worker=capture.main --runtime-dir=/run/timelapse"),
        **_planted(52, "-m capture_worker.standby"),
        **_planted(53, "-m pytest"),
        "/proc/1/comm": "systemd",
    }
    found = processes.look(planted(tmp_path, files))
    assert [(process.pid, process.module, process.worker) for process in found] == [
        (50, "supervisor", ""),
        (51, "capture_worker", "capture.main"),
    ]
    assert levels(processes.judge(found, known())) == {"processes.supervisors": "ok"}


def test_worker_that_outlived_its_supervisor_is_told(tmp_path: Path) -> None:
    files = _planted(51, "-m capture_worker --worker=capture.main", parent=1)
    found = only(processes.judge(processes.look(planted(tmp_path, files)), known()), "processes.left_over")
    assert (found.level, found.do) == ("warning", "sudo kill -9 51")


def test_worker_that_hangs_in_the_kernel_is_a_fault(tmp_path: Path) -> None:
    files = _planted(51, "-m storage_worker --worker=storage", state="D", parent=77)
    places = planted(tmp_path, {**files, "/proc/77/comm": "systemd\n"})
    found = only(processes.judge(processes.look(places), known()), "processes.left_over")
    assert (found.level, found.subject) == ("fault", "storage")
    assert found.do == "sudo reboot"


def test_two_supervisors_with_one_configuration_are_a_warning() -> None:
    two = [
        Process(pid=pid, parent=1, module="supervisor", state="S", is_orphan=True, config="/etc/t.yml")
        for pid in (5, 9)
    ]
    found = only(processes.judge(two, known()), "processes.supervisors")
    assert (found.level, found.do) == ("warning", "sudo kill 5")


def test_two_recorders_with_their_own_configurations_are_well() -> None:
    two = [
        Process(pid=pid, parent=1, module="supervisor", state="S", is_orphan=True, config=f"/etc/{pid}.yml")
        for pid in (5, 9)
    ]
    assert levels(processes.judge(two, known())) == {"processes.supervisors": "ok"}
