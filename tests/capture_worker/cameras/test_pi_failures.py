"""What picamera2 raises, in words."""

from __future__ import annotations

import re

import pytest

from capture_worker.cameras.pi_failures import in_words, load_failure


def _caused(outer: Exception, inner: Exception) -> Exception:
    try:
        try:
            raise inner
        except type(inner) as error:
            raise outer from error
    except type(outer) as error:
        return error


@pytest.mark.parametrize(
    ("inner", "advice"),
    [
        (RuntimeError("Failed to acquire camera: Device or resource busy"), "another program has the camera"),
        (RuntimeError("Failed to start camera: Input/output error"), "the driver failed: check the camera's cable"),
        (OSError(12, "Cannot allocate memory"), r"too little contiguous memory \(CMA\)"),
        (PermissionError(13, "Permission denied"), "sudo usermod -aG video USER"),
        (RuntimeError("Could not open any dmaHeap device"), "sudo usermod -aG video USER"),
    ],
)
def test_innermost_error_is_told_with_advice(inner: Exception, advice: str) -> None:
    outer = RuntimeError("Camera __init__ sequence did not complete.")
    assert re.search(f"opening the camera failed: .*{advice}", in_words(_caused(outer, inner), "opening the camera"))


def test_error_that_nobody_knows_is_told_as_it_is() -> None:
    assert in_words(KeyError("ExposureTime"), "waiting for a picture") == "waiting for a picture failed: 'ExposureTime'"


def test_error_without_words_is_told_by_its_name() -> None:
    assert in_words(ValueError(), "closing the camera") == "closing the camera failed: ValueError"


def test_library_for_another_numpy_says_what_to_install() -> None:
    error = ValueError("numpy.dtype size changed, may indicate binary incompatibility. Expected 96, got 88")
    assert "pip install 'numpy<2'" in load_failure(error)
    assert "--reinstall python3-picamera2" in load_failure(OSError("libcamera.so.0.3: cannot open shared object file"))
