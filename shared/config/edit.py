"""Setting one key in the text of a configuration file, and leaving every other character as it is.

Owns: finding where a value stands or has to go, and refusing what can't be done without touching more.
Does not own: writing the file (whoever calls this does it atomically).
Invariant: the text that is returned is a valid configuration in which this key alone has another value.
"""

from __future__ import annotations

from typing import NoReturn

from shared.config.camera_keys import CONTROLS, camera_name_problem, control_name_problem
from shared.config.compose import compose
from shared.config.keys import flatten
from shared.config.merge import is_merge
from shared.config.mistakes import MistakesError
from shared.config.quote import written
from shared.config.read import parse
from shared.config.redact import shown
from shared.config.schema import KEEP
from shared.config.show import no_camera, setting_of
from shared.config.splice import nested_flow, nested_lines, replaced, step_of, with_flow_entry, with_lines_after
from shared.config.tree import Alias, Entry, Mapping, Node, Scalar, Sequence, end_of, key_text
from shared.errors import UsageError


def set_value(text: str, dotted_key: str, value: str, path: str) -> str:
    """`text`, which is or will be at `path`, with `dotted_key` set to `value` as a person would write it.

    A key or section that is missing is added; a camera comes into being by its `source`. Raises UsageError for a
    key that is none or a section, and where the place can't be edited alone (an alias, a merge key);
    `MistakesError`, a ConfigError, where the result would not be a valid configuration.
    """
    setting_of(dotted_key)
    root = compose(text, path)
    names = dotted_key.split(".")
    _check_camera(root, names)
    _check_control(names)
    _check_rule(names)
    edited = _Edit(text, path, root, names).with_value(value.strip())
    _verify(text, edited, dotted_key, value.strip(), path)
    return edited


def _check_camera(root: Node | None, names: list[str]) -> None:
    """A mistyped camera must not become a new one."""
    if names[0] != "cameras":
        return
    known = _camera_names(root)
    if names[1] in known:
        return
    if names[2] != "source":
        error = no_camera(names[1], known)
        raise UsageError(f"{error}; to add it, set cameras.{names[1]}.source first")
    problem = camera_name_problem(names[1])
    if problem:
        raise UsageError(f"cameras.{names[1]}: {problem}")


def _check_control(names: list[str]) -> None:
    """What is no control's name may not even be a key: it would go into the file as it is."""
    if names[0] != "cameras" or names[2] != CONTROLS.name:
        return
    problem = control_name_problem(names[3])
    if problem:
        raise UsageError(f"{'.'.join(names[:3])}.{shown(names[3])}: {problem}")


def _check_rule(names: list[str]) -> None:
    """Likewise of the rules that keep frames."""
    if names[:2] != ["storage", KEEP.name]:
        return
    problem = KEEP.name_problem(names[2])
    if problem:
        raise UsageError(f"storage.keep.{shown(names[2])}: {problem}")


def _camera_names(root: Node | None) -> list[str]:
    cameras = _own_value(root, ["cameras"])
    entries = cameras.entries if isinstance(cameras, Mapping) else ()
    return [name for entry in entries if (name := key_text(entry)) is not None]


class _Edit:
    """One edit of one text. `with_value` descends along the names as far as the text goes, and adds the rest."""

    def __init__(self, text: str, path: str, root: Node | None, names: list[str]) -> None:
        self._text = text
        self._path = path
        self._root = root
        self._names = names
        self._flow = False

    def with_value(self, value: str) -> str:
        """The edited text, not yet verified."""
        if self._root is None or _is_unwritten(self._root):
            return with_lines_after(self._text, len(self._text), self._lines(self._names, value, 0))
        node: Node = self._root
        entry: Entry | None = None
        for depth, name in enumerate(self._names):
            if isinstance(node, Scalar) and node.is_null and entry is not None:
                return self._filled(entry, node, self._names[depth:], value)
            if not isinstance(node, Mapping):
                self._refuse(node)
            self._flow = self._flow or node.flow
            entry = _own_entry(node, name)
            if entry is None:
                return self._inserted(node, self._names[depth:], value)
            node = entry.value
        return self._replaced(node, value)

    def _replaced(self, node: Node, value: str) -> str:
        """Another value where there is one, also in place of an alias or of a list in brackets."""
        in_brackets = isinstance(node, Sequence) and node.flow and setting_of(".".join(self._names)).many
        if not isinstance(node, Scalar | Alias | Sequence) or (isinstance(node, Sequence) and not in_brackets):
            self._refuse(node)
        style = node.style if isinstance(node, Scalar) else ""
        return self._put(node, written(value, flow=self._flow, style=style))

    def _filled(self, entry: Entry, node: Scalar, names: list[str], value: str) -> str:
        """The first key of a section that is named but empty: `storage:` with nothing below, or `storage: null`."""
        if self._flow or not _is_unwritten(node):
            return self._put(node, "{" + nested_flow(names, written(value, flow=True)) + "}")
        column = entry.key.span.column - 1 + step_of(self._root)
        return with_lines_after(self._text, node.span.start, self._lines(names, value, column))

    def _inserted(self, mapping: Mapping, names: list[str], value: str) -> str:
        """A key that is missing, after the last of its section."""
        if mapping.flow:
            return with_flow_entry(self._text, mapping, nested_flow(names, written(value, flow=True)))
        column = mapping.entries[0].key.span.column - 1
        last = mapping.entries[-1].value
        return with_lines_after(self._text, end_of(last), self._lines(names, value, column))

    def _put(self, node: Scalar | Alias | Sequence, new: str) -> str:
        """`new` in the place of `node`, which may be no more than the place after a colon, or after a bare key."""
        start = node.span.start
        if node.span.end > start:
            return replaced(self._text, start, node.span.end, new)
        between = " " if self._text[:start].endswith(":") else ": "
        return replaced(self._text, start, start, between + new)

    def _lines(self, names: list[str], value: str, column: int) -> list[str]:
        return nested_lines(names, written(value), column, step_of(self._root))

    def _refuse(self, node: Node) -> NoReturn:
        what = "is shared by an alias" if isinstance(node, Alias) else "is not written as a key with one value"
        raise UsageError(f"{self._path}:{node.span.line}: this {what}: edit the file by hand")


def _is_unwritten(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null and not node.text


def _own_entry(mapping: Mapping, name: str) -> Entry | None:
    return next((entry for entry in mapping.entries if key_text(entry) == name and not is_merge(entry)), None)


def _own_value(node: Node | None, names: list[str]) -> Node | None:
    for name in names:
        entry = _own_entry(node, name) if isinstance(node, Mapping) else None
        node = entry.value if entry else None
    return node


def _verify(text: str, edited: str, dotted_key: str, value: str, path: str) -> None:
    """The value is read back where it was put, the file is valid, and no other setting became another."""
    by_hand = f"edit {path} by hand"
    try:
        node = _own_value(compose(edited, path), dotted_key.split("."))
    except MistakesError:
        node = None
    if not isinstance(node, Scalar) or node.text != value:
        raise UsageError(f"{dotted_key} stands in a place that can't be edited safely: {by_hand}")
    after = {key: setting.render(value) for key, setting, value in flatten(parse(edited, path))}
    try:
        before = {key: setting.render(value) for key, setting, value in flatten(parse(text, path))}
    except MistakesError:
        return  # what is put right here had no settings before
    new_camera = dotted_key.rpartition(".")[0] + "."
    others = [key for key in after if key in before and after[key] != before[key] and key != dotted_key]
    others += [key for key in before if key not in after]
    others += [key for key in after if key not in before and key != dotted_key and not key.startswith(new_camera)]
    if others:
        raise UsageError(f"setting {dotted_key} here would change {', '.join(others)} too (an anchor): {by_hand}")
