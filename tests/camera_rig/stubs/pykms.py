"""Stands in for kms++'s Python binding, which picamera2 imports for its preview on a screen and is not on PyPI.

Owns: the one name that picamera2 looks into when it is imported. A preview can't be shown with it.
"""

from __future__ import annotations


class _Formats(type):
    def __getattr__(cls, name: str) -> str:
        return name


class PixelFormat(metaclass=_Formats):
    """Any format is known by its name."""
