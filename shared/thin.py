"""Loading msgspec without `typing_extensions`, for the processes that run for months.

Owns: that one import. Does not own: what anybody else imports later.
Invariant: it comes before any other import of msgspec, which takes `typing_extensions` (and with it `inspect`, `ast`
and `dis`: 1.3 MB in each process) where it happens to be installed, and from Python 3.11 on needs nothing of it.
"""

from __future__ import annotations

import sys

_NAME = "typing_extensions"

if _NAME not in sys.modules:
    # None is how Python is told that there is no such module.
    sys.modules[_NAME] = None  # type: ignore[assignment]  # the type allows modules alone
    try:
        import msgspec  # noqa: F401 - loaded is all that it has to be
    finally:
        del sys.modules[_NAME]
