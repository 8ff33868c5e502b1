"""The faults that the built-in camera can be told to have, so that recovery is tested for real.

Owns: the directory of fault files, and what each fault does to this process.
Does not own: the camera that has them.
Invariant: without TIMELAPSE_TEST_FAULTS in the environment nothing here ever happens. A file `hang` is a fault of all
cameras, `hang.NAME` of the camera NAME alone; files are looked at each time, so they may come and go.

| file | what happens |
|---|---|
| `hang` | a C call that never returns, with the GIL released; no signal handler of Python's gets it out |
| `hang-gil` | the same with the GIL held: no other thread of Python's runs either |
| `lock` | waits for a lock that nobody releases |
| `busy` | an endless loop in Python |
| `crash` | SIGSEGV |
| `slow` | shooting takes longer, by the seconds that the file holds, else 1 |
| `garbage` | a damaged JPEG: cut off, and overwritten in the middle, in turn |
| `lost` | `CameraError` |
| `ignore-term` | the worker ignores SIGTERM |
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from pathlib import Path
from typing import Literal, get_args

from shared.errors import CameraError

FAULTS_VARIABLE = "TIMELAPSE_TEST_FAULTS"

FaultName = Literal["hang", "hang-gil", "lock", "busy", "crash", "slow", "garbage", "lost", "ignore-term"]
FAULT_NAMES: tuple[FaultName, ...] = get_args(FaultName)

_SLOW_S = 1.0
# Large enough for a pthread_mutex_t of every platform; all zero is PTHREAD_MUTEX_INITIALIZER.
_MUTEX_LONGS = 16


def active(fault: FaultName, camera: str | None = None) -> bool:
    """Whether there is such a file now, for all cameras or for `camera`."""
    return _file(fault, camera) is not None


def strike(camera: str) -> None:
    """Suffer those faults of `camera` that end everything: returns only where there are none of them.

    Raises `CameraError` for `lost`.
    """
    if FAULTS_VARIABLE not in os.environ:
        return
    if active("lost", camera):
        raise CameraError(f"camera {camera}: lost, as the fault file asks; remove {_file('lost', camera)}")
    if active("crash", camera):
        signal.raise_signal(signal.SIGSEGV)
    if active("hang", camera):
        _hang(ctypes.CDLL(None))
    if active("hang-gil", camera):
        _hang(ctypes.PyDLL(None))
    if active("lock", camera):
        _wait_for_own_lock()
    while active("busy", camera):
        _spin()


def delay(camera: str) -> None:
    """Suffer `slow`: sleep as long as its file says."""
    file = _file("slow", camera)
    if file is not None:
        time.sleep(_seconds(file))


def _file(fault: FaultName, camera: str | None) -> Path | None:
    """The file that asks for this fault, if it is there."""
    directory = os.environ.get(FAULTS_VARIABLE)
    if not directory:
        return None
    names = [fault] if camera is None else [fault, f"{fault}.{camera}"]
    return next((file for file in (Path(directory, name) for name in names) if file.exists()), None)


def _seconds(file: Path) -> float:
    """What the file says; it may be empty, half written or gone by now."""
    try:
        return max(0.0, float(file.read_text()))
    except (OSError, ValueError):
        return _SLOW_S


def _hang(library: ctypes.CDLL) -> None:
    """Lock a mutex twice. Unlike pause() and sleep() this is one call that no signal interrupts (POSIX)."""
    mutex = (ctypes.c_long * _MUTEX_LONGS)()
    library.pthread_mutex_lock(mutex)
    library.pthread_mutex_lock(mutex)


def _spin() -> None:
    """Some tenths of a second of pure Python, so that a stack taken at any moment shows this very loop."""
    for _ in range(10_000_000):
        pass


def _wait_for_own_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
