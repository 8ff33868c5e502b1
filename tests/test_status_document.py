"""`docs/status.md` describes every field of `shared/status.py`, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from shared.status import (
    CameraStatus,
    ConfigStatus,
    RenderStatus,
    StandbyStatus,
    Status,
    StorageStatus,
    SupervisorStatus,
    WorkerStatus,
)

SECTIONS = {
    heading: set(re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"^\| (`[^|]*)\|", body, re.MULTILINE))))
    for heading, body in re.findall(
        r"^##? (.+?)\n(.*?)(?=^## |\Z)",
        (Path(__file__).parents[1] / "docs" / "status.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
}


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("The status", Status),
        ("supervisor", SupervisorStatus),
        ("workers", WorkerStatus),
        ("cameras", CameraStatus),
        ("storage", StorageStatus),
        ("config", ConfigStatus),
        ("standby", StandbyStatus),
        ("render", RenderStatus),
    ],
)
def test_document_section_has_exactly_the_declared_fields(heading: str, kind: type[msgspec.Struct]) -> None:
    assert SECTIONS[heading] == {field.name for field in msgspec.structs.fields(kind)}
