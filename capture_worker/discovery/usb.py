"""The V4L2 cameras of this machine: USB, capture cards, loopback; not metadata nodes, codecs or the Pi's own sensors.

Owns: which nodes are cameras, their order, and asking each what it has.
Does not own: what it means that one can't be asked (`usb_failure`).
Invariant: the order is that of the names that last, so that it is the same after each start.
"""

from __future__ import annotations

import msgspec

from capture_worker.cameras import usb_failure, v4l2_nodes
from capture_worker.cameras.usb_modes import JPEG_FORMATS, RAW_FORMATS
from capture_worker.cameras.v4l2_device import V4l2Device
from capture_worker.cameras.v4l2_types import Control, Format
from capture_worker.cameras.v4l2_values import range_of
from capture_worker.discovery.holders import holder_of
from shared.found_cameras import FoundCamera, FoundControl, FoundFormat


def usb_sources() -> list[str]:
    """The names that last of all cameras that there are, in their order. No camera itself is asked."""
    return sorted(v4l2_nodes.stable_path(node) for node in v4l2_nodes.nodes() if _is_camera(node))


def usb_cameras(*, free_only: bool = False) -> list[FoundCamera]:
    """The same with what each of them has. Blocks for 5 s for one that answers nothing.

    With `free_only` one that somebody has is not opened at all: of it is told who has it, and nothing else.
    """
    found = []
    for node in v4l2_nodes.nodes():
        if free_only and (used_by := holder_of(v4l2_nodes.key_of(node), node)):
            if v4l2_nodes.index_of(node) == 0 and v4l2_nodes.is_usb(node):
                found.append(_from_outside(node, used_by))
        elif _is_camera(node):
            found.append(_look_at(node))
    return sorted(found, key=lambda camera: camera.source)


def _is_camera(node: str) -> bool:
    try:
        device = V4l2Device(f"/dev/{node}")
    except PermissionError:
        # It can't be asked, and is worth being told about, where it is not plainly something else.
        return v4l2_nodes.index_of(node) == 0 and v4l2_nodes.is_usb(node)
    except OSError:
        return False
    try:
        return device.capability().is_camera
    except OSError:
        return False
    finally:
        device.close()


def _look_at(node: str) -> FoundCamera:
    found = _from_outside(node, holder_of(v4l2_nodes.key_of(node), node))
    try:
        device = V4l2Device(f"/dev/{node}")
    except OSError as error:
        return _with_problem(found, error, node)
    try:
        return _asked(found, device)
    except OSError as error:
        return _with_problem(found, error, node)
    finally:
        device.close()


def _from_outside(node: str, used_by: str) -> FoundCamera:
    source = v4l2_nodes.stable_path(node)
    make, model = v4l2_nodes.make_and_model(node)
    return FoundCamera(
        kind="usb",
        source=source,
        model=model or node,
        make=make,
        node=f"/dev/{node}",
        is_stable=v4l2_nodes.is_stable(source),
        used_by=used_by,
    )


def _asked(found: FoundCamera, device: V4l2Device) -> FoundCamera:
    capability = device.capability()
    found = _replaced(found, driver=capability.driver, formats=tuple(map(_format, device.formats(with_rates=True))))
    controls = device.controls(with_values=True)
    return _replaced(found, controls=tuple(_control(each) for each in controls if _can_be_set(each)))


def _with_problem(found: FoundCamera, error: OSError, node: str) -> FoundCamera:
    said = str(usb_failure.failure(found.source, error, node))
    return _replaced(found, problem=said.removeprefix(f"{found.source}: "))


def _replaced(found: FoundCamera, **changes: object) -> FoundCamera:
    return msgspec.structs.replace(found, **changes)


def _can_be_set(control: Control) -> bool:
    return control.is_settable and control.kind != "button"


def _format(each: Format) -> FoundFormat:
    sizes, rates = each.sizes.discrete, each.sizes.fastest_fps
    if not sizes and all(each.sizes.most):
        sizes, rates = (each.sizes.least, each.sizes.most), (0.0, 0.0)
    return FoundFormat(
        fourcc=each.fourcc,
        description=each.description,
        is_used=each.fourcc in {*JPEG_FORMATS, *RAW_FORMATS},
        sizes=tuple((*size, rate) for size, rate in zip(sizes, rates, strict=True)),
    )


def _control(control: Control) -> FoundControl:
    return FoundControl(
        name=control.name,
        values=range_of(control),
        value="" if control.value is None else _written(control, control.value),
        default=_written(control, control.default),
    )


def _written(control: Control, value: int) -> str:
    if control.kind == "boolean":
        return "on" if value else "off"
    if control.kind == "bitmask":
        return f"{value & 0xFFFF_FFFF:#x}"
    return next((entry.name for entry in control.entries if entry.index == value), str(value))
