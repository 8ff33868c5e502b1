"""The version, once: `setup.cfg` reads it from here.

Invariant: semantic versioning; `CHANGELOG.md` has a heading for it.
"""

VERSION = "0.1.0"
