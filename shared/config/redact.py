"""What of a user's own text may be shown: passwords are hidden, control characters escaped, the length bounded.

Owns: the rule for what counts as a password in an address.
Does not own: the messages themselves.
Invariant: where it is unclear how much belongs to the password, more is hidden rather than less. `${NAME}` in the place
of a password is shown: it is none.
"""

from __future__ import annotations

import re

from shared.config.reference import is_reference

HIDDEN = "***"
LONGEST_SHOWN = 60

_AUTHORITY = re.compile(r"[^/?#]*")
_BEFORE, _EQUALS = r"(?:^|[?&;/#_]|%26|%3f|%23)", r"(?:=|%3d)"
_NAMED_SECRET = re.compile(
    rf"({_BEFORE}(?:[^=&;/#_%]*(?:pas|pwd|psw|token|secret|key|auth|sig|cred|basic|code)[^=&;/#_%]*|pw|p|ak){_EQUALS})"
    rf"(.*?)(?=[&;]|%26|_[a-z]+=|$)",
    re.IGNORECASE,
)
"""In a query, a fragment, or the path itself, as in the `/user=a_password=b_channel=1` of many recorders."""


def redact_url(url: str) -> str:
    """`url` without its password: `rtsp://user:***@host/path`, and `?pwd=***` in a query. Never raises.

    A password may hold a raw `/`, `@` or `#`, which no rule can tell from the address: everything up to the
    last `@` is hidden then. What holds no password comes back as it is.
    """
    scheme, slashes, rest = url.partition("://")
    hidden = scheme + slashes + _without_password(rest) if slashes else _hide_up_to_at(url)
    return _NAMED_SECRET.sub(lambda found: found[1] + _struck_out(found[2]), hidden)


def shown(text: str) -> str:
    """`text` as a message may quote it: redacted, on one line, printable, at most 60 characters, in quotes."""
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in redact_url(text))
    if len(printable) > LONGEST_SHOWN:
        printable = printable[:LONGEST_SHOWN] + "..."
    return f"'{printable}'"


def _without_password(rest: str) -> str:
    """Hide the password in `user:password@host/path`, or in `user:password` where the host was forgotten."""
    if "@" in rest:
        return _hide_up_to_at(rest)
    authority = _AUTHORITY.match(rest)
    host, colon, port = (authority.group() if authority else "").partition(":")
    is_address = host.startswith("[") or not port or port.isdigit()  # a bracket opens an IPv6 address
    if not colon or is_address:
        return rest
    return f"{host}:{HIDDEN}{rest[len(host) + 1 + len(port) :]}"


def _hide_up_to_at(text: str) -> str:
    """Hide what stands between the first colon and the last `@`, in this order; without a colon all before the `@`."""
    colon, at = text.find(":"), text.rfind("@")
    if 0 <= colon < at:
        return f"{text[:colon]}:{_struck_out(text[colon + 1 : at])}{text[at:]}"
    # A password alone, where the colon before it was forgotten too; an @ in a path is none.
    before, _, _ = text.partition("@")
    return _struck_out(before) + text[len(before) :] if at > 0 and "/" not in before else text


def _struck_out(password: str) -> str:
    return password if is_reference(password) else HIDDEN
