"""The words over a video, as they may be written: fields in braces, and directives of strftime.

Owns: which there are, and saying what is wrong with a text. Does not own: what becomes of them for a frame
(`render_worker.overlay.fields`), nor the keys and options that they stand in.
Invariant: pure. What passes here never fails later; the configuration and the command line take the same.
"""

from __future__ import annotations

import re
import string
import unicodedata

FIELDS = ("camera", "date", "time", "frame", "frames", "exposure")
# What the C libraries of Linux know, without line breaks, and without %s, which would be in the machine's zone.
DIRECTIVE = re.compile(r"%(?:[-_0^#]?[EO]?[aAbBcCdDeFfgGhHIjklmMpPrRSTuUVwWxXyYzZ]|%)")


def check_stamp(template: str) -> None:
    """Raises ValueError, with what is wrong with a time stamp and what there is."""
    _check_line(template)
    rest = DIRECTIVE.sub("", template)
    if "%" in rest:
        raise ValueError(
            f"{rest[rest.index('%') :][:2]!r} is no directive of strftime. There are %Y %m %d %H %M %S %b %B %a %A %p "
            "%z and others (man strftime); a percent sign is %%"
        )


def check_text(template: str) -> None:
    """Raises ValueError, with what is wrong with a text and which fields there are."""
    _check_line(template)
    known = " ".join(f"{{{field}}}" for field in FIELDS)
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{error}. Fields: {known}; a brace itself is {{{{ or }}}}") from None
    for _, field, form, conversion in parts:
        if field is not None and (field not in FIELDS or form or conversion):
            wrong = field + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            raise ValueError(f"there is no field {{{wrong}}}. There are {known}")


def _check_line(words: str) -> None:
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in words):
        raise ValueError("only letters that can be drawn, in one line")
