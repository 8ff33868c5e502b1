"""`docs/events.md` says what `shared/events.py` declares: every topic, every field."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from shared.events import DATA_TYPES
from shared.messages import Answer, Event, Request

DOCUMENT = (Path(__file__).parents[1] / "docs" / "events.md").read_text()
ROWS = {
    topic: row
    for row in re.findall(r"^\| `.*$", DOCUMENT, re.MULTILINE)
    for topic in re.findall(r"`([a-z]+(?:\.[a-z]+)?)`", row.split("|")[1])
}


@pytest.mark.parametrize("topic", [topic for topic in DATA_TYPES if topic != "status"])
def test_document_topic_lists_exactly_the_declared_fields(topic: str) -> None:
    fields = [field.name for field in msgspec.structs.fields(DATA_TYPES[topic])]
    assert re.search(rf"`{', '.join(fields)}`", ROWS[topic]), f"{topic} should list {', '.join(fields)}"


def test_document_topics_are_all_declared() -> None:
    topics = {topic for topic in ROWS if re.fullmatch(r"[a-z]+\.[a-z]+", topic)}
    assert topics == {topic for topic in DATA_TYPES if "." in topic}


@pytest.mark.parametrize("kind", [Event, Request, Answer])
def test_document_envelopes_list_every_field(kind: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(kind):
        assert f"`{field.name}`" in DOCUMENT, f"{kind.__name__}.{field.name} is not described"
