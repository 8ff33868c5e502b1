"""What the tests of the notation share: they are about all of it, and not about what this version leaves out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.config import not_yet


@pytest.fixture(scope="module", autouse=True)
def _whole_notation() -> Iterator[None]:
    """Every kind of camera counts as one that there is. `test_not_yet` has it as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(not_yet, "NOT_YET", {})
        yield
