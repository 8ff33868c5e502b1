"""The Pi's own cameras, by the kernel's media devices: which sensors there are.

Owns: asking each media device for its driver and its entities. Does not own: libcamera's numbers and names for them.
Invariant: nothing is taken, set or streamed; no library is loaded.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import struct
from pathlib import Path

from capture_worker.cameras.v4l2_abi import text_of

_DRIVERS = frozenset({"unicam", "rp1-cfe"})
"""Up to the Pi 4, and the Pi 5."""
_DEVICES = Path("/sys/bus/media/devices")
_DEVICE_INFO = struct.Struct("=16s32s40s32s3I124x")
_TOPOLOGY = struct.Struct("=QIIQIIQIIQIIQ")
_ENTITY = struct.Struct("=I64sII20x")
_GET_INFO = 3 << 30 | _DEVICE_INFO.size << 16 | ord("|") << 8 | 0x00
_GET_TOPOLOGY = 3 << 30 | _TOPOLOGY.size << 16 | ord("|") << 8 | 0x04
_SENSOR = 0x0002_0001
_MOST_ENTITIES = 1000


def sensors() -> list[str]:
    """The model of each sensor on the Pi's camera connectors: `imx219`. Does not block."""
    return [sensor for device in _media_devices() for sensor in _sensors_of(device)]


def sensors_in(entities: bytes) -> list[str]:
    """The models of the sensors among entities as the kernel lists them: `imx219 10-0010` is an `imx219`."""
    found = []
    for start in range(0, len(entities) - _ENTITY.size + 1, _ENTITY.size):
        _, name, function, _ = _ENTITY.unpack_from(entities, start)
        if function == _SENSOR:
            found.append(text_of(name).partition(" ")[0])
    return found


def _media_devices() -> list[str]:
    try:
        names = [entry.name for entry in _DEVICES.iterdir()]
    except OSError:
        return []
    numbers = sorted(int(name[5:]) for name in names if name.startswith("media") and name[5:].isdigit())
    return [f"/dev/media{number}" for number in numbers]


def _sensors_of(path: str) -> list[str]:
    try:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        info = bytearray(_DEVICE_INFO.size)
        fcntl.ioctl(fd, _GET_INFO, info)
        driver = text_of(_DEVICE_INFO.unpack(info)[0])
        return sensors_in(_entities(fd)) if driver in _DRIVERS else []
    except OSError:
        return []
    finally:
        with contextlib.suppress(OSError):
            os.close(fd)


def _entities(fd: int) -> bytes:
    """Asked twice: for how many there are, and then for them."""
    topology = bytearray(_TOPOLOGY.size)
    fcntl.ioctl(fd, _GET_TOPOLOGY, topology)
    count = min(_TOPOLOGY.unpack(topology)[1], _MOST_ENTITIES)
    entities = array.array("B", bytes(count * _ENTITY.size))
    address, _ = entities.buffer_info()
    topology[:] = _TOPOLOGY.pack(0, count, 0, address, *[0] * 9)
    fcntl.ioctl(fd, _GET_TOPOLOGY, topology)
    return entities.tobytes()
