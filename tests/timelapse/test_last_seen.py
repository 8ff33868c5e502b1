"""What the last supervisor left behind: a sentence or nothing, never an error."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from timelapse.last_seen import last_seen

NOW = datetime(2026, 11, 23, 8, 15, 30, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "timelapse.yml"
    path.write_text("output_dir: .\ncameras: {main: {source: test}}\n")
    return path


def test_last_seen_status_of_an_hour_ago_says_so(config: Path) -> None:
    config.with_name(".status.json").write_text('{"written_at": "2026-11-23T08:15:00.000+01:00"}')
    assert last_seen(str(config), NOW).startswith("Last seen 1 h ago, at 2026-11-23 ")


@pytest.mark.parametrize(
    "content", ["", "\0" * 40, "[]", "3", "{}", '{"written_at": 5}', '{"written_at": "soon"}', '{"written_at": null}']
)
def test_last_seen_broken_status_is_passed_over(config: Path, content: str) -> None:
    config.with_name(".status.json").write_text(content)
    assert not last_seen(str(config), NOW)


def test_last_seen_without_status_or_configuration_is_nothing(config: Path) -> None:
    assert not last_seen(str(config), NOW)
    config.write_text("cameras: [")
    assert not last_seen(str(config), NOW)
    config.unlink()
    assert not last_seen(str(config), NOW)
