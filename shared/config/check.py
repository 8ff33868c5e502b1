"""Holding a tree of nodes against the schema: which values are there, and everything that is wrong with each.

Owns: unknown, doubled and missing keys, kinds of nodes, single values, names that the user chooses.
Does not own: rules between keys (`shared.config.cross`), nor putting the values together (`shared.config.settings`).
Invariant: never stops at the first mistake; each key is looked at once, and a mistake in a shared node is told once.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from shared.config.camera_keys import CAMERA, CONTROLS
from shared.config.keys import all_names, find, keys_named, names_of
from shared.config.merge import merged_entries
from shared.config.mistakes import Mistake
from shared.config.redact import shown
from shared.config.schema import ROOT
from shared.config.setting import Section, Setting
from shared.config.suggest import VERY_NEAR, closest, did_you_mean
from shared.config.tree import Entry, Mapping, Node, Scalar, Sequence, Span, key_text, resolved

_GLUED = re.compile(r"[A-Za-z_][\w-]*:\S")
_STANDARD_TAG = "tag:yaml.org,2002:"
_TOP = Span(0, 0, 1, 1)


class Found(Struct, frozen=True):
    """A value that is written in the file and right in itself."""

    value: Any
    span: Span


class Checker:
    """One walk over one tree. `found`, `failed`, `cameras` and `mistakes` are complete when `walk` has returned."""

    def __init__(self, path: str, base_dir: str) -> None:
        self._path = path
        self._base_dir = base_dir
        self._told: set[tuple[Span, str]] = set()
        self._sections: dict[str, Span] = {}
        self.found: dict[str, Found] = {}
        self.failed: set[str] = set()
        self.cameras: dict[str, Span] = {}
        self.mistakes: list[Mistake] = []

    def walk(self, root: Node | None) -> None:
        """Look at everything. Called once."""
        if root is None or (isinstance(root, Scalar) and root.is_null):
            self.mistake(Span(0, 0, 0, 0), "", "holds no configuration (config/timelapse.yml is an example)")
            return
        self._section(root, ROOT, "", _TOP)
        if not self.cameras and not self.failed & {"", "cameras"}:
            place = self._sections.get("cameras", _TOP)
            self.mistake(place, "cameras", "names no camera (to begin with: cameras: {main: {source: test}})")

    def mistake(self, span: Span, key: str, problem: str) -> None:
        """Note a mistake, unless it is known of this place: a node that is shared by aliases is met more than once."""
        if (span, problem) not in self._told:
            self._told.add((span, problem))
            self.mistakes.append(Mistake(self._path, span.line, span.column, key, problem))

    def _section(self, node: Node, section: Section, prefix: str, place: Span) -> None:
        """`place` is the section's own key: where something is missing in it."""
        self._sections[prefix.rstrip(".")] = place
        target = resolved(node)
        if isinstance(target, Scalar) and target.is_null and prefix:
            return  # its keys are commented out: as if it were not there
        if not isinstance(target, Mapping):
            self.failed.add(prefix.rstrip("."))
            what = "is" if prefix else "the file has to be"
            self.mistake(node.span, prefix.rstrip("."), f"{what} {_no_section(target, section)}")
            return
        self._tag(node, prefix.rstrip("."))
        entries, misused = merged_entries(target)
        for span in misused:
            self.mistake(span, f"{prefix}<<", "merges a mapping or a list of mappings only, such as *main")
        seen: dict[str, Span] = {}
        for entry in entries:
            self._entry(entry, section, prefix, seen)
        meant = {closest(name, names_of(section)) for name in seen if section.entry(name) is None}
        for setting in section.entries:
            if isinstance(setting, Setting) and setting.required and setting.name not in meant | seen.keys():
                key = f"{prefix}{setting.name}"
                self.failed.add(key)
                self.mistake(place, key, f"is missing (for example {setting.name}: {setting.example})")

    def _entry(self, entry: Entry, section: Section, prefix: str, seen: dict[str, Span]) -> None:
        name = key_text(entry)
        if name is None:
            self.mistake(entry.key.span, prefix.rstrip("."), "a key is a word, not a list or a mapping")
            return
        problem = section.name_problem(name) if section.each is not None else None
        # A name that the user may choose so stands in the dotted path as it is: `storage.keep.every 1h`.
        key = prefix + (name if section.each is not None and problem is None else _plain(name))
        if name in seen:
            self.mistake(entry.key.span, key, f"is given twice (first in line {seen[name].line})")
        seen.setdefault(name, entry.key.span)
        expected = section.entry(name) if section.each is None else section.each
        if problem is not None:
            self.mistake(entry.key.span, key, problem)
        if expected is CAMERA:
            self.cameras.setdefault(name, entry.key.span)
        if expected is None:
            self.mistake(entry.key.span, key, f"unknown key{_hint(name, section)}")
        elif isinstance(expected, Section):
            self._section(entry.value, expected, f"{key}.", entry.key.span)
        else:
            self._setting(entry, expected, key)

    def _setting(self, entry: Entry, setting: Setting, key: str) -> None:
        self.failed.add(key)
        value = resolved(entry.value)
        if setting.many and isinstance(value, Sequence):
            self._items(entry, value, setting, key)
            return
        if not isinstance(value, Scalar):
            kind = "section" if isinstance(value, Mapping) else "list"
            self.mistake(entry.value.span, key, f"takes one value, such as {setting.example}, not a {kind}")
            return
        if value.is_null:
            remedy = "" if setting.required else ", or remove the line to have the default"
            self.mistake(entry.value.span, key, f"has no value (write one, such as {setting.example}{remedy})")
            return
        if not self._tag(entry.value, key):
            return
        try:
            parsed = setting.parse(value.text, self._base_dir)
        except ValueError as error:
            self.mistake(entry.value.span, key, str(error))
            return
        self.failed.discard(key)
        self.found.setdefault(key, Found(parsed, entry.value.span))

    def _items(self, entry: Entry, sequence: Sequence, setting: Setting, key: str) -> None:
        """A list of values, each right or told of where it stands."""
        right = self._tag(entry.value, key)
        parsed: tuple[Any, ...] = ()
        for item in sequence.items:
            value = resolved(item)
            if not isinstance(value, Scalar) or value.is_null:
                self.mistake(item.span, key, f"takes values in its list, such as {setting.example}")
                right = False
                continue
            try:
                parsed += setting.parse(value.text, self._base_dir)
            except ValueError as error:
                self.mistake(item.span, key, str(error))
                right = False
            right = self._tag(item, key) and right
        if right:
            self.failed.discard(key)
            self.found.setdefault(key, Found(parsed, entry.value.span))

    def _tag(self, node: Node, key: str) -> bool:
        """Whether the node is free of tags of others' making (`!secret`, `!include`), which would go unheeded."""
        tag = resolved(node).tag
        if not tag or tag.startswith(_STANDARD_TAG):
            return True
        self.mistake(node.span, key, f"the tag {shown(tag)} means nothing here: write the value itself")
        return False


def _plain(name: str) -> str:
    """A key as it may stand in a dotted path: as it is where it is a word, else redacted and in quotes."""
    return name if re.fullmatch(r"[\w-]{1,60}", name) else shown(name)


def _hint(name: str, section: Section) -> str:
    """The nearest key of this section; else the place where such a key belongs; else what there is here."""
    if "." in name and isinstance(find(name), Setting):
        return f": keys are nested, {name.replace('.', ': {')}: ..{'}' * name.count('.')}"
    if name.isdecimal():
        return ": decimals take a point, not a comma"
    known = names_of(section)
    if near := did_you_mean(name, known):
        return near
    if elsewhere := keys_named(closest(name, all_names(), VERY_NEAR) or name):
        return f" here (did you mean {' or '.join(elsewhere)}?)"
    beside = f"; a control of the camera's own goes into {CONTROLS.name}" if section is CAMERA else ""
    return f" (known here: {', '.join(known)}{beside})"


def _no_section(target: Node, section: Section) -> str:
    kind = "a list" if not isinstance(target, Scalar) else "one value"
    if isinstance(target, Scalar) and _GLUED.match(target.text):
        return "a section of keys and values, not one value (is a space missing after the colon?)"
    known = f" ({', '.join(names_of(section))})" if section.entries else ""
    return f"a section of keys and values{known}, not {kind}"
