"""`storage.keep`, `protect` and what stands beside them, as a person writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.edit import set_value
from shared.config.keep_rules import YEAR_S, every, format_keep, keep_name_problem, parse_keep_s, period_s
from shared.config.mistakes import MistakesError
from shared.config.model import Configuration, StorageConfig
from shared.config.read import parse
from shared.config.show import get_value, show
from shared.errors import UsageError

_HEAD = "output_dir: /srv\ncameras: {main: {source: test}}\nstorage:\n"


def _read(storage: str) -> StorageConfig:
    return parse(f"{_HEAD}  {storage}\n", "/etc/t.yml").storage


def _mistakes(storage: str) -> list[str]:
    with pytest.raises(MistakesError) as caught:
        _read(storage)
    return str(caught.value).splitlines()


def test_keep_of_the_documentation_is_read() -> None:
    storage = _read("keep: {all: 7d, every 1m: 30d, every 1h: 1y, every 1d: forever}")
    assert storage.keep == {"all": 604_800, "every 1m": 2_592_000, "every 1h": YEAR_S, "every 1d": None}


@given(st.sampled_from([1, 60, 3600, 86_400, 7 * 86_400, 1800, 21_600]), st.none() | st.integers(1, 100 * YEAR_S))
def test_rule_that_is_written_reads_back_as_the_same(period: int, kept_s: float | None) -> None:
    assert period_s(every(period)) == period
    assert keep_name_problem(every(period)) is None
    assert parse_keep_s(format_keep(kept_s)) == kept_s


@pytest.mark.parametrize(
    ("storage", "mistake"),
    [
        ("keep: {hourly: 1y}", "4:10: storage.keep.hourly: a rule is called all, or every 1m"),
        ("keep: {hourly: 1y}", "(did you mean every 1h?)"),
        ("keep: {every week: 1y}", "(did you mean every 7d?)"),
        ("keep: {every 2 hours: 1y}", "(did you mean every 2h?)"),
        ("keep: {every 7h: 3d}", "divide a day evenly, or be whole days (did you mean every 6h?)"),
        ("keep: {every 36h: 3d}", "(did you mean every 1d?)"),
        ("keep: {every 0s: 3d}", "out of range: from 1s to 366d"),
        ("keep: {all: always}", "4:15: storage.keep.all: 'always' is not known here (did you mean forever?)"),
        ("keep: {all: 0}", "'0' is out of range: up to 100y, or forever"),
        ("keep: {all: 7x}", "'7x' is not a duration: unknown unit"),
        ("keep: 7d", "4:9: storage.keep: is a section of keys and values, not one value"),
        ("keep: {every 1m: 3d, every 60s: 4d}", "storage.keep.every 60s: is the same as every 1m"),
        ("keep: {all: 7d, every 1h: 3d}", "every 1h (3d) keeps nothing that all (7d) does not keep as long"),
        ("keep: {every 1h: 7d, every 1m: 30d}", "every 1h (7d) keeps nothing that every 1m (30d) does not keep"),
        (
            "keep: {all: forever}\n  keep_days: 30",
            "4:15: storage.keep.all: all (forever) is longer than keep_days (30)",
        ),
        ("max_size: 1GB\n  when_full: stop", "max_size (1GB) deletes nothing with when_full: stop"),
        ("max_size: lots", "'lots' is not a size"),
        ("yield: 150%", "is out of range: from 0% to 100%"),
        ("when_full: delete", "'delete' is not known here (did you mean delete_oldest?)"),
        ("protect: {a: b}", "takes one value, such as 2026-06-01, not a section"),
        ("protect: [2026-06-01, [x]]", "4:25: storage.protect: takes values in its list"),
        ("protect: [2026-6-1]", "4:13: storage.protect: '2026-6-1' is no day or range (did you mean 2026-06-01?)"),
        ("protect: 2026-02-30", "'2026-02-30': no calendar and no clock has '2026-02-30'"),
        ("protect: 2026-06-02..2026-06-01", "ends before it begins"),
        ("kep: {all: 3d}", "4:3: storage.kep: unknown key (did you mean keep?)"),
    ],
)
def test_mistake_is_told_with_its_place_and_what_was_meant(storage: str, mistake: str) -> None:
    assert any(mistake in line for line in _mistakes(storage)), _mistakes(storage)


def test_every_mistake_is_told_at_once() -> None:
    assert len(_mistakes("keep: {hourly: 1y, every 7h: 3d, all: evr}\n  protect: [x, 2026-13-01]\n  max_size: x")) == 6


@pytest.mark.parametrize(
    "written", ["[2026-06-01, 2026-07]", "2026-06-01, 2026-07", "\n    - 2026-06-01\n    - 2026-07"]
)
def test_protect_is_a_list_or_one_line(written: str) -> None:
    assert _read(f"protect: {written}").protect == ("2026-06-01", "2026-07")


def test_show_is_read_back_as_the_same() -> None:
    text = (
        _HEAD
        + "  keep: {all: 7d, every 1h: 1y, every 7d: forever}\n  max_size: 5GB\n  protect: [2026-06, 2027-01-01]\n"
    )
    configuration = parse(text, "/etc/t.yml")
    again: Configuration = parse(show(configuration), "/etc/t.yml")
    assert again.storage == configuration.storage
    assert get_value(configuration, "storage.keep.every 1h") == "1y"


def test_set_adds_and_changes_a_rule_and_nothing_else() -> None:
    text = set_value(_HEAD + "  clean: true # yes\n", "storage.keep.all", "7d", "/t.yml")
    text = set_value(text, "storage.keep.every 1h", "1y", "/t.yml")
    assert text == _HEAD + "  clean: true # yes\n  keep:\n    all: 7d\n    every 1h: 1y\n"
    assert set_value(text, "storage.keep.all", "8d", "/t.yml") == text.replace("7d", "8d")


def test_set_replaces_a_list_in_brackets() -> None:
    text = _HEAD + "  protect: [2026-06-01] # the wedding\n"
    after = set_value(text, "storage.protect", "2026-06-01, 2026-07-01", "/t.yml")
    assert after == _HEAD + "  protect: 2026-06-01, 2026-07-01 # the wedding\n"


def test_set_of_a_rule_that_is_called_wrong_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean every 1d"):
        set_value(_HEAD + "  clean: true\n", "storage.keep.daily", "1y", "/t.yml")
