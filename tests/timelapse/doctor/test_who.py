"""Users, and what they may do."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.rig.doctor_values import ROOT, SERVICE, VISITOR, planted
from timelapse.doctor import who
from timelapse.doctor.aside import Aside


@pytest.mark.parametrize(
    ("user", "mode", "uid", "gid", "want", "expected"),
    [
        (SERVICE, 0o600, 991, 0, os.R_OK | os.W_OK, True),
        (SERVICE, 0o660, 0, 44, os.R_OK | os.W_OK, True),
        (SERVICE, 0o660, 0, 45, os.R_OK, False),
        (SERVICE, 0o604, 0, 44, os.R_OK, False),  # the group's bits count, not the others'
        (SERVICE, 0o604, 0, 45, os.R_OK, True),
        (VISITOR, 0o640, 0, 991, os.R_OK, False),
        (ROOT, 0o000, 991, 991, os.W_OK, True),
    ],
)
def test_mode_permits_by_owner_group_and_others(
    user: who.Who, mode: int, uid: int, gid: int, want: int, *, expected: bool
) -> None:
    assert who.mode_permits(user, mode, uid, gid, want) is expected


def test_process_has_the_groups_that_the_kernel_says(tmp_path: Path) -> None:
    status = "Name:\tpython\nUid:\t991\t991\t991\t991\nGid:\t991\t991\t991\t991\nGroups:\t44 991 \n"
    places = planted(tmp_path, {"/proc/7/status": status})
    found = who.of_process(7, places)
    assert found is not None
    assert (found.uid, found.groups) == (991, (44, 991))
    assert who.of_process(8, places) is None


def test_user_that_does_not_exist_is_none() -> None:
    assert who.of_name("no-such-user", []) is None
    root = who.of_name("root", ["no-such-group"])
    assert root is not None
    assert root.uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask in another's place")
def test_root_asks_in_the_place_of_another() -> None:
    # Not in tmp_path, which is closed to others.
    with tempfile.TemporaryDirectory() as temporary:
        above, closed, opened = (Path(temporary) / name for name in ("", "closed", "opened"))
        for directory, mode in ((above, 0o711), (closed, 0o700), (opened, 0o777)):
            directory.mkdir(exist_ok=True)
            directory.chmod(mode)

        def asked() -> list[bool | None]:
            who.become(VISITOR)
            return [who.allowed(VISITOR, path, os.W_OK | os.X_OK) for path in (closed, opened)]

        assert Aside(asked, list[bool | None], 10.0).result() == [False, True]


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file away")
def test_other_user_is_judged_by_modes_on_the_whole_way(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    inner.chmod(0o777)
    tmp_path.chmod(0o700)
    assert who.allowed(VISITOR, inner, os.W_OK) is False
    assert who.allowed(VISITOR, tmp_path / "none", os.W_OK) is False
