"""A network camera's address with its secrets in place.

Owns: the moment at which `${NAME}` becomes a value: when the camera is opened, each time.
Does not own: where the values are (`secret_places`), nor the parts of an address (`reach`).
Invariant: what is shown of the address is always the source as it is configured, without values.
"""

from __future__ import annotations

from capture_worker.cameras.reach import Address, parse
from capture_worker.secret_places import look_up
from shared.config.model import CameraConfig
from shared.config.redact import redact_url
from shared.config.reference import filled_in, names_in
from shared.errors import ConfigError


def address_of(config: CameraConfig) -> Address:
    """The address to open. Blocks for the files of secrets.

    Raises `ConfigError` where a secret is not to be had, `CameraError` where the source can't be an address.
    """
    shown = redact_url(config.source)
    try:
        values = look_up(names_in(config.source), config.secrets, f"capture.{config.name}")
    except ConfigError as error:
        raise ConfigError(f"camera {config.name}: {shown}: {error}") from None
    return parse(filled_in(config.source, values), shown)
