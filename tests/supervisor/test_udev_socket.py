"""Hearing udev over real netlink: whose word counts, and what is lost."""

from __future__ import annotations

import os
import resource
import select
from collections.abc import Iterator

import pytest

from supervisor.udev_socket import UdevSocket
from tests.rig import udev
from tests.rig.descriptors import open_descriptors
from tests.rig.udev import KERNELS_GROUP, UDEVS_GROUP, Udev, packed

pytestmark = pytest.mark.skipif(udev.missing() is not None, reason=str(udev.missing()))
MESSAGE = packed({"ACTION": "add", "SUBSYSTEM": "video4linux"})


@pytest.fixture(name="speaker")
def _speaker() -> Iterator[Udev]:
    with Udev() as speaker:
        yield speaker


@pytest.fixture(name="ear")
def _ear(speaker: Udev) -> Iterator[UdevSocket]:
    with speaker.inside():
        ear = UdevSocket()
    yield ear
    ear.close()


def _is_readable(ear: UdevSocket) -> bool:
    return bool(select.select([ear.fd], [], [], 0)[0])


def test_what_udev_says_wakes_the_poller_and_is_heard_once_in_its_order(speaker: Udev, ear: UdevSocket) -> None:
    assert (_is_readable(ear), ear.heard()) == (False, ([], False))
    speaker.say("add")
    speaker.say("change")
    assert _is_readable(ear)
    heard = ear.heard()
    assert [message["ACTION"] for message in heard.messages] == ["add", "change"]
    assert not heard.is_lossy
    assert (_is_readable(ear), ear.heard()) == (False, ([], False))


@pytest.mark.parametrize(
    ("message", "group", "uid"),
    [
        pytest.param(MESSAGE, UDEVS_GROUP, 1000, id="another-user"),
        pytest.param(MESSAGE, UDEVS_GROUP, udev.NOBODY, id="nobody"),
        pytest.param(b"\0" * 20_000, UDEVS_GROUP, 1000, id="too-large-from-another-user"),
        pytest.param(MESSAGE, KERNELS_GROUP, 0, id="the-kernel's-group"),
        pytest.param(b"add@/x\0ACTION=add\0SUBSYSTEM=video4linux\0", UDEVS_GROUP, 0, id="the-kernel's-form"),
        pytest.param(b"\0", UDEVS_GROUP, 0, id="next-to-nothing"),
    ],
)
def test_what_others_say_is_not_heard(speaker: Udev, ear: UdevSocket, message: bytes, group: int, uid: int) -> None:
    speaker.send(message, group=group, uid=uid)
    assert ear.heard() == ([], False)
    speaker.say("add")
    assert len(ear.heard().messages) == 1, "and nothing is broken by it"


def test_what_is_said_to_this_process_alone_is_not_heard(speaker: Udev, ear: UdevSocket) -> None:
    speaker.send(MESSAGE, group=0, to=ear._socket.getsockname()[0])
    assert _is_readable(ear)
    assert ear.heard() == ([], False)


def test_message_that_is_too_large_is_known_as_lost(speaker: Udev, ear: UdevSocket) -> None:
    speaker.send(MESSAGE + bytes(20_000))
    assert ear.heard() == ([], True)


def test_flood_that_overruns_the_buffer_is_known_as_lost_and_taken_in_portions(speaker: Udev, ear: UdevSocket) -> None:
    for _ in range(2_000):
        speaker.say("add", "block")
    heard = ear.heard()
    assert heard.is_lossy
    assert 0 < len(heard.messages) <= 200
    while _is_readable(ear):
        heard = ear.heard()
        assert not heard.is_lossy, "said once"
    speaker.say("add")
    assert len(ear.heard().messages) == 1


def test_socket_that_is_denied_raises_and_leaves_no_descriptor(speaker: Udev) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = open_descriptors()
    with speaker.inside():
        ear = UdevSocket()
        ear.close()
        ear.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (_lowest_free(), limits[1]))
        try:
            with pytest.raises(OSError, match="Too many open files"):
                UdevSocket()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert open_descriptors() == before


def _lowest_free() -> int:
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    return number
