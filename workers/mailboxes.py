"""Addresses of e-mail as every mail server takes them: one mailbox, in plain letters (RFC 5321 §4.1.2, dot-string)."""

import re
from email.errors import MessageError
from email.headerregistry import Address, UniqueAddressHeader
from email.policy import default

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PLAIN = re.compile(rf"(?=.{{3,254}}\Z){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def is_plain(address: str) -> bool:
    """Whether this is one mailbox and nothing else: no second one, no group, comment, quotation or line end."""
    return _PLAIN.fullmatch(address) is not None


def sender(text: str) -> Address | None:
    """The one mailbox of a sender, with or without a name in front of it; None when it is not that."""
    try:
        header = default.header_factory("From", text)
    except (ValueError, IndexError, MessageError):
        return None
    addresses = header.addresses if isinstance(header, UniqueAddressHeader) else ()
    one: Address | None = addresses[0] if len(addresses) == 1 else None
    return one if one and not header.defects and is_plain(one.addr_spec) else None
