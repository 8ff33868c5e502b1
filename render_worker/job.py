"""`python -m render_worker.job`: one render, as a process that can be paused, cancelled and killed.

Owns: the process: its standing on this machine, its input and output, its exit status. Does not own: the render
(`render_worker.rendering`), nor who asked for it (`render_worker.child` is their end).
Invariant: it never outlives who asked: where the standard input ends, it cancels itself. The last thing it says is how
it ended, and its exit status says the same.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback

import msgspec

from render_worker.course import Course
from render_worker.heeding import Heeder
from render_worker.request import RenderRequest
from render_worker.telling import Failed, Finished, Teller
from shared.errors import EX_IOERR, EX_OK, EX_SOFTWARE, TimelapseError
from shared.parent import die_with_parent
from shared.signals import SignalQueue
from shared.stack import leave_a_stack


def main() -> int:
    """Read a request from standard input, carry it out, and tell of it on standard output; the exit status."""
    signals = SignalQueue()
    if "--parent" in sys.argv:
        die_with_parent(int(sys.argv[sys.argv.index("--parent") + 1]), by=signal.SIGTERM)
    leave_a_stack(-1)
    _come_last()
    teller = Teller(_own_output())
    course = Course(teller)
    heeder = Heeder(sys.stdin.fileno(), signals, course)
    said = _carried_out(heeder, course)
    teller.last(said)
    return said.status if isinstance(said, Failed) else EX_OK


def _carried_out(heeder: Heeder, course: Course) -> Finished | Failed:
    """All of it; whatever goes wrong is what is told."""
    try:
        line = heeder.first_line()
        request = msgspec.json.decode(line, type=RenderRequest)
        heeder.start()
        # Loaded late: nothing of it is needed to be told that this process is to end.
        from render_worker.rendering import render  # noqa: PLC0415

        return render(request, course)
    except TimelapseError as error:
        return Failed(str(error), error.status)
    except MemoryError:
        return Failed(
            "this machine has not enough memory for it; try a smaller --size, and for a video --small", EX_SOFTWARE
        )
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        return Failed(f"{where}{error.strerror or error}", EX_IOERR)
    except Exception as error:  # noqa: BLE001 - a bug: the trace is for whoever reports it, the line for who waits
        traceback.print_exc()
        return Failed(f"a bug: {type(error).__name__}: {error}", EX_SOFTWARE)


def _come_last() -> None:
    from render_worker.encoding.priority import come_last  # noqa: PLC0415 - with the process's own set-up, which is here

    come_last()


def _own_output() -> int:
    """The standard output under a number that no child inherits; what else is printed goes to standard error."""
    sys.stdout.flush()
    fd = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return fd


if __name__ == "__main__":
    sys.exit(main())
