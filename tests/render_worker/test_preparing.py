"""Whether a result may go where it is asked for: never where a frame is, or could be."""

from __future__ import annotations

from pathlib import Path

import pytest

from render_worker.preparing import check_output
from render_worker.request import Kind, Picking, RenderRequest
from shared.errors import EX_CANTCREAT, OutputError
from tests.rig.gray_frames import record
from tests.rig.zone import utc_ns


def _request(output: Path, kind: Kind = "keogram", *, replace: bool = False) -> RenderRequest:
    return RenderRequest(str(output.parent), "main", str(output), Picking(0, 1), kind=kind, replace=replace)


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("name", ["20261122T060000.000+0000.jpg", "20261122T060000.000+0545-2.jpg"])
def test_no_result_is_called_as_a_frame_whether_there_is_one_or_not(tmp_path: Path, name: str, replace: bool) -> None:
    with pytest.raises(OutputError, match="how a frame is called; choose another name with -o") as refused:
        check_output(_request(tmp_path / name, replace=replace))
    assert refused.value.status == EX_CANTCREAT


def test_frame_is_not_replaced_though_that_was_asked_for(tmp_path: Path) -> None:
    (frame,) = record(tmp_path, [0], start_ns=utc_ns("2026-11-22T06:00:00"))
    with pytest.raises(OutputError, match="how a frame is called"):
        check_output(_request(frame, replace=True))


@pytest.mark.parametrize("name", ["2026-11-22-keogram.jpg", "20261122T060000.jpg", "20261322T060000.000+0000.jpg"])
def test_other_names_may_be_had(tmp_path: Path, name: str) -> None:
    check_output(_request(tmp_path / name))


def test_result_that_is_there_is_replaced_only_where_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.touch()
    check_output(_request(path, replace=True))
    with pytest.raises(OutputError, match="is there already; --force replaces it"):
        check_output(_request(path))
