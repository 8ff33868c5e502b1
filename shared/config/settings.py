"""Putting a `Configuration` together from checked values.

Owns: the way from dotted keys to the model's types, and the defaults by dotted key.
Does not own: checking; what comes in here is right.
Invariant: `build` of what `schema.flatten` yields is the configuration that was flattened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import structs

from shared.config.model import DEFAULT_LEASE_CAPS_S, CameraConfig, Configuration, Location
from shared.config.reference import names_in
from shared.config.schema import ROOT
from shared.config.setting import Section, Setting

# A camera and a place, only so that each setting is there to have its default read.
DEFAULTS = Configuration(path="", output_dir="", cameras={"NAME": CameraConfig("NAME")}, location=Location(0.0, 0.0))


def build(path: str, values: Mapping[str, Any], cameras: Iterable[str]) -> Configuration:
    """The configuration of `path` with these values by dotted key; a camera in `cameras` may have no value at all."""
    nested = _nested(ROOT, "", values, tuple(cameras))
    caps = nested.get("supervisor", {}).get("lease_caps_s")
    if caps:
        nested["supervisor"]["lease_caps_s"] = {**DEFAULT_LEASE_CAPS_S, **caps}
    configuration = msgspec.convert({"path": path, **nested}, Configuration)
    return structs.replace(configuration, cameras=_with_secrets(configuration))


def _with_secrets(configuration: Configuration) -> dict[str, CameraConfig]:
    """The cameras, each that refers to a secret with the file that it is looked up in."""
    return {
        name: structs.replace(camera, secrets=configuration.secrets) if names_in(camera.source) else camera
        for name, camera in configuration.cameras.items()
    }


def _nested(section: Section, prefix: str, values: Mapping[str, Any], cameras: tuple[str, ...]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for entry in section.entries:
        key = f"{prefix}{entry.name}"
        if isinstance(entry, Setting):
            if key in values:
                nested[entry.field] = values[key]
        elif isinstance(entry.each, Setting):
            nested[entry.field] = {name.removeprefix(f"{key}."): values[name] for name in values if _is_in(name, key)}
        elif entry.each is not None:
            each = entry.each
            nested[entry.field] = {
                name: {"name": name, **_nested(each, f"{key}.{name}.", values, ())} for name in cameras
            }
        elif inner := _nested(entry, f"{key}.", values, cameras):
            nested[entry.field] = inner
    return nested


def _is_in(dotted_key: str, section_key: str) -> bool:
    return dotted_key.rpartition(".")[0] == section_key
