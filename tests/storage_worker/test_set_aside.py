"""Frames that could not be deleted are left alone for an hour."""

from __future__ import annotations

from shared.clock import NS_PER_S
from storage_worker.set_aside import SetAside


def test_set_aside_within_the_hour_holds_the_path() -> None:
    aside = SetAside()
    aside.add("a/1", 0)
    aside.forget_old(3599 * NS_PER_S)
    assert "a/1" in aside
    assert "a/2" not in aside


def test_set_aside_after_the_hour_lets_it_be_tried_again() -> None:
    aside = SetAside()
    aside.add("a/1", 0)
    aside.add("a/2", 10 * NS_PER_S)
    aside.forget_old(3600 * NS_PER_S)
    assert "a/1" not in aside
    assert "a/2" in aside
    assert len(aside) == 1


def test_set_aside_when_cleared_holds_nothing() -> None:
    aside = SetAside()
    aside.add("a/1", 0)
    aside.clear()
    assert len(aside) == 0
