"""Letters on a picture that is drawn by hand."""

from __future__ import annotations

from timelapse.show.lettering import ADVANCE, HEIGHT, width_of, write


def _written(text: str, width: int) -> list[str]:
    rows = [bytearray(width) for _ in range(HEIGHT)]
    write(rows, text, 0, 0, 1)
    return ["".join(" #"[dot] for dot in row[::2]).rstrip() for row in rows[::2]]


def test_letters_have_their_shapes() -> None:
    assert _written("7Z-", width_of("7Z-")) == [
        "### ###",
        "  #   #",
        "  #  #  ###",
        "  # #",
        "  # ###",
    ]


def test_small_letter_looks_like_its_capital_and_an_unknown_one_is_blank() -> None:
    assert _written("garden_2", 8 * ADVANCE) == _written("GARDEN_2", 8 * ADVANCE)
    assert _written("é", ADVANCE) == [""] * 5


def test_every_letter_of_a_camera_s_name_differs_from_all_others() -> None:
    shapes = ["|".join(_written(letter, ADVANCE)) for letter in "0123456789abcdefghijklmnopqrstuvwxyz-_"]
    assert len(set(shapes)) == len(shapes)


def test_writing_that_does_not_fit_is_cut_off() -> None:
    rows = [bytearray(5)]
    write(rows, "HHHH", 0, 0, 1)
    assert bytes(rows[0]) == bytes([1, 1, 0, 0, 1])
