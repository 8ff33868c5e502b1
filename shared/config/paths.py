"""Paths as they are written in the configuration, made absolute.

Owns: what a relative path is relative to: the directory of the configuration file, never the current directory, so
that a service, a cron job and a person at a prompt mean the same place by it.
Does not own: whether there is anything at the path; nothing here looks at the disk (`~` asks the user database).
Invariant: what is returned is absolute and normal: no `..`, no `.`, no doubled or trailing slash.
"""

from __future__ import annotations

import posixpath

from shared.config.redact import shown


def base_of(config_path: str) -> str:
    """The directory that relative paths in the configuration file `config_path` start from."""
    return posixpath.dirname(posixpath.abspath(config_path))


def absolute(written: str, base_dir: str) -> str:
    """`written` as an absolute path; `~` and `~user` at its start are homes. ValueError where there is no such home."""
    text = written.strip()
    if not text:
        raise ValueError("a path is missing here")
    if not text.isprintable():
        raise ValueError(f"{shown(text)} holds a control character")
    expanded = posixpath.expanduser(text)
    if expanded.startswith("~"):
        raise ValueError(f"{shown(text)}: there is no user {shown(text.partition('/')[0][1:])}")
    joined = posixpath.normpath(posixpath.join(base_dir, expanded))
    return "/" + joined.lstrip("/")  # POSIX lets a leading "//" stand for something else


def parse_file(text: str, base_dir: str) -> str:
    """The absolute path of the file that `text` names from `base_dir`. ValueError as `parse_directory`."""
    if "://" in text:
        raise ValueError(f"{shown(text)} is an address, not a file on this machine")
    return absolute(text, base_dir)


def parse_directory(text: str, base_dir: str) -> str:
    """The absolute directory that `text` names from `base_dir`. ValueError for an address or a path to nowhere."""
    if "://" in text:
        raise ValueError(f"{shown(text)} is an address, not a directory on this machine")
    return absolute(text, base_dir)
