"""Words as pixels."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from render_worker.overlay.label import label
from render_worker.overlay.lettering import Face, Lettering, face_for
from shared.errors import UsageError

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
needs_dejavu = pytest.mark.skipif(not DEJAVU.exists(), reason="DejaVu Sans is not installed (fonts-dejavu-core)")


def _drawn(lettering: Lettering, line: str, side: str = "left", more: int = 0) -> NDArray[np.uint8]:
    size = lettering.width(line) + 2 * lettering.pad + more, lettering.line_px + 2 * lettering.pad
    return np.frombuffer(lettering.draw((line,), side, size), np.uint8).reshape(size[1], size[0], 4)


def _over(rgba: NDArray[np.uint8], gray: int) -> NDArray[np.float64]:
    share = rgba[:, :, 3] / 255
    return rgba[:, :, 0] * share + gray * (1 - share)


@pytest.mark.parametrize("gray", [0, 90, 128, 200, 255])
@pytest.mark.parametrize("line_px", [14, 43, 86])
def test_words_are_legible_over_any_background(gray: int, line_px: int) -> None:
    drawn = _drawn(Lettering(Face(), line_px), "2026-06-01 13:17")
    shown = _over(drawn, gray)
    letters = (drawn[:, :, 0] > 230).astype(np.uint8)
    touched = cv2.dilate(letters, np.ones((3, 3), np.uint8))
    around = (cv2.dilate(touched, np.ones((3, 3), np.uint8)) > touched) & (drawn[:, :, 0] < 64)
    assert shown[letters > 0].mean() - shown[around].mean() > 110


def test_edge_fades_out_within_the_strip() -> None:
    drawn = _drawn(Lettering(Face(), 43), "M8%")
    border = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
    assert border[:, 3].max() <= 12


def test_clock_does_not_tremble() -> None:
    lettering = Lettering(Face(), 43)
    assert len({lettering.width(f"at {digit}{digit}:{digit}{digit} o'clock") for digit in "0123456789"}) == 1
    one, two = (_drawn(lettering, f"1{digit}: end") for digit in "17")
    tail = lettering.width("11")
    assert np.array_equal(one[:, tail + 3 * lettering.pad :], two[:, tail + 3 * lettering.pad :])


def test_lines_are_flush_with_their_side() -> None:
    lettering = Lettering(Face(), 30)
    left, right = (
        np.flatnonzero(_drawn(lettering, "H", side, 100)[:, :, 0].max(axis=0) > 200) for side in ("left", "right")
    )
    assert right[0] - left[0] == 100


def test_small_words_are_as_wide_as_large_ones_in_proportion() -> None:
    words = "Lake view, camera main"
    assert Lettering(Face(), 14).width(words) / 14 == pytest.approx(Lettering(Face(), 140).width(words) / 140, rel=0.1)


def test_line_of_no_letters_is_empty() -> None:
    assert not _drawn(Lettering(Face(), 20), "", more=2)[:, :, 3].any()


@pytest.mark.parametrize("content", [None, b"no font at all"])
def test_font_that_can_not_be_used_is_told_by_its_path(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "some.ttf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=rf"overlay font '{path}' can't be used .*TrueType"):
        face_for(str(path), "x")


def test_letters_that_no_font_has_are_told() -> None:
    with pytest.raises(UsageError, match="the built-in font has no \U000f1234"):
        face_for("", "ok \U000f1234")


@needs_dejavu
def test_letters_beyond_the_built_in_font_are_taken_from_one_of_the_systems() -> None:
    assert Face().missing("Übersicht Ærø 12:30 Привет") != ""
    assert face_for("", "Übersicht Ærø 12:30 Привет").path != ""
    assert face_for("", "plain 12:30") == Face()


@needs_dejavu
@pytest.mark.parametrize("words", ["שלום 12:30", "Привет 12:30", "n\u0303 e\u0301", "a\u00a0b\u202f1", "مرحبا"])
def test_words_of_any_script_are_drawn(words: str) -> None:
    drawn = _drawn(Lettering(face_for(str(DEJAVU), words), 40), words)
    assert drawn[:, :, 0].max() == 255


def test_label_of_letters_that_no_font_has_shows_question_marks() -> None:
    assert label("cam \U000f1234", 20, 500) == label("cam ?", 20, 500)


@pytest.mark.parametrize("room_px", [40, 100, 200])
def test_label_that_is_too_wide_is_made_smaller(room_px: int) -> None:
    drawn = label("main, 1 June 2026", 30, room_px)
    assert drawn.width - 2 * drawn.pad <= max(room_px, 8 * 9)
    assert drawn.height < label("main", 30, 500).height
