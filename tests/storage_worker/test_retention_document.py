"""The example in `docs/retention.md` is true: its rules leave the frames that its table says."""

from __future__ import annotations

import re
import time
from pathlib import Path

from shared.clock import NS_PER_S
from shared.config.read import parse
from shared.frame_name import FrameName
from storage_worker.keeping.rules import keep_of
from storage_worker.keeping.thinning import Thinner

_DOCUMENT = (Path(__file__).parents[2] / "docs" / "retention.md").read_text()
_DAY_S = 86_400
_NOON_S = 1_780_012_800 - _DAY_S // 2


def _example(number: int) -> str:
    examples: list[str] = re.findall(r"```yaml\n(.*?)```", _DOCUMENT, re.DOTALL)
    return examples[number]


def _day(days_ago: int) -> tuple[str, list[str]]:
    """A whole local day, as its directory and the names in it, newest first."""
    midnight_s = _NOON_S - _DAY_S // 2 - days_ago * _DAY_S
    midnight_s -= time.localtime(midnight_s).tm_gmtoff
    paths = [FrameName((midnight_s + second) * NS_PER_S).path() for second in range(0, _DAY_S, 10)]
    return paths[0].rpartition("/")[0], [path.rpartition("/")[2] for path in reversed(paths)]


def test_example_leaves_the_frames_of_its_table() -> None:
    storage = parse(f"output_dir: /x\ncameras: {{main: {{source: test}}}}\n{_example(0)}", "/t.yml").storage
    keep = keep_of(storage)
    assert keep is not None
    rows = re.findall(r"^\| (\d+) days \| (\d+) \|$", _DOCUMENT, re.MULTILINE)
    assert len(rows) == 4
    for days_ago, frames in rows:
        around = dict(_day(int(days_ago) + away) for away in (-1, 0, 1))
        day, names = _day(int(days_ago))
        thinner = Thinner(keep, lambda asked, around=around: list(around.get(asked, [])))  # type: ignore[misc]
        gone = [thinned for part in thinner.thin(day, _NOON_S * 1000) for thinned in part]
        assert len(names) - len(gone) == int(frames), f"{days_ago} days"


def test_example_of_protect_is_read() -> None:
    text = f"output_dir: /x\ncameras: {{main: {{source: test}}}}\n{_example(1)}"
    assert len(parse(text, "/t.yml").storage.protect) == 3
