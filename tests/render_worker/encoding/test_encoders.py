"""Finding ffmpeg, and saying clearly what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from render_worker.encoding.encoders import Ffmpeg, NoEncoderError, check_encoder, find_ffmpeg, is_small
from render_worker.request import Encoding, Profile
from shared.errors import UsageError


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_machine_without_ffmpeg_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoEncoderError, match="apt install ffmpeg"):
        find_ffmpeg()


def test_ffmpeg_that_does_not_start_is_told_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _script(tmp_path / "ffmpeg", "echo 'libav.so.59: cannot open' >&2; exit 127")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoEncoderError, match=r"libav.so.59: cannot open.*--reinstall"):
        find_ffmpeg()


def test_ffmpeg_of_this_machine_has_what_is_needed() -> None:
    ffmpeg = find_ffmpeg()
    assert ffmpeg.version[0].isdigit() or ffmpeg.version[0] == "n"
    assert check_encoder(ffmpeg, Encoding()) == "libx264"
    assert check_encoder(ffmpeg, Encoding(codec="h265")) == "libx265"


def test_ffmpeg_without_the_codec_is_told_with_what_it_has() -> None:
    bare = Ffmpeg("/opt/ffmpeg", "6.1", frozenset({"libx265", "mjpeg"}))
    with pytest.raises(NoEncoderError, match=r"without libx264.*h265 or copy"):
        check_encoder(bare, Encoding())
    assert check_encoder(bare, Encoding(codec="copy")) == "copy"


def test_crf_that_no_encoder_has_is_refused() -> None:
    with pytest.raises(UsageError, match=r"0 .* to 51"):
        check_encoder(find_ffmpeg(), Encoding(crf=52))


@pytest.mark.parametrize(
    ("profile", "memory_bytes", "small"),
    [("auto", 512_000_000, True), ("auto", 2_000_000_000, False), ("small", 2_000_000_000, True), ("normal", 1, False)],
)
def test_profile_follows_the_machines_memory_unless_asked(profile: Profile, memory_bytes: int, small: bool) -> None:
    assert is_small(Encoding(profile=profile), memory_bytes) is small
