"""ffmpeg at work on real pictures: what comes out, and what happens where it fails or stands still."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from msgspec.structs import replace

from render_worker.encoding.plan import StripPlace
from render_worker.encoding.process import Encoder, EncodingFailed, EncodingStalled, most_under_way
from render_worker.request import Encoding, Look
from shared.errors import DiskError
from tests.rig.descriptors import open_descriptors
from tests.rig.tiny_video import SIZE, encode, look_at, number_in, numbered, pictures_of, plain, plan

ROOT = Path(__file__).parents[3]
_HOG = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); print(flush=True)\nwhile True: pass"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "a: day, 100%.mp4"


@pytest.fixture(autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    before = open_descriptors()
    yield
    assert open_descriptors() == before


def _numbers(path: Path) -> list[int]:
    return [number_in(picture) for picture in pictures_of(path)]


def test_video_has_each_picture_once_and_in_order(output: Path) -> None:
    done = encode(plan(output), [numbered(number) for number in range(40)])
    seen = look_at(output)
    assert (done.pictures, done.undecodable, done.bytes) == (40, 0, output.stat().st_size)
    assert (seen.pictures, float(seen.rate)) == (40, 25)
    assert seen.duration_s == pytest.approx(1.6)
    assert _numbers(output) == [number % 16 for number in range(40)]


@pytest.mark.parametrize("fps", [0.25, 0.5, 24, 29.97, 30, 60])
def test_video_has_the_rate_that_was_asked_for(output: Path, fps: float) -> None:
    encode(plan(output, fps=fps), [numbered(number) for number in range(9)])
    seen = look_at(output)
    assert seen.pictures == 9
    assert float(seen.rate) == pytest.approx(fps, rel=1e-4)
    assert seen.duration_s == pytest.approx(9 / fps, abs=0.01)
    assert _numbers(output) == list(range(9))


def test_least_crf_is_a_video_too(output: Path) -> None:
    encode(plan(output, encoding=Encoding(crf=0)), [numbered(number) for number in range(3)])
    assert [number_in(picture) for picture in pictures_of(output)] == [0, 1, 2]


def test_single_picture_is_a_video(output: Path) -> None:
    assert encode(plan(output), [numbered(3)]).pictures == 1
    assert _numbers(output) == [3]


def test_frames_of_other_sizes_and_samplings_keep_their_place_and_proportions(output: Path) -> None:
    jpegs = [numbered(0), numbered(1), numbered(2, (640, 360)), numbered(3, (160, 160)), plain((72,) * 3, SIZE, "422")]
    jpegs += [plain((86,) * 3, SIZE, "444"), numbered(6), numbered(7, (101, 57))]
    strip = bytes([255, 255, 255, 255]) * (20 * 10)
    done = encode(replace(plan(output), strips=(StripPlace(20, 10, 0, 0),)), jpegs, [strip])
    assert (done.pictures, done.undecodable, (done.width, done.height)) == (8, 0, SIZE)
    pictures = pictures_of(output)
    assert [number_in(picture) for picture in pictures] == list(range(8))
    assert [bool(picture[2:8, 2:18].mean() > 240) for picture in pictures] == [True] * 8
    # The square one has bars on both sides.
    assert pictures[3][90, 20].max() < 32 < pictures[3][90, 160].min()


def test_damaged_frame_is_the_one_before_it_once_more(output: Path) -> None:
    jpegs = [numbered(number) for number in range(12)]
    rng = np.random.default_rng(7)
    noise = rng.integers(0, 255, (180, 320, 3)).astype(np.uint8)
    whole = simplejpeg.encode_jpeg(noise, 90, "RGB")
    jpegs[4] = whole[: len(whole) // 2] + b"\xff\xd9"
    jpegs[8] = jpegs[9] = b"\xff\xd8\xff\xd9"
    done = encode(plan(output), jpegs)
    assert (done.pictures, done.undecodable) == (12, 3)
    assert _numbers(output) == [0, 1, 2, 3, 3, 5, 6, 7, 7, 7, 10, 11]


def test_nothing_that_can_be_decoded_is_said(output: Path) -> None:
    with pytest.raises(EncodingFailed, match=r"ffmpeg"):
        encode(plan(output), [b"\xff\xd8 no picture \xff\xd9"] * 5)


def test_strips_follow_their_pictures(output: Path) -> None:
    place = StripPlace(320, 60, 0, 120)
    with Encoder(replace(plan(output), strips=(place, StripPlace(16, 16, 0, 0)))) as encoder:
        encoder.start()
        for number in range(40):
            level = 100 + 100 * (number % 2)
            encoder.feed(numbered(0), [bytes([level, level, level, 255]) * (320 * 60), bytes(16 * 16 * 4)])
        encoder.finish()
    bars = [picture[160, 160].mean() for picture in pictures_of(output)]
    assert bars == [pytest.approx(100 + 100 * (number % 2), abs=4) for number in range(40)]


def test_large_strips_do_not_hold_up_the_pictures(output: Path) -> None:
    look = Look(size=(1280, 720))
    strip = bytes(1280 * 700 * 4)
    done = encode(replace(plan(output, look), strips=(StripPlace(1280, 700, 0, 0),)), [numbered(1)] * 5, [strip])
    assert done.pictures == 5


def test_strip_of_full_white_is_full_white(output: Path) -> None:
    white = bytes([255, 255, 255, 255]) * (32 * 32)
    encode(replace(plan(output), strips=(StripPlace(32, 32, 8, 8),)), [numbered(0)] * 2, [white])
    assert pictures_of(output)[1][24, 24].min() >= 253


def test_ended_ffmpeg_is_told_with_its_own_words(tmp_path: Path) -> None:
    with Encoder(plan(tmp_path / "no" / "such.mp4")) as encoder:
        encoder.start()
        with pytest.raises(EncodingFailed, match="No such file or directory"):
            _feed_on(encoder)


def test_full_disk_is_told_as_such() -> None:
    full = replace(plan(Path("/dev/full")), container="mkv")
    with Encoder(full) as encoder:
        encoder.start()
        for number in range(50):
            encoder.feed(numbered(number))
        # So little is written when the file ends, and at once.
        with pytest.raises(DiskError, match="full"):
            encoder.finish()


def test_stopped_ffmpeg_is_known_to_stand_still(output: Path) -> None:
    with Encoder(plan(output), stall_s=0.6) as encoder:
        encoder.start()
        encoder.feed(numbered(0))
        os.kill(_pid(encoder), signal.SIGSTOP)
        with pytest.raises(EncodingStalled, match="given up"):
            _feed_on(encoder)
    assert encoder._process is not None
    assert encoder._process.returncode == -signal.SIGKILL


def test_pause_is_not_standing_still(output: Path) -> None:
    with Encoder(plan(output), stall_s=0.5) as encoder:
        encoder.start()
        encoder.feed(numbered(0))
        encoder.pause()
        resumed = threading.Timer(1.2, encoder.resume)
        resumed.start()
        for number in range(1, 300):
            encoder.feed(plain((number % 256, 0, 0), (640, 360)))
        done = encoder.finish()
        resumed.join()
    assert done.pictures == 300


def test_cancel_ends_a_stopped_ffmpeg_within_a_second(output: Path) -> None:
    encoder = Encoder(plan(output))
    encoder.start()
    encoder.feed(numbered(0))
    encoder.pause()
    began_s = time.monotonic()
    encoder.cancel()
    encoder.cancel()
    assert encoder._process is not None
    assert (encoder._process.returncode, time.monotonic() - began_s < 1) == (-signal.SIGKILL, True)
    with pytest.raises(EncodingFailed, match="cancelled"):
        encoder.feed(numbered(1))


def test_kill_by_another_thread_ends_feeding(output: Path) -> None:
    with Encoder(plan(output)) as encoder:
        encoder.start()
        encoder.pause()
        killer = threading.Timer(0.2, encoder.kill)
        killer.start()
        with pytest.raises(EncodingFailed, match="SIGKILL"):
            _feed_on(encoder)
        killer.join()


def test_cancel_before_the_start_does_nothing(output: Path) -> None:
    Encoder(plan(output)).cancel()
    assert not output.exists()


@pytest.mark.parametrize("pause", ["encoder.start(); encoder.feed(numbered(0)); encoder.pause()", "pause_at_once()"])
def test_ffmpeg_dies_with_this_process_even_where_it_is_stopped(output: Path, pause: str) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.rig.tiny_video import numbered, plan\n"
        "from render_worker.encoding.process import Encoder\n"
        "encoder = Encoder(plan(Path(sys.argv[1])))\n"
        "def pause_at_once():\n"
        "    import threading\n"
        "    pauses = iter(lambda: encoder._is_bound, True)\n"
        "    pausing = threading.Thread(target=lambda: [encoder.pause() for _ in pauses])\n"
        "    pausing.start(); encoder.start(); pausing.join()\n"
        f"{pause}\n"
        "print(encoder._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(output)], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        pidfd = _pidfd_of(pid)
        parent.wait()
    if pidfd is not None:
        try:
            assert _has_ended(pidfd)
        finally:
            os.close(pidfd)


def test_progress_is_told_while_it_works(output: Path) -> None:
    jpegs = [numbered(number, (1280, 720)) for number in range(16)]
    with Encoder(replace(plan(output, encoding=Encoding(crf=10)), source=(1280, 720))) as encoder:
        encoder.start()
        fed = 0
        while not encoder.encoded:
            encoder.feed(jpegs[fed % 16])
            fed += 1
        assert encoder.encoded < fed
        assert encoder.finish().pictures == fed == encoder.encoded
        assert encoder.bytes > 0


def test_where_memory_is_short_few_pictures_are_under_way_and_damaged_ones_hold_up_nothing(output: Path) -> None:
    size = (1920, 1080)
    of = replace(plan(output, encoding=Encoding(profile="small")), source=size, strips=(StripPlace(32, 32, 0, 0),))
    pictures = [numbered(0, size)] * 6 + [b"\xff\xd8 no picture \xff\xd9"] * 6 + [numbered(1, size)] * 6
    most = 0
    with Encoder(of) as encoder:
        encoder.start()
        for number, jpeg in enumerate(pictures):
            encoder.feed(jpeg, [bytes(32 * 32 * 4)])
            if number < 6:
                most = max(most, number + 1 - encoder.encoded)
        assert encoder.finish().pictures == len(pictures)
    assert most_under_way(size) == 4
    assert most <= 5


def test_ffmpeg_that_others_keep_from_the_processor_is_not_given_up(output: Path) -> None:
    size = (1280, 720)
    core = min(os.sched_getaffinity(0))
    jpegs = [numbered(number, size) for number in range(16)]
    with Encoder(replace(plan(output), source=size), stall_s=0.3) as encoder:
        encoder.start()
        _come_last_on(core, _pid(encoder))
        with subprocess.Popen([sys.executable, "-c", _HOG, str(core)], stdout=subprocess.PIPE) as hog:
            assert hog.stdout is not None
            hog.stdout.readline()
            # As long as it takes to give one up that sleeps, several times.
            ending = threading.Timer(2.0, hog.kill)
            ending.start()
            try:
                for number in range(60):
                    encoder.feed(jpegs[number % 16])
                done = encoder.finish()
            finally:
                ending.join()
    assert done.pictures == 60


def _feed_on(encoder: Encoder) -> None:
    for number in range(100_000):
        encoder.feed(numbered(number))


def _come_last_on(core: int, pid: int) -> None:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})
        os.sched_setscheduler(int(thread.name), os.SCHED_IDLE, os.sched_param(0))


def _pid(encoder: Encoder) -> int:
    assert encoder._process is not None
    return encoder._process.pid


def _pidfd_of(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _has_ended(pidfd: int) -> bool:
    poll = select.poll()
    poll.register(pidfd)
    return bool(poll.poll(5000))
